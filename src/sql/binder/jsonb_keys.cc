// Values of jsonb are kept as texts, of which several may be equal: 1.0 and 1.00. What groups by them, or tells rows
// apart, goes by the text that equal values share. (Comparisons and orders go by jsonb_sort_key.)
#include <algorithm>

#include "sql/binder/binder.h"

namespace weir {

namespace {

bool IsJsonb(const PlanColumn& column) {
  return column.type.is_jsonb();
}

ExprPtr ColumnOf(const PlanColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

}  // namespace

ExprPtr Binder::EqualJsonb(const ExprPtr& expr) const {
  return expr->type().is_jsonb() ? registry_.BindCall("jsonb_canonical", {expr}, expr->position()) : expr;
}

// Rows that are compared as a whole: they come out in that form.
LogicalPtr Binder::CanonicalRows(const LogicalPtr& plan) {
  if (std::none_of(plan->columns().begin(), plan->columns().end(), IsJsonb)) return plan;
  std::vector<ExprPtr> exprs;
  std::vector<PlanColumn> columns;
  for (const PlanColumn& column : plan->columns()) {
    exprs.push_back(EqualJsonb(ColumnOf(column)));
    columns.push_back(column.type.is_jsonb() ? NewColumn(column.type, column.name) : column);
  }
  return std::make_shared<LogicalProject>(plan, std::move(exprs), std::move(columns));
}

// Keys are in that form, and what comes out is one of the values.
LogicalPtr Binder::GroupJsonb(const LogicalAggregate& aggregate, LogicalPtr child) {
  std::vector<ExprPtr> groups;
  std::vector<AggregateCall> calls = aggregate.aggregates;
  std::vector<PlanColumn> columns, firsts;
  for (AggregateCall& call : calls) {
    if (!call.distinct) continue;
    for (ExprPtr& arg : call.args) arg = EqualJsonb(arg);
  }
  for (size_t i = 0; i < aggregate.groups.size(); ++i) {
    const ExprPtr& group = aggregate.groups[i];
    groups.push_back(EqualJsonb(group));
    columns.push_back(aggregate.columns()[i]);
    if (!group->type().is_jsonb()) continue;
    firsts.push_back(columns.back());
    columns.back() = NewColumn(group->type(), "key");
    calls.push_back(registry_.BindAggregate("any_value", {group}));
  }
  for (size_t i = groups.size(); i < aggregate.columns().size(); ++i) columns.push_back(aggregate.columns()[i]);
  columns.insert(columns.end(), firsts.begin(), firsts.end());
  LogicalPtr out =
      std::make_shared<LogicalAggregate>(std::move(child), std::move(groups), std::move(calls), std::move(columns));
  return firsts.empty() ? out : OnlyColumns(std::move(out), aggregate.columns());
}

LogicalPtr Binder::KeyedByJsonb(const LogicalPtr& plan) {
  std::vector<LogicalPtr> children;
  bool changed = false;
  for (const LogicalPtr& child : plan->children()) {
    children.push_back(KeyedByJsonb(child));
    changed = changed || children.back() != child;
  }
  const auto same = [&] { return changed ? plan->WithChildren(children) : plan; };
  switch (plan->kind()) {
    case LogicalKind::kAggregate: {
      const auto& aggregate = plan->as<LogicalAggregate>();
      const auto is_jsonb = [](const ExprPtr& expr) { return expr->type().is_jsonb(); };
      bool any = std::any_of(aggregate.groups.begin(), aggregate.groups.end(), is_jsonb);
      for (const AggregateCall& call : aggregate.aggregates) {
        any = any || (call.distinct && std::any_of(call.args.begin(), call.args.end(), is_jsonb));
      }
      return any ? GroupJsonb(aggregate, children[0]) : same();
    }
    case LogicalKind::kSetOperation: {
      const SetOperationKind kind = plan->as<LogicalSetOperation>().operation;
      if (kind == SetOperationKind::kUnionAll || std::none_of(plan->columns().begin(), plan->columns().end(), IsJsonb))
        return same();
      for (LogicalPtr& child : children) child = CanonicalRows(child);
      return std::make_shared<LogicalSetOperation>(kind, std::move(children), plan->columns());
    }
    case LogicalKind::kRecursion: {
      const auto& recursion = plan->as<LogicalRecursion>();
      if (!recursion.distinct || std::none_of(plan->columns().begin(), plan->columns().end(), IsJsonb)) return same();
      return std::make_shared<LogicalRecursion>(recursion.id, recursion.name, CanonicalRows(children[0]),
                                                CanonicalRows(children[1]), true, plan->columns());
    }
    case LogicalKind::kWindow: {
      const auto& window = plan->as<LogicalWindow>();
      std::vector<ExprPtr> keys = window.partition_by;
      bool any = false;
      for (ExprPtr& key : keys) {
        any = any || key->type().is_jsonb();
        key = EqualJsonb(key);
      }
      if (!any) return same();
      return std::make_shared<LogicalWindow>(children[0], std::move(keys), window.order_by, window.calls,
                                             window.call_columns(), window.limit);
    }
    case LogicalKind::kAsofJoin: {
      const auto& join = plan->as<LogicalAsofJoin>();
      AsofCondition condition = join.condition;
      bool any = false;
      ForEachExpr(condition, [&](ExprPtr& expr) {
        any = any || expr->type().is_jsonb();
        expr = EqualJsonb(expr);
      });
      if (!any) return same();
      return std::make_shared<LogicalAsofJoin>(join.join_kind, children[0], children[1], std::move(condition));
    }
    default:
      return same();
  }
}

}  // namespace weir
