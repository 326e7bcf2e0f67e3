#include "plan/plan_exprs.h"

#include <unordered_set>

#include "base/error.h"

namespace weir {

namespace {

using Visitor = std::function<void(const ExprPtr&)>;

void All(const std::vector<ExprPtr>& exprs, const Visitor& f) {
  for (const ExprPtr& expr : exprs) f(expr);
}

void Of(const AggregateCall& call, const Visitor& f) {
  All(call.args, f);
  if (call.filter != nullptr) f(call.filter);
  for (const AggregateCall::Order& order : call.order_by) f(order.expr);
}

void OwnExprs(const PhysicalNode& node, const Visitor& f) {
  switch (node.kind()) {
    case PhysicalKind::kScan:
      return All(node.as<PhysicalScan>().filters, f);
    case PhysicalKind::kValues:
      for (const auto& row : node.as<PhysicalValues>().rows) All(row, f);
      return;
    case PhysicalKind::kFilter:
      return f(node.as<PhysicalFilter>().predicate);
    case PhysicalKind::kProject:
      return All(node.as<PhysicalProject>().exprs, f);
    case PhysicalKind::kHashAggregate: {
      const auto& aggregate = node.as<PhysicalHashAggregate>();
      All(aggregate.groups, f);
      for (const AggregateCall& call : aggregate.aggregates) Of(call, f);
      return;
    }
    case PhysicalKind::kHashJoin: {
      const auto& join = node.as<PhysicalHashJoin>();
      All(join.probe_keys, f);
      All(join.build_keys, f);
      if (join.residual != nullptr) f(join.residual);
      return;
    }
    case PhysicalKind::kNestedLoopJoin:
      if (node.as<PhysicalNestedLoopJoin>().condition != nullptr) f(node.as<PhysicalNestedLoopJoin>().condition);
      return;
    case PhysicalKind::kAsofJoin:
      return ForEachExpr(node.as<PhysicalAsofJoin>().condition, f);
    case PhysicalKind::kSort:
      for (const SortKey& key : node.as<PhysicalSort>().keys) f(key.expr);
      return;
    case PhysicalKind::kTopN:
      for (const SortKey& key : node.as<PhysicalTopN>().keys) f(key.expr);
      return;
    case PhysicalKind::kUnnest:
      return All(node.as<PhysicalUnnest>().lists, f);
    case PhysicalKind::kWindow:
      for (const PhysicalWindow::Call& call : node.as<PhysicalWindow>().calls) {
        ForEachExpr(call.window, f);
        for (const AggregateCall::Order& order : call.window.call.order_by) f(order.expr);
      }
      return;
    case PhysicalKind::kLimit:
    case PhysicalKind::kUnionAll:
    case PhysicalKind::kSetOperation:
    case PhysicalKind::kCte:
    case PhysicalKind::kCteScan:
    case PhysicalKind::kRecursion:
    case PhysicalKind::kChange:
      return;
  }
  throw Error::Internal("no expressions of a plan node of kind {}", static_cast<int>(node.kind()));
}

void Visit(const PhysicalNode& node, const Visitor& f, std::unordered_set<const PhysicalNode*>& seen) {
  if (!seen.insert(&node).second) return;
  OwnExprs(node, f);
  for (const PhysicalPtr& child : node.children()) Visit(*child, f, seen);
}

}  // namespace

void ForEachPlanExpr(const PhysicalNode& plan, const Visitor& f) {
  std::unordered_set<const PhysicalNode*> seen;
  Visit(plan, f, seen);
}

}  // namespace weir
