#include "optimizer/rule/remove_sorts.h"

#include <algorithm>

#include "optimizer/columns.h"
#include "optimizer/map_children.h"

namespace weir {

namespace {

// Calls whose results do not follow the order of rows; sums of floating numbers do, in their last digits.
bool IgnoresOrder(const AggregateCall& call) {
  constexpr std::string_view kNames[] = {"count", "sum", "avg", "min", "max", "bool_and", "bool_or"};
  if (std::ranges::find(kNames, std::string_view(call.name)) == std::end(kNames)) return false;
  return std::ranges::none_of(call.args, [](const ExprPtr& arg) {
    return arg->type().is_floating() || arg->volatility() == Volatility::kVolatile;
  });
}

// Whether the order of the child's rows may be seen when that of the node's is (`seen`) or is not.
bool OrderSeen(const LogicalNode& node, size_t child, bool seen) {
  switch (node.kind()) {
    case LogicalKind::kFilter:
      return seen || node.as<LogicalFilter>().predicate->volatility() == Volatility::kVolatile;
    case LogicalKind::kProject:
      return seen || std::ranges::any_of(node.as<LogicalProject>().exprs, [](const ExprPtr& expr) {
               return expr->volatility() == Volatility::kVolatile;
             });
    case LogicalKind::kAggregate:
      return !std::ranges::all_of(node.as<LogicalAggregate>().aggregates, IgnoresOrder);
    case LogicalKind::kJoin: {
      const auto& join = node.as<LogicalJoin>();
      if (join.condition->volatility() == Volatility::kVolatile) return true;
      const bool looks_up =
          join.join_kind == JoinKind::kSemi || join.join_kind == JoinKind::kAnti || join.join_kind == JoinKind::kMark;
      return seen && !(looks_up && child == 1);
    }
    case LogicalKind::kSort:
      return false;
    case LogicalKind::kSetOperation:
      return seen && node.as<LogicalSetOperation>().operation == SetOperationKind::kUnionAll;
    case LogicalKind::kCte:
      return child == 0 || seen;
    case LogicalKind::kUnnest:
      return seen;
    default:
      return true;
  }
}

LogicalPtr Rewrite(const LogicalPtr& plan, bool seen) {
  if (plan->kind() == LogicalKind::kSort && !seen) {
    const auto& keys = plan->as<LogicalSort>().keys;
    const bool fails = std::ranges::any_of(keys, [](const SortKey& key) { return key.expr->CanFail(); });
    if (!fails) return Rewrite(plan->child(), false);
  }
  size_t i = 0;
  return MapChildren(plan, [&](const LogicalPtr& child) { return Rewrite(child, OrderSeen(*plan, i++, seen)); });
}

}  // namespace

LogicalPtr RemoveSorts(const LogicalPtr& plan, const OptimizerContext&) {
  return Rewrite(plan, true);
}

}  // namespace weir
