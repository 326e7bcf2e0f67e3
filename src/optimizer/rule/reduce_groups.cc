#include "optimizer/rule/reduce_groups.h"

#include <algorithm>

#include "optimizer/unique.h"

namespace weir {

namespace {

// Equality of such values is sameness: unlike 0.0 and -0.0.
bool EqualIsSame(const Type& type) {
  return !type.is_floating() && (type.is_integer() || type.is_string() || type.is(TypeKind::kDate) ||
                                 type.is(TypeKind::kTimestamp) || type.is(TypeKind::kBoolean));
}

// What every row of the plan has in a column: a constant, or another column's value.
void AddBindings(const LogicalNode& plan, ColumnMap& constants, std::vector<std::pair<ColumnId, ColumnId>>& equal) {
  const auto add = [&](const ExprPtr& predicate) {
    for (const ExprPtr& conjunct : SplitConjunction(predicate)) {
      if (!conjunct->is(ExprKind::kCall) || conjunct->name() != "=") continue;
      const ExprPtr& a = conjunct->child(0);
      const ExprPtr& b = conjunct->child(1);
      if (!a->is(ExprKind::kColumn) || !(a->type() == b->type()) || !EqualIsSame(a->type())) continue;
      if (b->is(ExprKind::kLiteral) && !b->literal().is_null()) constants.emplace(a->column_id(), b);
      if (b->is(ExprKind::kColumn)) equal.emplace_back(a->column_id(), b->column_id());
    }
  };
  switch (plan.kind()) {
    case LogicalKind::kScan:
      for (const ExprPtr& filter : plan.as<LogicalScan>().filters) add(filter);
      return;
    case LogicalKind::kFilter:
      add(plan.as<LogicalFilter>().predicate);
      return AddBindings(*plan.child(), constants, equal);
    case LogicalKind::kJoin: {
      const auto& join = plan.as<LogicalJoin>();
      const JoinKind kind = join.join_kind;
      if (kind == JoinKind::kInner) add(join.condition);
      if (kind != JoinKind::kRight && kind != JoinKind::kFull) AddBindings(*join.child(0), constants, equal);
      if (kind == JoinKind::kInner || kind == JoinKind::kRight) AddBindings(*join.child(1), constants, equal);
      return;
    }
    case LogicalKind::kProject: {
      // Only columns that keep their id and their value.
      const auto& project = plan.as<LogicalProject>();
      ColumnSet same;
      for (size_t i = 0; i < project.exprs.size(); ++i) {
        const ExprPtr& expr = project.exprs[i];
        if (expr->is(ExprKind::kColumn) && expr->column_id() == plan.columns()[i].id) same.insert(expr->column_id());
      }
      ColumnMap below;
      std::vector<std::pair<ColumnId, ColumnId>> pairs;
      AddBindings(*plan.child(), below, pairs);
      for (const auto& [id, constant] : below) {
        if (same.contains(id)) constants.emplace(id, constant);
      }
      for (const auto& [x, y] : pairs) {
        if (same.contains(x) && same.contains(y)) equal.emplace_back(x, y);
      }
      return;
    }
    default:
      return;
  }
}

LogicalPtr Reduce(const LogicalPtr& plan) {
  const auto& aggregate = plan->as<LogicalAggregate>();
  const size_t count = aggregate.groups.size();
  if (count == 0) return plan;
  if (aggregate.aggregates.empty()) {
    ColumnSet keys;
    for (const ExprPtr& group : aggregate.groups) {
      if (group->is(ExprKind::kColumn)) keys.insert(group->column_id());
    }
    // Rows that are distinct already.
    if (IsUnique(*aggregate.child(), keys)) {
      return std::make_shared<LogicalProject>(aggregate.child(), aggregate.groups, aggregate.columns());
    }
  }
  ColumnMap constants;
  std::vector<std::pair<ColumnId, ColumnId>> equal;
  AddBindings(*aggregate.child(), constants, equal);
  // For each key, what it is instead: a literal, or the column of a key that stays.
  std::vector<ExprPtr> instead(count);
  std::vector<size_t> kept;
  for (size_t i = 0; i < count; ++i) {
    const ExprPtr& group = aggregate.groups[i];
    if (group->is(ExprKind::kLiteral)) {
      instead[i] = group;
    } else if (group->is(ExprKind::kColumn) && constants.contains(group->column_id())) {
      instead[i] = constants.at(group->column_id());
    }
    for (const size_t k : kept) {
      if (instead[i] != nullptr) break;
      const ExprPtr& other = aggregate.groups[k];
      bool same = group->Equals(*other) && group->volatility() != Volatility::kVolatile;
      for (const auto& [a, b] : equal) {
        if (same || !group->is(ExprKind::kColumn) || !other->is(ExprKind::kColumn)) break;
        same = (group->column_id() == a && other->column_id() == b) ||
               (group->column_id() == b && other->column_id() == a);
      }
      if (same) instead[i] = ToExpr(aggregate.columns()[k]);
    }
    if (instead[i] == nullptr) kept.push_back(i);
  }
  // One key must stay: without any there would be a row for no input.
  if (kept.empty()) {
    instead[0] = nullptr;
    kept.push_back(0);
  }
  if (kept.size() == count) return plan;
  std::vector<ExprPtr> groups;
  std::vector<PlanColumn> columns;
  for (const size_t i : kept) {
    groups.push_back(aggregate.groups[i]);
    columns.push_back(aggregate.columns()[i]);
  }
  columns.insert(columns.end(), aggregate.columns().begin() + static_cast<ptrdiff_t>(count), aggregate.columns().end());
  LogicalPtr below = std::make_shared<LogicalAggregate>(aggregate.child(), std::move(groups), aggregate.aggregates,
                                                        std::move(columns));
  std::vector<ExprPtr> exprs;
  for (size_t i = 0; i < aggregate.columns().size(); ++i) {
    exprs.push_back(i < count && instead[i] != nullptr ? instead[i] : ToExpr(aggregate.columns()[i]));
  }
  return std::make_shared<LogicalProject>(std::move(below), std::move(exprs), aggregate.columns());
}

}  // namespace

LogicalPtr ReduceGroups(const LogicalPtr& plan, const OptimizerContext& context) {
  std::vector<LogicalPtr> children;
  bool changed = false;
  for (const LogicalPtr& child : plan->children()) {
    children.push_back(ReduceGroups(child, context));
    changed = changed || children.back() != child;
  }
  const LogicalPtr node = changed ? plan->WithChildren(std::move(children)) : plan;
  return node->kind() == LogicalKind::kAggregate ? Reduce(node) : node;
}

}  // namespace weir
