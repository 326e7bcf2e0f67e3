#include "optimizer/rule/reduce_groups.h"

#include <algorithm>
#include <numeric>

#include "optimizer/map_children.h"
#include "optimizer/unique.h"

namespace weir {

namespace {

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

size_t NodeCount(const Expr& expr) {
  size_t count = 0;
  VisitExpr(expr, [&](const Expr&) { return ++count > 0; });
  return count;
}

// The expression over keys that stay, which it is a function of; null when it is none.
ExprPtr OverKeys(const ExprPtr& expr, const LogicalAggregate& aggregate, const std::vector<ExprPtr>& groups,
                 const std::vector<size_t>& kept) {
  for (const size_t k : kept) {
    const ExprPtr& key = groups[k];
    if (EqualIsSame(key->type()) && key->Equals(*expr)) return ToExpr(aggregate.columns()[k]);
  }
  if (expr->is(ExprKind::kLiteral)) return expr;
  if (expr->children().empty() || expr->is(ExprKind::kSubquery)) return nullptr;
  std::vector<ExprPtr> children;
  for (const ExprPtr& child : expr->children()) {
    children.push_back(OverKeys(child, aggregate, groups, kept));
    if (children.back() == nullptr) return nullptr;
  }
  return expr->WithChildren(std::move(children));
}

// What else the rows of the plan agree in when they agree in `keys`: all columns of a side that the keys identify.
void AddDependent(const LogicalNode& plan, const ColumnSet& keys, ColumnSet& out) {
  ColumnSet own;
  for (const PlanColumn& column : plan.columns()) {
    if (keys.contains(column.id)) own.insert(column.id);
  }
  if (own.empty()) return;
  if (IsUnique(plan, own)) {
    for (const PlanColumn& column : plan.columns()) out.insert(column.id);
    return;
  }
  switch (plan.kind()) {
    case LogicalKind::kFilter:
    case LogicalKind::kSort:
    case LogicalKind::kLimit:
      return AddDependent(*plan.child(), keys, out);
    case LogicalKind::kJoin: {
      const JoinKind kind = plan.as<LogicalJoin>().join_kind;
      if (kind != JoinKind::kRight && kind != JoinKind::kFull) AddDependent(*plan.child(0), keys, out);
      if (kind == JoinKind::kInner || kind == JoinKind::kRight) AddDependent(*plan.child(1), keys, out);
      return;
    }
    default:
      return;
  }
}

// Keys that others identify, by a unique side of a join below, become values of any row: they are not compared.
LogicalPtr TakeAny(const LogicalPtr& plan, const OptimizerContext& context) {
  const auto& aggregate = plan->as<LogicalAggregate>();
  const size_t count = aggregate.groups.size();
  ColumnSet keys;
  for (const ExprPtr& group : aggregate.groups) {
    if (!group->is(ExprKind::kColumn)) return plan;
    keys.insert(group->column_id());
  }
  if (count < 2 || keys.size() != count) return plan;
  ColumnMap constants;
  std::vector<std::pair<ColumnId, ColumnId>> equal;
  AddBindings(*aggregate.child(), constants, equal);
  const auto closed = [&](ColumnSet set) {
    for (const auto& [id, constant] : constants) set.insert(id);
    for (size_t before = 0; before != set.size();) {
      before = set.size();
      for (const auto& [a, b] : equal) {
        if (set.contains(a)) set.insert(b);
        if (set.contains(b)) set.insert(a);
      }
    }
    return set;
  };
  // Texts are the dearest to compare: they go first.
  std::vector<size_t> order;
  for (const bool text : {true, false}) {
    for (size_t i = count; i-- > 0;) {
      if (aggregate.groups[i]->type().is_string() == text) order.push_back(i);
    }
  }
  std::vector<bool> taken(count, false);
  for (const size_t i : order) {
    if (aggregate.groups[i]->type().is_nested()) continue;
    ColumnSet rest = keys, dependent;
    rest.erase(aggregate.groups[i]->column_id());
    if (rest.empty()) break;
    AddDependent(*aggregate.child(), closed(rest), dependent);
    if (!dependent.contains(aggregate.groups[i]->column_id())) continue;
    taken[i] = true;
    keys = std::move(rest);
  }
  if (keys.size() == count) return plan;
  std::vector<ExprPtr> groups;
  std::vector<AggregateCall> calls;
  std::vector<PlanColumn> group_columns, call_columns;
  for (size_t i = 0; i < count; ++i) {
    if (taken[i]) {
      calls.push_back(context.registry.BindAggregate("any_value", {aggregate.groups[i]}));
      if (!(calls.back().type == aggregate.columns()[i].type)) return plan;
      call_columns.push_back(aggregate.columns()[i]);
    } else {
      groups.push_back(aggregate.groups[i]);
      group_columns.push_back(aggregate.columns()[i]);
    }
  }
  for (size_t i = 0; i < aggregate.aggregates.size(); ++i) {
    calls.push_back(aggregate.aggregates[i]);
    call_columns.push_back(aggregate.columns()[count + i]);
  }
  group_columns.insert(group_columns.end(), call_columns.begin(), call_columns.end());
  LogicalPtr below = std::make_shared<LogicalAggregate>(aggregate.child(), std::move(groups), std::move(calls),
                                                        std::move(group_columns));
  std::vector<ExprPtr> exprs;
  for (const PlanColumn& column : aggregate.columns()) exprs.push_back(ToExpr(column));
  return std::make_shared<LogicalProject>(std::move(below), std::move(exprs), aggregate.columns());
}

// A call over distinct values needs not look for repetitions where the rows of a group cannot have any.
LogicalPtr WithoutDistinct(const LogicalPtr& plan) {
  const auto& aggregate = plan->as<LogicalAggregate>();
  ColumnSet keys;
  for (const ExprPtr& group : aggregate.groups) {
    if (group->is(ExprKind::kColumn)) keys.insert(group->column_id());
  }
  std::vector<AggregateCall> calls = aggregate.aggregates;
  bool changed = false;
  for (AggregateCall& call : calls) {
    constexpr std::string_view kOrderless[] = {"count", "sum", "avg", "min", "max"};
    if (!call.distinct || std::ranges::find(kOrderless, std::string_view(call.name)) == std::end(kOrderless)) continue;
    ColumnSet unique = keys;
    for (const ExprPtr& arg : call.args) {
      if (arg->is(ExprKind::kColumn)) unique.insert(arg->column_id());
    }
    if (!IsUnique(*aggregate.child(), unique)) continue;
    call.distinct = false;
    changed = true;
  }
  if (!changed) return plan;
  return std::make_shared<LogicalAggregate>(aggregate.child(), aggregate.groups, std::move(calls), plan->columns());
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
  // Keys that a projection below makes are seen as what it makes them of.
  std::vector<ExprPtr> computed = aggregate.groups;
  if (aggregate.child()->kind() == LogicalKind::kProject) {
    const auto& project = aggregate.child()->as<LogicalProject>();
    ColumnMap made;
    for (size_t i = 0; i < project.exprs.size(); ++i) made.emplace(project.columns()[i].id, project.exprs[i]);
    for (ExprPtr& expr : computed) {
      ExprPtr over = Substitute(expr, made);
      if (over->volatility() != Volatility::kVolatile) expr = std::move(over);
    }
  }
  // Simple keys first: others may be functions of them.
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return NodeCount(*computed[a]) < NodeCount(*computed[b]); });
  for (const size_t i : order) {
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
    if (instead[i] == nullptr && group->volatility() != Volatility::kVolatile) {
      instead[i] = OverKeys(computed[i], aggregate, computed, kept);
    }
    if (instead[i] == nullptr) kept.push_back(i);
  }
  std::sort(kept.begin(), kept.end());
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
  exprs.reserve(aggregate.columns().size());
  for (size_t i = 0; i < aggregate.columns().size(); ++i) {
    exprs.push_back(i < count && instead[i] != nullptr ? instead[i] : ToExpr(aggregate.columns()[i]));
  }
  return std::make_shared<LogicalProject>(std::move(below), std::move(exprs), aggregate.columns());
}

}  // namespace

LogicalPtr ReduceGroups(const LogicalPtr& plan, const OptimizerContext& context) {
  LogicalPtr node = MapChildren(plan, [&](const LogicalPtr& child) { return ReduceGroups(child, context); });
  if (node->kind() != LogicalKind::kAggregate) return node;
  LogicalPtr reduced = Reduce(WithoutDistinct(node));
  if (reduced->kind() == LogicalKind::kAggregate) return TakeAny(reduced, context);
  if (reduced->child()->kind() != LogicalKind::kAggregate || reduced->child() == node->child()) return reduced;
  const LogicalPtr taken = TakeAny(reduced->child(), context);
  return taken == reduced->child() ? reduced : reduced->WithChildren({taken});
}

}  // namespace weir
