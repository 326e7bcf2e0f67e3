#include "optimizer/rule/remove_joins.h"

#include <algorithm>

#include "optimizer/required.h"
#include "optimizer/unique.h"

namespace weir {

namespace {

bool IgnoresDuplicates(const AggregateCall& call) {
  return call.distinct || call.name == "min" || call.name == "max" || call.name == "bool_and" || call.name == "bool_or";
}

// Whether the node's result, as a set, depends on how often its child has each row; `matters` is that of the node.
bool DuplicatesMatter(const LogicalNode& node, size_t child, bool matters) {
  switch (node.kind()) {
    case LogicalKind::kAggregate: {
      const auto& calls = node.as<LogicalAggregate>().aggregates;
      return !std::all_of(calls.begin(), calls.end(), IgnoresDuplicates);
    }
    case LogicalKind::kFilter:
      return matters || node.as<LogicalFilter>().predicate->volatility() == Volatility::kVolatile;
    case LogicalKind::kProject: {
      const auto& exprs = node.as<LogicalProject>().exprs;
      return matters || std::any_of(exprs.begin(), exprs.end(),
                                    [](const ExprPtr& expr) { return expr->volatility() == Volatility::kVolatile; });
    }
    case LogicalKind::kSort:
      return matters;
    case LogicalKind::kJoin: {
      const JoinKind kind = node.as<LogicalJoin>().join_kind;
      if (kind == JoinKind::kSingle) return true;
      const bool tests = kind == JoinKind::kSemi || kind == JoinKind::kAnti || kind == JoinKind::kMark;
      return tests && child == 1 ? false : matters;
    }
    case LogicalKind::kSetOperation:
      return node.as<LogicalSetOperation>().operation != SetOperationKind::kUnionAll || matters;
    default:
      return true;
  }
}

bool UsesAny(const LogicalNode& side, const ColumnSet& required) {
  return std::any_of(side.columns().begin(), side.columns().end(),
                     [&](const PlanColumn& column) { return required.contains(column.id); });
}

// The side that is left of the join, or null.
LogicalPtr Remains(const LogicalJoin& join, const ColumnSet& required, bool matters) {
  const auto kept = [&](size_t side) -> LogicalPtr {
    if (UsesAny(*join.child(1 - side), required)) return nullptr;
    if (join.condition->volatility() == Volatility::kVolatile) return nullptr;
    const bool single = join.join_kind == JoinKind::kSingle;
    if ((matters || single) && !IsUnique(*join.child(1 - side), JoinKeys(join, 1 - side))) return nullptr;
    return join.child(side);
  };
  switch (join.join_kind) {
    case JoinKind::kLeft:
    case JoinKind::kSingle:
      return kept(0);
    case JoinKind::kRight:
      return kept(1);
    default:
      return nullptr;
  }
}

// An inner join of which one side only says whether there is a match, where duplicates do not matter; or null. Where
// they do, a side of unique keys stays a join: it gives the same rows, and may be built from either side.
LogicalPtr AsSemiJoin(const LogicalJoin& join, const ColumnSet& required, bool matters) {
  if (matters || join.join_kind != JoinKind::kInner || join.condition->volatility() == Volatility::kVolatile) {
    return nullptr;
  }
  for (const size_t side : {size_t{1}, size_t{0}}) {
    if (UsesAny(*join.child(side), required)) continue;
    // Without keys a semi join has no hash table to ask.
    if (JoinKeys(join, side).empty()) continue;
    return std::make_shared<LogicalJoin>(JoinKind::kSemi, join.child(1 - side), join.child(side), join.condition);
  }
  return nullptr;
}

// The node over a child without the columns of removed joins: expressions that nobody needs may have used them.
LogicalPtr WithoutUnused(const LogicalPtr& plan, LogicalPtr child, const ColumnSet& required) {
  std::vector<PlanColumn> columns;
  if (plan->kind() == LogicalKind::kProject) {
    std::vector<ExprPtr> exprs;
    for (size_t i = 0; i < plan->columns().size(); ++i) {
      if (!required.contains(plan->columns()[i].id)) continue;
      exprs.push_back(plan->as<LogicalProject>().exprs[i]);
      columns.push_back(plan->columns()[i]);
    }
    return std::make_shared<LogicalProject>(std::move(child), std::move(exprs), std::move(columns));
  }
  const auto& aggregate = plan->as<LogicalAggregate>();
  const size_t groups = aggregate.groups.size();
  std::vector<AggregateCall> calls;
  columns.assign(plan->columns().begin(), plan->columns().begin() + static_cast<ptrdiff_t>(groups));
  for (size_t i = 0; i < aggregate.aggregates.size(); ++i) {
    if (!required.contains(plan->columns()[groups + i].id)) continue;
    calls.push_back(aggregate.aggregates[i]);
    columns.push_back(plan->columns()[groups + i]);
  }
  return std::make_shared<LogicalAggregate>(std::move(child), aggregate.groups, std::move(calls), std::move(columns));
}

LogicalPtr Rewrite(const LogicalPtr& plan, const ColumnSet& required, bool matters) {
  if (plan->kind() == LogicalKind::kJoin) {
    if (const LogicalPtr side = Remains(plan->as<LogicalJoin>(), required, matters)) {
      return Rewrite(side, required, matters);
    }
  }
  if (plan->kind() == LogicalKind::kJoin) {
    if (const LogicalPtr semi = AsSemiJoin(plan->as<LogicalJoin>(), required, matters)) {
      return Rewrite(semi, required, matters);
    }
  }
  const std::vector<ColumnSet> below = RequiredOfChildren(*plan, required);
  std::vector<LogicalPtr> children;
  bool changed = false;
  for (size_t i = 0; i < plan->children().size(); ++i) {
    children.push_back(Rewrite(plan->child(i), below[i], DuplicatesMatter(*plan, i, matters)));
    changed = changed || children.back() != plan->child(i);
  }
  if (!changed) return plan;
  if (plan->kind() == LogicalKind::kProject || plan->kind() == LogicalKind::kAggregate) {
    return WithoutUnused(plan, std::move(children[0]), required);
  }
  return plan->WithChildren(std::move(children));
}

}  // namespace

LogicalPtr RemoveJoins(const LogicalPtr& plan, const OptimizerContext&) {
  return Rewrite(plan, ColumnsOf(*plan), true);
}

}  // namespace weir
