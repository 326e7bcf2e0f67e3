#include "optimizer/required.h"

namespace weir {

namespace {

void AddCall(const AggregateCall& call, ColumnSet& out) {
  for (const ExprPtr& arg : call.args) AddReferenced(*arg, out);
  if (call.filter != nullptr) AddReferenced(*call.filter, out);
  for (const auto& order : call.order_by) AddReferenced(*order.expr, out);
}

ColumnSet Of(const LogicalNode& child, const ColumnSet& wanted) {
  ColumnSet out;
  for (const PlanColumn& column : child.columns()) {
    if (wanted.contains(column.id)) out.insert(column.id);
  }
  return out;
}

}  // namespace

std::vector<ColumnSet> RequiredOfChildren(const LogicalNode& node, const ColumnSet& required) {
  switch (node.kind()) {
    case LogicalKind::kFilter: {
      ColumnSet below = required;
      AddReferenced(*node.as<LogicalFilter>().predicate, below);
      return {std::move(below)};
    }
    case LogicalKind::kProject: {
      const auto& project = node.as<LogicalProject>();
      ColumnSet below;
      for (size_t i = 0; i < project.exprs.size(); ++i) {
        if (required.contains(project.columns()[i].id)) AddReferenced(*project.exprs[i], below);
      }
      return {std::move(below)};
    }
    case LogicalKind::kAggregate: {
      const auto& aggregate = node.as<LogicalAggregate>();
      ColumnSet below;
      for (const ExprPtr& group : aggregate.groups) AddReferenced(*group, below);
      for (size_t i = 0; i < aggregate.aggregates.size(); ++i) {
        if (required.contains(aggregate.columns()[aggregate.groups.size() + i].id)) {
          AddCall(aggregate.aggregates[i], below);
        }
      }
      return {std::move(below)};
    }
    case LogicalKind::kJoin: {
      ColumnSet all = required;
      AddReferenced(*node.as<LogicalJoin>().condition, all);
      return {Of(*node.child(0), all), Of(*node.child(1), all)};
    }
    case LogicalKind::kAsofJoin: {
      ColumnSet all = required;
      ForEachExpr(node.as<LogicalAsofJoin>().condition, [&](const ExprPtr& expr) { AddReferenced(*expr, all); });
      return {Of(*node.child(0), all), Of(*node.child(1), all)};
    }
    case LogicalKind::kSort: {
      ColumnSet below = required;
      for (const SortKey& key : node.as<LogicalSort>().keys) AddReferenced(*key.expr, below);
      return {std::move(below)};
    }
    case LogicalKind::kLimit:
      return {required};
    case LogicalKind::kCte:
      return {ColumnsOf(*node.child(0)), required};
    case LogicalKind::kUnnest: {
      ColumnSet all = required;
      for (const ExprPtr& list : node.as<LogicalUnnest>().lists) AddReferenced(*list, all);
      return {Of(*node.child(), all)};
    }
    case LogicalKind::kWindow: {
      const auto& window = node.as<LogicalWindow>();
      ColumnSet all = required;
      for (const ExprPtr& expr : window.partition_by) AddReferenced(*expr, all);
      for (const SortKey& key : window.order_by) AddReferenced(*key.expr, all);
      for (const WindowCall& call : window.calls) ForEachExpr(call, [&](const ExprPtr& e) { AddReferenced(*e, all); });
      return {Of(*node.child(), all)};
    }
    default: {
      std::vector<ColumnSet> out;
      for (const LogicalPtr& child : node.children()) out.push_back(ColumnsOf(*child));
      return out;
    }
  }
}

}  // namespace weir
