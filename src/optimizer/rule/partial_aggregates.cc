#include "optimizer/rule/partial_aggregates.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace weir {

namespace {

// Averages whose quotient of sum and count is rounded as they are, and whose sums fit as long as there are fewer than
// 10^10 rows.
constexpr int kAverageScaleMax = 16;
constexpr int kAverageDigitsMax = Type::kDecimalPrecisionMax - 10;
constexpr int kInt64Digits = 19;

bool IsSplitAverage(const Type& type) {
  if (type.is(TypeKind::kDecimal)) return type.scale() <= kAverageScaleMax && type.precision() <= kAverageDigitsMax;
  return type.is_integer() && !type.is(TypeKind::kInt128);
}

bool IsSame(const AggregateCall& a, const AggregateCall& b) {
  const auto same = [](const ExprPtr& x, const ExprPtr& y) { return x == y || (x && y && x->Equals(*y)); };
  return a.name == b.name && std::ranges::equal(a.args, b.args, same) && same(a.filter, b.filter);
}

}  // namespace

bool IsDecomposable(const AggregateCall& call) {
  if (call.distinct || !call.order_by.empty() || call.args.size() > 1) return false;
  const auto is_safe = [](const ExprPtr& expr) {
    return expr->volatility() != Volatility::kVolatile && !expr->CanFail();
  };
  if (!std::ranges::all_of(call.args, is_safe) || (call.filter != nullptr && !is_safe(call.filter))) return false;
  if (call.name == "count") return call.type.is(TypeKind::kInt64);
  if (call.args.empty()) return false;
  const Type& type = call.args[0]->type();
  if (call.name == "sum") return type.is_integer() || type.is(TypeKind::kDecimal);
  if (call.name == "avg") return IsSplitAverage(type);
  return (call.name == "min" || call.name == "max") && EqualIsSame(type);
}

ExprPtr PartialAggregates::Add(const AggregateCall& call) {
  return call.name == "avg" ? AddAverage(call) : AddSimple(call);
}

ExprPtr PartialAggregates::AddSimple(const AggregateCall& call) {
  const auto known = std::ranges::find_if(parts, [&](const AggregateCall& part) { return IsSame(part, call); });
  const auto at = static_cast<size_t>(known - parts.begin());
  const bool adds_up = call.name == "sum" || call.name == "count";
  if (known == parts.end()) {
    parts.push_back(call);
    part_columns.push_back(ids_.Make(call.type, call.ToString()));
    totals.push_back(registry_.BindAggregate(adds_up ? "sum" : call.name, {ToExpr(part_columns.back())}));
    total_columns.push_back(ids_.Make(totals.back().type, totals.back().ToString()));
  }
  ExprPtr result = ToExpr(total_columns[at]);
  if (!(result->type() == call.type)) result = Expr::Cast(std::move(result), call.type);
  // Of no rows a count is 0, a sum NULL.
  if (call.name == "count") result = Expr::Coalesce({std::move(result), Expr::Literal(Value::Int64(0))});
  return result;
}

ExprPtr PartialAggregates::AddAverage(const AggregateCall& call) {
  const auto total = [&](std::string_view name) {
    AggregateCall of = registry_.BindAggregate(name, call.args);
    of.filter = call.filter;
    ExprPtr result = AddSimple(of);
    if (result->type().is(TypeKind::kDecimal)) return result;
    return Expr::Cast(std::move(result), Type::Decimal(kInt64Digits, 0));
  };
  ExprPtr sum = total("sum");
  ExprPtr average = registry_.BindCall("/", {std::move(sum), total("count")});
  WEIR_DCHECK(average->type().scale() == call.type.scale());
  return average->type() == call.type ? average : Expr::Cast(std::move(average), call.type);
}

}  // namespace weir
