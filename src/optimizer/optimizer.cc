#include "optimizer/optimizer.h"

#include <unordered_map>

#include "optimizer/join_order/order_joins.h"
#include "optimizer/rule/limit_windows.h"
#include "optimizer/rule/push_filters.h"
#include "optimizer/rule/push_limits.h"
#include "optimizer/rule/read_shredded.h"
#include "optimizer/rule/simplify.h"
#include "optimizer/rule/unnest.h"

namespace weir {

namespace {

constexpr OptimizerPass kPasses[] = {
    {"simplify", "constants folded and conditions in conjunctive form give the later passes more to see", false,
     SimplifyPlan},
    {"unnest", "correlated subqueries become joins; no operator runs a subplan per row", true, UnnestSubqueries},
    {"read_shredded", "an entry of a map that is a column of its own is read, and pruned by, as that column", false,
     ReadShredded},
    {"push_filters", "rows go as early as they can, and joins get their conditions", false, PushFilters},
    {"order_joins", "the fewest intermediate rows, by dynamic programming over the join graph", false, OrderJoins},
    {"push_filters_again", "the new joins hand their one-sided conditions down", false, PushFilters},
    {"limit_windows", "the first rows of each partition are found without sorting the rest", false, LimitWindows},
    {"push_limits", "a limit below projections and into unions stops scans early", false, PushLimits},
};

}  // namespace

std::span<const OptimizerPass> OptimizerPasses() {
  return kPasses;
}

LogicalPtr Optimize(LogicalPtr plan, const OptimizerContext& context, std::vector<PassTrace>* trace) {
  for (const OptimizerPass& pass : kPasses) {
    if (!pass.required && (context.disabled.contains(pass.name) || context.disabled.contains("all"))) continue;
    const int64_t start = context.now ? context.now() : 0;
    LogicalPtr next = pass.run(plan, context);
#ifdef WEIR_DEBUG
    VerifyLogical(*next, pass.name);
#endif
    if (trace != nullptr) trace->push_back({pass.name, (context.now ? context.now() : 0) - start, next != plan});
    plan = std::move(next);
  }
  return plan;
}

namespace {

using Visible = std::unordered_map<ColumnId, Type>;

void CheckExpr(const Expr& expr, const Visible& visible, const LogicalNode& node, std::string_view after) {
  VisitExpr(expr, [&](const Expr& part) {
    if (!part.is(ExprKind::kColumn)) return true;
    const auto found = visible.find(part.column_id());
    if (found == visible.end()) {
      throw Error::Internal("plan after {}: column {} ({}) is not an input of: {}", after, part.name(),
                            part.column_id(), node.ToString());
    }
    if (!(found->second == part.type())) {
      throw Error::Internal("plan after {}: column {} has type {}, used as {} in: {}", after, part.name(),
                            found->second.ToString(), part.type().ToString(), node.ToString());
    }
    return true;
  });
}

void CheckCalls(const std::vector<AggregateCall>& calls, const Visible& visible, const LogicalNode& node,
                std::string_view after) {
  for (const AggregateCall& call : calls) {
    for (const ExprPtr& arg : call.args) CheckExpr(*arg, visible, node, after);
    if (call.filter != nullptr) CheckExpr(*call.filter, visible, node, after);
    for (const auto& order : call.order_by) CheckExpr(*order.expr, visible, node, after);
  }
}

}  // namespace

void VerifyLogical(const LogicalNode& plan, std::string_view after) {
  Visible visible;
  for (const LogicalPtr& child : plan.children()) {
    // Before unnesting, an Apply's right side sees the left; what it refers to is checked by the Apply's conversion.
    if (plan.kind() == LogicalKind::kApply && child == plan.child(1)) continue;
    VerifyLogical(*child, after);
  }
  for (const LogicalPtr& child : plan.children()) {
    for (const PlanColumn& column : child->columns()) visible.emplace(column.id, column.type);
  }
  const auto check = [&](const ExprPtr& expr) { CheckExpr(*expr, visible, plan, after); };
  switch (plan.kind()) {
    case LogicalKind::kScan: {
      for (const PlanColumn& column : plan.columns()) visible.emplace(column.id, column.type);
      for (const ExprPtr& filter : plan.as<LogicalScan>().filters) check(filter);
      return;
    }
    case LogicalKind::kFilter:
      return check(plan.as<LogicalFilter>().predicate);
    case LogicalKind::kProject:
      for (const ExprPtr& expr : plan.as<LogicalProject>().exprs) check(expr);
      return;
    case LogicalKind::kAggregate:
      for (const ExprPtr& expr : plan.as<LogicalAggregate>().groups) check(expr);
      return CheckCalls(plan.as<LogicalAggregate>().aggregates, visible, plan, after);
    case LogicalKind::kJoin:
      return check(plan.as<LogicalJoin>().condition);
    case LogicalKind::kSort:
      for (const SortKey& key : plan.as<LogicalSort>().keys) check(key.expr);
      return;
    case LogicalKind::kUnnest:
      for (const ExprPtr& list : plan.as<LogicalUnnest>().lists) check(list);
      return;
    case LogicalKind::kWindow: {
      const auto& window = plan.as<LogicalWindow>();
      for (const ExprPtr& expr : window.partition_by) check(expr);
      for (const SortKey& key : window.order_by) check(key.expr);
      for (const WindowCall& call : window.calls) ForEachExpr(call, check);
      return;
    }
    default:
      return;
  }
}

}  // namespace weir
