#include "optimizer/rule/copy_plan.h"

#include <algorithm>
#include <optional>

namespace weir {

void FreshIds::Note(const LogicalNode& plan) {
  for (const PlanColumn& column : plan.columns()) last_ = std::max(last_, column.id);
  if (plan.kind() == LogicalKind::kCte) last_cte_ = std::max(last_cte_, plan.as<LogicalCte>().id);
  if (plan.kind() == LogicalKind::kRecursion) last_cte_ = std::max(last_cte_, plan.as<LogicalRecursion>().id);
  for (const LogicalPtr& child : plan.children()) Note(*child);
}

std::vector<PlanColumn> PlanCopier::Renew(const std::vector<PlanColumn>& columns) {
  std::vector<PlanColumn> out;
  for (const PlanColumn& column : columns) {
    const auto known = map_.find(column.id);
    if (known != map_.end()) {
      out.push_back({known->second->column_id(), column.type, column.name});
      continue;
    }
    out.push_back(ids_.Make(column.type, column.name));
    map_.emplace(column.id, ToExpr(out.back()));
  }
  return out;
}

LogicalPtr PlanCopier::Copy(const LogicalPtr& plan) {
  // What scans of it refer to has to be known first.
  std::vector<PlanColumn> recursive;
  if (plan->kind() == LogicalKind::kRecursion) {
    ctes_.emplace(plan->as<LogicalRecursion>().id, ids_.MakeCte());
    recursive = Renew(plan->columns());
  } else if (plan->kind() == LogicalKind::kCte) {
    ctes_.emplace(plan->as<LogicalCte>().id, ids_.MakeCte());
  }
  std::vector<LogicalPtr> children;
  for (const LogicalPtr& child : plan->children()) children.push_back(Copy(child));
  const auto move = [&](const ExprPtr& expr) { return Substitute(expr, map_); };
  const auto move_all = [&](std::vector<ExprPtr> exprs) {
    for (ExprPtr& expr : exprs) expr = move(expr);
    return exprs;
  };
  const auto move_keys = [&](std::vector<SortKey> keys) {
    for (SortKey& key : keys) key.expr = move(key.expr);
    return keys;
  };
  switch (plan->kind()) {
    case LogicalKind::kScan: {
      const auto& scan = plan->as<LogicalScan>();
      std::vector<PlanColumn> columns = Renew(scan.columns());
      auto copy =
          std::make_shared<LogicalScan>(scan.source, std::move(columns), move_all(scan.filters), scan.table_rows);
      copy->column_statistics = scan.column_statistics;
      return copy;
    }
    case LogicalKind::kValues: {
      std::vector<std::vector<ExprPtr>> rows = plan->as<LogicalValues>().rows;
      for (std::vector<ExprPtr>& row : rows) row = move_all(std::move(row));
      return std::make_shared<LogicalValues>(std::move(rows), Renew(plan->columns()));
    }
    case LogicalKind::kFilter:
      return std::make_shared<LogicalFilter>(children[0], move(plan->as<LogicalFilter>().predicate));
    case LogicalKind::kProject: {
      std::vector<ExprPtr> exprs = move_all(plan->as<LogicalProject>().exprs);
      return std::make_shared<LogicalProject>(children[0], std::move(exprs), Renew(plan->columns()));
    }
    case LogicalKind::kAggregate: {
      const auto& aggregate = plan->as<LogicalAggregate>();
      std::vector<ExprPtr> groups = move_all(aggregate.groups);
      std::vector<AggregateCall> calls;
      calls.reserve(aggregate.aggregates.size());
      for (const AggregateCall& call : aggregate.aggregates) calls.push_back(Substitute(call, map_));
      return std::make_shared<LogicalAggregate>(children[0], std::move(groups), std::move(calls),
                                                Renew(plan->columns()));
    }
    case LogicalKind::kJoin: {
      const auto& join = plan->as<LogicalJoin>();
      std::optional<PlanColumn> mark;
      if (join.mark.has_value()) mark = Renew({*join.mark})[0];
      return std::make_shared<LogicalJoin>(join.join_kind, children[0], children[1], move(join.condition),
                                           join.null_aware, mark);
    }
    case LogicalKind::kAsofJoin: {
      const auto& join = plan->as<LogicalAsofJoin>();
      return std::make_shared<LogicalAsofJoin>(join.join_kind, children[0], children[1],
                                               Substitute(join.condition, map_));
    }
    case LogicalKind::kSort:
      return std::make_shared<LogicalSort>(children[0], move_keys(plan->as<LogicalSort>().keys));
    case LogicalKind::kSetOperation:
      return std::make_shared<LogicalSetOperation>(plan->as<LogicalSetOperation>().operation, std::move(children),
                                                   Renew(plan->columns()));
    case LogicalKind::kCte: {
      const auto& cte = plan->as<LogicalCte>();
      return std::make_shared<LogicalCte>(ctes_.at(cte.id), cte.name, children[0], children[1]);
    }
    case LogicalKind::kCteScan: {
      const auto& scan = plan->as<LogicalCteScan>();
      const auto renamed = ctes_.find(scan.id);
      std::vector<ColumnId> definition = scan.definition_columns;
      if (renamed != ctes_.end()) {
        for (ColumnId& id : definition) id = map_.at(id)->column_id();
      }
      return std::make_shared<LogicalCteScan>(renamed == ctes_.end() ? scan.id : renamed->second, scan.name,
                                              Renew(scan.columns()), std::move(definition));
    }
    case LogicalKind::kRecursion: {
      const auto& recursion = plan->as<LogicalRecursion>();
      return std::make_shared<LogicalRecursion>(ctes_.at(recursion.id), recursion.name, children[0], children[1],
                                                recursion.distinct, std::move(recursive));
    }
    case LogicalKind::kUnnest: {
      const auto& unnest = plan->as<LogicalUnnest>();
      std::vector<ExprPtr> lists = move_all(unnest.lists);
      return std::make_shared<LogicalUnnest>(children[0], std::move(lists), Renew(plan->columns()),
                                             unnest.with_ordinality);
    }
    case LogicalKind::kWindow: {
      const auto& window = plan->as<LogicalWindow>();
      std::vector<WindowCall> calls;
      calls.reserve(window.calls.size());
      for (const WindowCall& call : window.calls) calls.push_back(Substitute(call, map_));
      return std::make_shared<LogicalWindow>(children[0], move_all(window.partition_by), move_keys(window.order_by),
                                             std::move(calls), Renew(window.call_columns()), window.limit);
    }
    case LogicalKind::kLimit:
      return plan->WithChildren(std::move(children));
    default:
      throw Error::Unsupported("Write it as a join, or with GROUP BY on the correlated columns.",
                               "correlated subquery is not available over: {}", plan->ToString());
  }
}

}  // namespace weir
