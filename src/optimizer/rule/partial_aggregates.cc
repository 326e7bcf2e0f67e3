#include "optimizer/rule/partial_aggregates.h"

#include <algorithm>

namespace weir {

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
  return (call.name == "min" || call.name == "max") && EqualIsSame(type);
}

ExprPtr PartialTotals::Add(const AggregateCall& call, const ExprPtr& part) {
  const bool adds_up = call.name == "sum" || call.name == "count";
  calls.push_back(registry_.BindAggregate(adds_up ? "sum" : call.name, {part}));
  columns.push_back(ids_.Make(calls.back().type, calls.back().ToString()));
  ExprPtr result = ToExpr(columns.back());
  if (!(result->type() == call.type)) result = Expr::Cast(std::move(result), call.type);
  // Of no rows a count is 0, a sum NULL.
  if (call.name == "count") result = Expr::Coalesce({std::move(result), Expr::Literal(Value::Int64(0))});
  return result;
}

}  // namespace weir
