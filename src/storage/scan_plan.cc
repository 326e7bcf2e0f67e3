#include <algorithm>

#include "storage/partition.h"
#include "storage/prune.h"
#include "storage/storage.h"
#include "storage/widen.h"

namespace weir {

namespace {

// Inline batches are small: so many rows of them make one unit.
constexpr uint64_t kInlineUnitRows = 64 << 10;

std::string_view CompareName(ScanCompare compare) {
  switch (compare) {
    case ScanCompare::kEqual:
      return "=";
    case ScanCompare::kLess:
      return "<";
    case ScanCompare::kLessEqual:
      return "<=";
    case ScanCompare::kGreater:
      return ">";
    case ScanCompare::kGreaterEqual:
      return ">=";
    case ScanCompare::kIn:
      return "IN";
    case ScanCompare::kIsNull:
      return "IS NULL";
    case ScanCompare::kNotNull:
      return "IS NOT NULL";
    case ScanCompare::kPrefix:
      return "LIKE";
  }
  return "?";
}

Value MissingValue(const ColumnDef& column) {
  if (!column.initial_value.has_value() || column.initial_value->is_null()) return Value::Null(column.type);
  return WidenValue(*column.initial_value, column.type);
}

// Bounds of a column that was narrower when the segment was written are brought to today's type.
ColumnStatistics Widened(const ColumnStatistics& statistics, const Type& type) {
  ColumnStatistics out = statistics;
  try {
    if (out.min.has_value()) out.min = WidenValue(*out.min, type);
    if (out.max.has_value()) out.max = WidenValue(*out.max, type);
  } catch (const Error&) {
    out.min.reset();
    out.max.reset();
  }
  return out;
}

bool SegmentMayMatch(const SegmentInfo& segment, const TableDef& table, const std::vector<ScanPredicate>& predicates) {
  for (const ScanPredicate& predicate : predicates) {
    const ColumnDef* column = table.FindColumn(predicate.field);
    if (column == nullptr) continue;
    const auto at = segment.columns.find(predicate.field);
    if (at == segment.columns.end()) {
      // All rows have the value of a column that was added later.
      ColumnStatistics constant;
      const Value value = MissingValue(*column);
      if (value.is_null()) {
        constant.null_count = segment.rows;
      } else {
        constant.min = constant.max = value;
      }
      if (!MayMatch(predicate, constant, segment.rows)) return false;
      continue;
    }
    if (!MayMatch(predicate, Widened(at->second, column->type), segment.rows)) return false;
  }
  return true;
}

// Only segments whose keys had today's types, which their bucket followed from.
bool IsInOtherBucket(const SegmentInfo& segment, const TableDef& table, const std::vector<bool>& buckets) {
  if (segment.bucket >= buckets.size() || buckets[segment.bucket]) return false;
  return std::ranges::all_of(table.distribution.hash_columns, [&](const FieldId id) {
    const auto at = segment.columns.find(id);
    return at != segment.columns.end() && at->second.min.has_value() &&
           at->second.min->type() == table.FindColumn(id)->type;
  });
}

}  // namespace

std::string ScanPredicate::ToString(std::string_view column_name) const {
  std::string out = fmt::format("{} {}", column_name, CompareName(compare));
  if (values.empty()) return out;
  out += ' ';
  if (compare == ScanCompare::kIn) out += '(';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i != 0) out += ", ";
    if (i == 5) {
      out += fmt::format("... {} more", values.size() - i);
      break;
    }
    out += values[i].ToString();
  }
  if (compare == ScanCompare::kIn) out += ')';
  return out;
}

Schema RowIdSchema() {
  return {{"_part", TypeKind::kInt64, false}, {"_position", TypeKind::kInt64, false}};
}

ScanPlanPtr Storage::PlanScan(const SnapshotPtr& snapshot, TableId table_id, ScanSpec spec) const {
  const TablePtr table = snapshot->catalog()->GetTable(table_id);
  auto plan = std::make_shared<ScanPlan>();
  for (const FieldId field : spec.columns) {
    const ColumnDef* column = table->FindColumn(field);
    if (column == nullptr) {
      throw Error::User(sqlstate::kUndefinedColumn, "column does not exist any more: {} of {}", field, table->name);
    }
    plan->columns.push_back({field, column->name, column->type, column->nullable, MissingValue(*column)});
    plan->output.push_back({column->name, column->type, column->nullable});
  }
  if (spec.with_row_ids) {
    for (Field& field : RowIdSchema()) plan->output.push_back(std::move(field));
  }
  plan->objects = objects_.get();
  plan->footers = footers_;
  plan->snapshot = snapshot;
  const std::vector<bool> buckets = BucketsThatMayMatch(*table, spec.predicates);
  if (const TableState* state = snapshot->state()->FindTable(table_id)) {
    state->segments.ForEach([&](const SegmentRef& ref) {
      ++plan->counters->segments_total;
      if (!buckets.empty() && IsInOtherBucket(*ref.info, *table, buckets)) {
        ++plan->counters->segments_pruned;
        ++plan->counters->segments_pruned_by_bucket;
        return;
      }
      if (ref.live_rows() == 0 || !SegmentMayMatch(*ref.info, *table, spec.predicates)) {
        ++plan->counters->segments_pruned;
        return;
      }
      const size_t groups = std::max<size_t>(1, ref.info->row_group_rows.size());
      for (size_t i = 0; i < groups; ++i) {
        ScanUnit unit;
        unit.segment = ref.info;
        unit.deletes = ref.deletes;
        unit.row_group_begin = i;
        unit.row_group_end = i + 1;
        unit.rows = ref.info->row_group_rows.empty() ? ref.info->rows : ref.info->row_group_rows[i];
        unit.bytes = ref.info->rows == 0 ? 0 : ref.info->bytes * unit.rows / ref.info->rows;
        plan->rows_estimated += unit.rows;
        plan->units.push_back(std::move(unit));
      }
    });
    ScanUnit unit;
    const auto close = [&] {
      if (unit.inline_batches.empty()) return;
      plan->rows_estimated += unit.rows;
      plan->units.push_back(std::exchange(unit, {}));
    };
    state->inline_batches.ForEach([&](const InlineRef& ref) {
      if (ref.live_rows() == 0) return;
      unit.inline_batches.push_back(ref);
      unit.rows += ref.batch->rows.size();
      unit.bytes += ref.batch->bytes;
      if (unit.rows >= kInlineUnitRows) close();
    });
    close();
  }
  plan->spec = std::move(spec);
  return plan;
}

}  // namespace weir
