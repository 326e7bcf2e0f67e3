#include "storage/page_pruning.h"

#include <algorithm>
#include <unordered_set>

#include "format/parquet/prune.h"
#include "format/parquet/statistics.h"
#include "storage/prune.h"
#include "storage/segment_reader.h"

namespace weir {

std::optional<ColumnStatistics> BoundsAs(const parquet::ColumnBounds& bounds, const Type& type) {
  ColumnStatistics out;
  // Files of others leave NaN out of their bounds, so that no upper one can be trusted.
  const bool may_hide_nan = type.is_floating();
  try {
    // What is stored in another form is ordered by another order.
    const bool ordered = StoredType(type) == type;
    if (ordered && bounds.min.has_value()) out.min = AdaptValue(*bounds.min, type);
    if (ordered && bounds.max.has_value() && !may_hide_nan) out.max = AdaptValue(*bounds.max, type);
  } catch (const Error&) {
    return std::nullopt;
  }
  // An unknown number of NULLs: some, but not all.
  out.null_count = bounds.null_count.value_or(bounds.value_count == 0 ? 0 : 1);
  if (!bounds.null_count.has_value() && out.null_count >= bounds.value_count) return std::nullopt;
  return out;
}

std::optional<parquet::RowRanges> MatchingRows(const ScanPlan& plan, const parquet::ParquetFile& file,
                                               const std::vector<size_t>& file_columns, size_t row_group) {
  std::optional<parquet::RowRanges> matching;
  const uint64_t rows = file.row_group_rows(row_group);
  for (const ScanPredicate& predicate : plan.spec.predicates) {
    const auto column = std::find_if(plan.columns.begin(), plan.columns.end(),
                                     [&](const ScanColumn& each) { return each.field == predicate.field; });
    if (column == plan.columns.end()) continue;
    const size_t at = file_columns[static_cast<size_t>(column - plan.columns.begin())];
    if (at == SIZE_MAX) continue;
    const parquet::SchemaNode& node = file.columns()[at];
    if (!node.is_flat() || !parquet::HasOrder(node.leaf)) continue;
    const auto offsets = file.ReadOffsetIndex(row_group, node.leaf.index);
    if (offsets == nullptr || offsets->page_locations.size() < 2) continue;
    const auto index = file.ReadColumnIndex(row_group, node.leaf.index, *offsets);
    if (index == nullptr) continue;
    const parquet::ColumnOrder order = parquet::OrderOf(file.metadata(), node.leaf.index);
    parquet::RowRanges ranges;
    const size_t pages = offsets->page_locations.size();
    for (size_t page = 0; page < pages; ++page) {
      const auto begin = static_cast<uint64_t>(offsets->page_locations[page].first_row_index);
      const uint64_t end =
          page + 1 == pages ? rows : static_cast<uint64_t>(offsets->page_locations[page + 1].first_row_index);
      parquet::ColumnBounds bounds;
      bounds.value_count = end - begin;
      parquet::FillPageBounds(node.leaf, *index, page, order, bounds);
      const auto statistics = BoundsAs(bounds, column->type);
      if (statistics.has_value() && !MayMatch(predicate, *statistics, end - begin)) {
        ++plan.counters->pages_pruned;
        continue;
      }
      parquet::AppendRange(ranges, {begin, end});
    }
    if (parquet::CountRows(ranges) == rows) continue;
    matching = matching.has_value() ? parquet::IntersectRanges(*matching, ranges) : std::move(ranges);
    if (matching->empty()) break;
  }
  return matching;
}

bool BloomMayMatch(const ScanPlan& plan, const parquet::ParquetFile& file, const std::vector<size_t>& file_columns,
                   size_t row_group) {
  std::vector<parquet::Predicate> asked;
  for (const ScanPredicate& predicate : plan.spec.predicates) {
    if (predicate.compare != ScanCompare::kEqual && predicate.compare != ScanCompare::kIn) continue;
    for (size_t i = 0; i < plan.columns.size(); ++i) {
      if (plan.columns[i].field != predicate.field || file_columns[i] == SIZE_MAX) continue;
      const auto op = predicate.compare == ScanCompare::kEqual ? parquet::CompareOp::kEqual : parquet::CompareOp::kIn;
      asked.push_back({file_columns[i], op, predicate.values});
    }
  }
  return asked.empty() || parquet::BloomMayMatch(file, row_group, asked);
}

namespace {

template <typename T, typename Key, typename Of>
bool AnyAmong(const std::vector<Value>& values, const Column& dictionary, Of&& of) {
  std::unordered_set<Key> wanted;
  for (const Value& value : values) {
    if (!value.is_null()) wanted.insert(of(value));
  }
  const ColumnView view(dictionary);
  for (size_t i = 0; i < dictionary.size(); ++i) {
    if (!view.IsValid(i)) continue;
    if constexpr (std::is_same_v<T, StringRef>) {
      if (wanted.contains(view.At<T>(i).view())) return true;
    } else {
      if (wanted.contains(static_cast<Key>(view.At<T>(i)))) return true;
    }
  }
  return false;
}

}  // namespace

bool DictionaryMayMatch(const ScanPredicate& predicate, const Column& dictionary) {
  if (predicate.compare != ScanCompare::kEqual && predicate.compare != ScanCompare::kIn) return true;
  const Type& type = dictionary.type();
  const auto is_other = [&](const Value& value) {
    return !value.is_null() && (value.type().kind() != type.kind() || value.type().physical() != type.physical() ||
                                value.type().scale() != type.scale());
  };
  if (std::any_of(predicate.values.begin(), predicate.values.end(), is_other)) return true;
  const auto integer = [](const Value& value) { return value.integer(); };
  switch (type.physical()) {
    case PhysicalType::kInt8:
      return AnyAmong<int8_t, int64_t>(predicate.values, dictionary, integer);
    case PhysicalType::kInt16:
      return AnyAmong<int16_t, int64_t>(predicate.values, dictionary, integer);
    case PhysicalType::kInt32:
      return AnyAmong<int32_t, int64_t>(predicate.values, dictionary, integer);
    case PhysicalType::kInt64:
      return AnyAmong<int64_t, int64_t>(predicate.values, dictionary, integer);
    case PhysicalType::kString:
      // Equality of JSON is not that of its text.
      if (!type.is(TypeKind::kVarchar)) return true;
      return AnyAmong<StringRef, std::string_view>(
          predicate.values, dictionary, [](const Value& value) -> std::string_view { return value.bytes(); });
    default:
      return true;
  }
}

}  // namespace weir
