#include "server/table_sample.h"

#include <algorithm>
#include <numeric>

#include "column/column.h"

namespace weir {

namespace {

constexpr size_t kValueBytesMax = 1024;  // longer texts are not worth remembering

}  // namespace

bool HasDistribution(const Type& type) {
  return !type.is_nested() && !type.is(TypeKind::kInterval) && !type.is(TypeKind::kJson) &&
         (type.is_numeric() || type.is_string() || type.is_temporal() || type.is(TypeKind::kBoolean) ||
          type.is(TypeKind::kUuid));
}

ColumnDistribution DescribeColumn(const std::vector<Chunk>& sample, size_t column, const Type& type, bool complete,
                                  size_t count_max) {
  std::vector<Value> values;
  size_t rows = 0, present = 0, long_ones = 0;
  double bytes = 0;
  const bool is_ordered = HasDistribution(type);
  const bool is_text = type.physical() == PhysicalType::kString;
  for (const Chunk& chunk : sample) {
    const Column& from = *chunk.column(column);
    const ColumnView view(from);
    for (size_t i = 0; i < chunk.row_count(); ++i) {
      const size_t row = chunk.rows()[i];
      ++rows;
      if (view.IsNull(row)) continue;
      ++present;
      if (is_text) {
        const size_t size = view.At<StringRef>(row).view().size();
        bytes += static_cast<double>(size);
        if (size > kValueBytesMax) {
          ++long_ones;
          continue;
        }
      }
      if (is_ordered) values.push_back(from.GetValue(row));
    }
  }
  std::ranges::sort(values, [](const Value& a, const Value& b) { return Value::Compare(a, b) < 0; });
  ColumnDistribution out = DescribeSample(std::move(values), rows, complete, count_max);
  if (rows == 0) return out;
  out.null_fraction = 1 - static_cast<double>(present) / static_cast<double>(rows);
  out.distinct += static_cast<double>(long_ones);  // too long to be the same by chance
  if (!is_ordered) out.distinct = 0;
  out.width = is_text ? bytes / static_cast<double>(std::max<size_t>(present, 1))
                      : static_cast<double>(PhysicalWidth(type.physical()));
  return out;
}

void ScaleDistinct(ColumnDistribution& column, uint64_t rows) {
  const auto all = static_cast<double>(rows);
  if (rows > 0 && column.distinct > 0.1 * all) column.distinct = -column.distinct / all;
}

std::vector<Chunk> SampleTable(const Storage& storage, const SnapshotPtr& snapshot, const TableDef& table,
                               uint64_t read_max, Random& random, const std::shared_ptr<MemoryTracker>& memory,
                               const std::function<bool()>& stopped) {
  ScanSpec spec;
  for (const ColumnDef& column : table.columns) spec.columns.push_back(column.id);
  const ScanPlanPtr plan = storage.PlanScan(snapshot, table.id, std::move(spec));
  std::vector<size_t> order(plan->units.size());
  std::iota(order.begin(), order.end(), size_t{0});
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  uint64_t rows = 0;
  size_t count = 0;
  while (count < order.size() && (count == 0 || rows < read_max)) rows += plan->units[order[count++]].rows;
  const double share = rows == 0 ? 1 : std::min(1.0, kSampleRows / static_cast<double>(rows));

  std::vector<Chunk> out;
  ScanReader reader(plan, memory);
  for (size_t i = 0; i < count && !stopped(); ++i) {
    reader.Open(plan->units[order[i]]);
    Chunk chunk;
    while (!stopped() && reader.Next(kChunkRowsDefault, nullptr, chunk)) {
      std::vector<uint32_t> picked;
      const RowSet all = chunk.rows();
      for (size_t row = 0; row < chunk.row_count(); ++row) {
        if (share >= 1 || random.Chance(share)) picked.push_back(static_cast<uint32_t>(all[row]));
      }
      if (!picked.empty()) {
        out.push_back(chunk.WithSelection(std::make_shared<const Selection>(std::move(picked))).Compact());
      }
    }
  }
  return out;
}

}  // namespace weir
