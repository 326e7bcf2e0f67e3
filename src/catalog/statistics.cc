#include "catalog/statistics.h"

#include <algorithm>

#include "catalog/serialize.h"

namespace weir {

void ColumnStatistics::Merge(const ColumnStatistics& other, bool distinct_adds_up) {
  // One side without bounds leaves the union without: unless that side has no values at all, which the caller knows.
  if (min.has_value() && other.min.has_value()) {
    if (Value::Compare(*other.min, *min) < 0) min = other.min;
  } else {
    min.reset();
  }
  if (max.has_value() && other.max.has_value()) {
    if (Value::Compare(*other.max, *max) > 0) max = other.max;
  } else {
    max.reset();
  }
  null_count += other.null_count;
  distinct_count =
      distinct_adds_up ? distinct_count + other.distinct_count : std::max(distinct_count, other.distinct_count);
  bytes += other.bytes;
}

void ColumnStatistics::Serialize(ByteWriter& out) const {
  WriteOptional(min, out, [&](const Value& value) { value.Serialize(out); });
  WriteOptional(max, out, [&](const Value& value) { value.Serialize(out); });
  out.PutVarint(null_count);
  out.PutVarint(distinct_count);
  out.PutVarint(bytes);
}

ColumnStatistics ColumnStatistics::Deserialize(ByteReader& in) {
  ColumnStatistics stats;
  stats.min = ReadOptional<Value>(in, [&] { return Value::Deserialize(in); });
  stats.max = ReadOptional<Value>(in, [&] { return Value::Deserialize(in); });
  stats.null_count = in.GetVarint();
  stats.distinct_count = in.GetVarint();
  stats.bytes = in.GetVarint();
  return stats;
}

}  // namespace weir
