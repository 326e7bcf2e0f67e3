#include "storage/prune.h"

#include <algorithm>

namespace weir {

namespace {

// Bounds compare only under one type (a widened column's old segments have been brought to the new one before).
bool Comparable(const Value& bound, const Value& value) {
  return bound.type().physical() == value.type().physical() && bound.type().kind() == value.type().kind() &&
         bound.type().scale() == value.type().scale();
}

bool InBounds(const ColumnStatistics& statistics, const Value& value) {
  if (statistics.min.has_value() && Comparable(*statistics.min, value) && Value::Compare(value, *statistics.min) < 0) {
    return false;
  }
  return !statistics.max.has_value() || !Comparable(*statistics.max, value) ||
         Value::Compare(value, *statistics.max) <= 0;
}

// The least string that is greater than all with the prefix; false when there is none.
bool AfterPrefix(std::string& prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xFF) prefix.pop_back();
  if (prefix.empty()) return false;
  ++prefix.back();
  return true;
}

}  // namespace

bool MayMatch(const ScanPredicate& predicate, const ColumnStatistics& statistics, uint64_t rows) {
  if (predicate.compare == ScanCompare::kIsNull) return statistics.null_count > 0;
  // All others need a value that is not NULL.
  if (statistics.null_count >= rows && rows > 0) return false;
  if (predicate.compare == ScanCompare::kNotNull) return true;
  if (predicate.compare == ScanCompare::kIn) {
    return std::any_of(predicate.values.begin(), predicate.values.end(),
                       [&](const Value& value) { return !value.is_null() && InBounds(statistics, value); });
  }
  if (predicate.values.empty()) return true;
  const Value& value = predicate.values[0];
  if (value.is_null()) return false;
  const auto& min = statistics.min;
  const auto& max = statistics.max;
  switch (predicate.compare) {
    case ScanCompare::kEqual:
      return InBounds(statistics, value);
    case ScanCompare::kLess:
      return !min.has_value() || !Comparable(*min, value) || Value::Compare(*min, value) < 0;
    case ScanCompare::kLessEqual:
      return !min.has_value() || !Comparable(*min, value) || Value::Compare(*min, value) <= 0;
    case ScanCompare::kGreater:
      return !max.has_value() || !Comparable(*max, value) || Value::Compare(*max, value) > 0;
    case ScanCompare::kGreaterEqual:
      return !max.has_value() || !Comparable(*max, value) || Value::Compare(*max, value) >= 0;
    case ScanCompare::kPrefix: {
      if (value.type().physical() != PhysicalType::kString) return true;
      if (max.has_value() && Comparable(*max, value) && max->bytes() < value.bytes()) return false;
      std::string after = value.bytes();
      return !min.has_value() || !Comparable(*min, value) || !AfterPrefix(after) || min->bytes() < after;
    }
    default:
      return true;
  }
}

}  // namespace weir
