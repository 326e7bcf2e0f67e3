#include "optimizer/stats/integer_range.h"

#include <algorithm>

namespace weir {

namespace {

std::optional<IntegerRange> RangeOf(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kInt8:
      return IntegerRange{INT8_MIN, INT8_MAX};
    case TypeKind::kInt16:
      return IntegerRange{INT16_MIN, INT16_MAX};
    case TypeKind::kInt32:
      return IntegerRange{INT32_MIN, INT32_MAX};
    case TypeKind::kInt64:
      return IntegerRange{INT64_MIN, INT64_MAX};
    default:
      return std::nullopt;  // products of wider ones would not fit our own arithmetic
  }
}

std::optional<IntegerRange> OfColumn(const Expr& column, const RelationEstimate& input) {
  auto range = RangeOf(column.type());
  if (!range.has_value()) return std::nullopt;
  const auto known = input.columns.find(column.column_id());
  if (known == input.columns.end()) return range;
  const auto& [min, max] = std::pair(known->second.min, known->second.max);
  if (min.has_value() && min->type().is_integer()) range->low = std::max(range->low, min->wide());
  if (max.has_value() && max->type().is_integer()) range->high = std::min(range->high, max->wide());
  if (range->low > range->high) return RangeOf(column.type());
  return range;
}

}  // namespace

std::optional<IntegerRange> RangeOf(const Expr& expr, const RelationEstimate& input) {
  const auto bounds = RangeOf(expr.type());
  if (!bounds.has_value()) return std::nullopt;
  std::optional<IntegerRange> out;
  switch (expr.kind()) {
    case ExprKind::kColumn:
      return OfColumn(expr, input);
    case ExprKind::kLiteral:
      if (expr.literal().is_null()) return std::nullopt;
      return IntegerRange{expr.literal().wide(), expr.literal().wide()};
    case ExprKind::kCast:
      out = RangeOf(*expr.child(0), input);
      break;
    case ExprKind::kCall: {
      if (expr.children().size() != 2) return std::nullopt;
      const auto a = RangeOf(*expr.child(0), input);
      const auto b = RangeOf(*expr.child(1), input);
      if (!a.has_value() || !b.has_value()) return std::nullopt;
      if (expr.name() == "+") {
        out = IntegerRange{a->low + b->low, a->high + b->high};
      } else if (expr.name() == "-") {
        out = IntegerRange{a->low - b->high, a->high - b->low};
      } else if (expr.name() == "*") {
        const auto [low, high] = std::minmax({a->low * b->low, a->low * b->high, a->high * b->low, a->high * b->high});
        out = IntegerRange{low, high};
      }
      break;
    }
    default:
      return std::nullopt;
  }
  if (!out.has_value() || out->low < bounds->low || out->high > bounds->high) return std::nullopt;
  return out;
}

}  // namespace weir
