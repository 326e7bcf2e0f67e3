#include "format/parquet/statistics.h"

#include <cmath>

#include "format/parquet/convert.h"

namespace weir::parquet {
namespace {

// The deprecated fields compared as signed whatever the type.
bool IsSignedOrder(const Leaf& leaf) {
  switch (leaf.physical) {
    case PhysicalKind::kBoolean:
    case PhysicalKind::kFloat:
    case PhysicalKind::kDouble:
      return true;
    case PhysicalKind::kInt32:
    case PhysicalKind::kInt64:
      return !leaf.is_unsigned;
    default:
      return false;
  }
}

void SetBounds(const Leaf& leaf, std::string_view min, std::string_view max, bool has_min, bool has_max,
               ColumnBounds& out) {
  if (has_min) out.min = ConvertPlain(leaf, min);
  if (has_max) out.max = ConvertPlain(leaf, max);
  if (!leaf.type.is_floating()) return;
  const auto is_nan = [](const std::optional<Value>& value) {
    return value.has_value() && std::isnan(value->floating());
  };
  if (is_nan(out.min) || is_nan(out.max)) {
    out.min.reset();
    out.max.reset();
    return;
  }
  if (out.min.has_value() && out.min->floating() == 0) out.min = Value::Floating(leaf.type, -0.0);
  if (out.max.has_value() && out.max->floating() == 0) out.max = Value::Floating(leaf.type, 0.0);
}

}  // namespace

ColumnOrder OrderOf(const FileMetaData& metadata, int leaf) {
  const auto at = static_cast<size_t>(leaf);
  return at < metadata.column_orders.size() ? metadata.column_orders[at] : ColumnOrder::kUnknown;
}

bool HasOrder(const Leaf& leaf) {
  if (leaf.physical == PhysicalKind::kInt96 || leaf.type.is(TypeKind::kInterval)) return false;
  if (leaf.logical.has_value()) {
    switch (leaf.logical->kind) {
      case LogicalType::Kind::kUnknown:
      case LogicalType::Kind::kVariant:
      case LogicalType::Kind::kGeometry:
      case LogicalType::Kind::kGeography:
        return false;
      default:
        break;
    }
  }
  return true;
}

void FillBounds(const Leaf& leaf, const Statistics& statistics, ColumnOrder order, ColumnBounds& out) {
  if (statistics.null_count.has_value() && *statistics.null_count >= 0) {
    out.null_count = static_cast<uint64_t>(*statistics.null_count);
  }
  if (statistics.distinct_count.has_value() && *statistics.distinct_count >= 0) {
    out.distinct_count = static_cast<uint64_t>(*statistics.distinct_count);
  }
  if (!HasOrder(leaf)) return;
  const bool has_new = statistics.min_value.has_value() || statistics.max_value.has_value();
  if (has_new && order == ColumnOrder::kTypeDefined) {
    out.min_is_exact = statistics.is_min_value_exact.value_or(false);
    out.max_is_exact = statistics.is_max_value_exact.value_or(false);
    SetBounds(leaf, statistics.min_value.value_or(""), statistics.max_value.value_or(""),
              statistics.min_value.has_value(), statistics.max_value.has_value(), out);
  } else if (IsSignedOrder(leaf)) {
    SetBounds(leaf, statistics.min.value_or(""), statistics.max.value_or(""), statistics.min.has_value(),
              statistics.max.has_value(), out);
  }
}

void FillPageBounds(const Leaf& leaf, const ColumnIndex& index, size_t page, ColumnOrder order, ColumnBounds& out) {
  if (!index.null_counts.empty() && index.null_counts[page] >= 0) {
    out.null_count = static_cast<uint64_t>(index.null_counts[page]);
  }
  if (index.null_pages[page]) {
    out.null_count = out.value_count;
    return;
  }
  if (!HasOrder(leaf) || order != ColumnOrder::kTypeDefined) return;
  SetBounds(leaf, index.min_values[page], index.max_values[page], true, true, out);
}

}  // namespace weir::parquet
