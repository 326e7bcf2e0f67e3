#include "catalog/column_distribution.h"

#include <algorithm>
#include <numeric>

#include "catalog/serialize.h"

namespace weir {

namespace {

constexpr uint8_t kFormat = 1;

struct Run {
  size_t begin = 0;
  size_t count = 0;
};

}  // namespace

double ColumnDistribution::CommonShare() const {
  return std::accumulate(frequencies.begin(), frequencies.end(), 0.0);
}

void ColumnDistribution::Serialize(ByteWriter& out) const {
  out.Put(null_fraction);
  out.Put(width);
  out.Put(distinct);
  WriteList(common, out, [&](const Value& value) { value.Serialize(out); });
  WriteList(frequencies, out, [&](double share) { out.Put(share); });
  WriteList(bounds, out, [&](const Value& value) { value.Serialize(out); });
}

ColumnDistribution ColumnDistribution::Deserialize(ByteReader& in) {
  ColumnDistribution out;
  out.null_fraction = in.Get<double>();
  out.width = in.Get<double>();
  out.distinct = in.Get<double>();
  out.common = ReadList<Value>(in, [&] { return Value::Deserialize(in); });
  out.frequencies = ReadList<double>(in, [&] { return in.Get<double>(); });
  out.bounds = ReadList<Value>(in, [&] { return Value::Deserialize(in); });
  if (out.common.size() != out.frequencies.size()) {
    throw Error::Operational(sqlstate::kDataCorrupted, "most common values without their frequencies");
  }
  return out;
}

std::string TableDistribution::Serialize() const {
  ByteWriter out;
  out.Put(kFormat);
  WriteId(version, out);
  out.PutVarint(rows);
  out.Put(analyzed);
  out.PutVarint(columns.size());
  for (const auto& [field, column] : columns) {
    WriteId(field, out);
    column->Serialize(out);
  }
  return out.Take();
}

TableDistribution TableDistribution::Deserialize(std::string_view payload) {
  ByteReader in(payload);
  if (in.Get<uint8_t>() != kFormat) {
    throw Error::Operational(sqlstate::kDataCorrupted, "statistics of an unknown format");
  }
  TableDistribution out;
  out.version = ReadId<Version>(in);
  out.rows = in.GetVarint();
  out.analyzed = in.Get<int64_t>();
  for (uint64_t count = in.GetVarint(); count > 0; --count) {
    const auto field = ReadId<FieldId>(in);
    out.columns[field] = std::make_shared<const ColumnDistribution>(ColumnDistribution::Deserialize(in));
  }
  return out;
}

std::string DistributionName(TableId table) {
  return std::to_string(table.value());
}

ColumnDistribution DescribeSample(std::vector<Value> sorted, size_t rows, bool complete, size_t count_max) {
  ColumnDistribution out;
  if (rows == 0) return out;
  out.null_fraction = 1 - static_cast<double>(sorted.size()) / static_cast<double>(rows);
  if (sorted.empty()) return out;
  std::vector<Run> runs;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0 && Value::Compare(sorted[i - 1], sorted[i]) == 0) {
      ++runs.back().count;
    } else {
      runs.push_back({i, 1});
    }
  }
  out.distinct = static_cast<double>(runs.size());

  // A value that a sample has once says nothing; one must also be more common than the average to stand out.
  std::vector<size_t> repeated;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].count > 1) repeated.push_back(i);
  }
  std::stable_sort(repeated.begin(), repeated.end(), [&](size_t a, size_t b) { return runs[a].count > runs[b].count; });
  const double average = static_cast<double>(sorted.size()) / static_cast<double>(runs.size());
  const bool all_repeat = repeated.size() == runs.size() && runs.size() <= count_max;
  std::vector<bool> is_common(runs.size(), false);
  for (const size_t i : repeated) {
    if (out.common.size() >= count_max) break;
    if (!complete && !all_repeat && static_cast<double>(runs[i].count) < 1.25 * average) break;
    out.common.push_back(sorted[runs[i].begin]);
    out.frequencies.push_back(static_cast<double>(runs[i].count) / static_cast<double>(rows));
    is_common[i] = true;
  }

  std::vector<size_t> rest;  // positions of the other values
  size_t rest_runs = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (is_common[i]) continue;
    ++rest_runs;
    for (size_t k = 0; k < runs[i].count; ++k) rest.push_back(runs[i].begin + k);
  }
  if (rest_runs < 2) return out;
  const size_t buckets = std::min(count_max, rest.size() - 1);
  for (size_t i = 0; i <= buckets; ++i) out.bounds.push_back(sorted[rest[i * (rest.size() - 1) / buckets]]);
  return out;
}

}  // namespace weir
