#include "storage/snapshot.h"

#include <algorithm>

namespace weir {

namespace {

bool HasBounds(const Type& type) {
  return !type.is_nested() && !type.is_sketch() && !type.is(TypeKind::kInterval) && !type.is(TypeKind::kEnum) &&
         !type.is(TypeKind::kJson) && !type.is(TypeKind::kUnknown);
}

template <typename T>
bool LessNanLast(T a, T b) {
  return a < b || (b != b && a == a);
}

// Takes the statistics of one more part in. A part of which all values are NULL has no bounds and says nothing
// against those of the others.
void Add(ColumnStatistics& sum, bool first, const ColumnStatistics& part, uint64_t part_rows) {
  if (first) {
    sum = part;
    return;
  }
  const bool part_all_null = part.null_count >= part_rows;
  const auto min = sum.min;
  const auto max = sum.max;
  const bool overlap = !(part.min.has_value() && sum.max.has_value() && Value::Compare(*part.min, *sum.max) > 0) &&
                       !(part.max.has_value() && sum.min.has_value() && Value::Compare(*part.max, *sum.min) < 0);
  sum.Merge(part, !overlap);
  if (part_all_null) {
    sum.min = min;
    sum.max = max;
  }
}

}  // namespace

void AddInlineStatistics(const InlineBatch& batch, std::map<FieldId, ColumnStatistics>& columns) {
  for (size_t i = 0; i < batch.fields.size(); ++i) {
    const Column& column = *batch.rows.column(i);
    const ColumnView view(column);
    ColumnStatistics part;
    size_t least = SIZE_MAX;
    size_t most = SIZE_MAX;
    const auto look = [&](auto less) {
      for (size_t row = 0; row < column.size(); ++row) {
        if (view.IsNull(row)) {
          ++part.null_count;
          continue;
        }
        if (least == SIZE_MAX || less(row, least)) least = row;
        if (most == SIZE_MAX || less(most, row)) most = row;
      }
    };
    if (HasBounds(column.type())) {
      VisitPhysical(column.type().physical(), [&]<typename T>() {
        if constexpr (std::is_floating_point_v<T>) {
          look([&](size_t a, size_t b) { return LessNanLast(view.At<T>(a), view.At<T>(b)); });
        } else if constexpr (std::is_same_v<T, ListEntry> || std::is_same_v<T, Interval>) {
          look([](size_t, size_t) { return false; });
        } else {
          look([&](size_t a, size_t b) { return view.At<T>(a) < view.At<T>(b); });
        }
      });
      if (least != SIZE_MAX) part.min = column.GetValue(least);
      if (most != SIZE_MAX) part.max = column.GetValue(most);
    }
    const auto [at, first] = columns.try_emplace(batch.fields[i]);
    Add(at->second, first, part, column.size());
  }
}

std::shared_ptr<const TableStatistics> StatisticsCache::Get(const TableStatePtr& table) {
  {
    const std::scoped_lock lock(mutex_);
    const auto at = entries_.find(table->table);
    if (at != entries_.end() && at->second.of.lock() == table) return at->second.statistics;
  }
  auto sum = std::make_shared<TableStatistics>();
  sum->row_count = table->live_rows;
  sum->bytes = table->segment_bytes + table->inline_bytes;
  std::map<FieldId, uint64_t> covered;  // rows of the parts that have the column
  table->segments.ForEach([&](const SegmentRef& ref) {
    for (const auto& [field, part] : ref.info->columns) {
      covered[field] += ref.info->rows;
      const auto [at, first] = sum->columns.try_emplace(field);
      Add(at->second, first, part, ref.info->rows);
    }
  });
  // Of inline rows a sample of batches is looked at: bounds must not be taken for exact when there are such rows.
  constexpr uint64_t kRowsMax = 20'000;
  if (table->inline_rows <= kRowsMax) {
    table->inline_batches.ForEach([&](const InlineRef& ref) {
      AddInlineStatistics(*ref.batch, sum->columns);
      for (const FieldId field : ref.batch->fields) covered[field] += ref.batch->rows.size();
    });
  } else {
    for (auto& [field, column] : sum->columns) {
      column.min.reset();
      column.max.reset();
    }
  }
  for (auto& [field, column] : sum->columns) {
    column.distinct_count = std::min(column.distinct_count, sum->row_count);
    // Parts without the column have its default, which nobody has looked at.
    if (covered[field] != table->live_rows + table->deleted_rows) {
      column.min.reset();
      column.max.reset();
    }
  }
  const std::scoped_lock lock(mutex_);
  entries_[table->table] = {table, sum};
  return sum;
}

uint64_t Snapshot::RowCount(TableId table) const {
  const TableState* found = state_->FindTable(table);
  return found == nullptr ? 0 : found->live_rows;
}

std::shared_ptr<const TableStatistics> Snapshot::Statistics(TableId table) const {
  const TableStatePtr found = state_->FindTableShared(table);
  if (found != nullptr) return statistics_->Get(found);
  if (state_->catalog()->FindTable(table) == nullptr) return nullptr;
  return std::make_shared<TableStatistics>();
}

}  // namespace weir
