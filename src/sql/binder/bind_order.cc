// What depends on the order of a relation that is bound already: its row numbers, and a LIMIT that a subquery gives.
#include <algorithm>

#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

ExprPtr ColumnOf(const PlanColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

}  // namespace

// The sort that ORDER BY made is at the top, or below a limit and the projection that drops its keys.
Binder::Ordered Binder::ExposeOrder(const LogicalPtr& plan, bool keep_sort) {
  switch (plan->kind()) {
    case LogicalKind::kSort: {
      const auto& sort = plan->as<LogicalSort>();
      return {keep_sort ? plan : plan->child(), sort.keys};
    }
    case LogicalKind::kLimit: {
      Ordered child = ExposeOrder(plan->child(), true);
      return {plan->WithChildren({std::move(child.plan)}), std::move(child.keys)};
    }
    case LogicalKind::kCte: {
      Ordered body = ExposeOrder(plan->child(1), keep_sort);
      return {plan->WithChildren({plan->child(0), std::move(body.plan)}), std::move(body.keys)};
    }
    case LogicalKind::kProject: {
      Ordered child = ExposeOrder(plan->child(), keep_sort);
      if (child.keys.empty()) return {plan, {}};
      std::vector<ExprPtr> exprs = plan->as<LogicalProject>().exprs;
      std::vector<PlanColumn> columns = plan->columns();
      for (SortKey& key : child.keys) {
        columns.push_back(NewColumn(key.expr->type(), "key"));
        exprs.push_back(key.expr);
        key.expr = ColumnOf(columns.back());
      }
      child.plan = std::make_shared<LogicalProject>(std::move(child.plan), std::move(exprs), std::move(columns));
      return child;
    }
    default:
      return {plan, {}};
  }
}

// The plan's columns and the number of each row in its order.
LogicalPtr Binder::NumberRows(const LogicalPtr& plan, const PlanColumn& number) {
  Ordered ordered = ExposeOrder(plan, false);
  std::vector<WindowCall> calls(1);
  calls[0].function = WindowFunction::kRowNumber;
  calls[0].call.name = "row_number";
  calls[0].call.type = TypeKind::kInt64;
  LogicalPtr out =
      std::make_shared<LogicalWindow>(std::move(ordered.plan), std::vector<ExprPtr>{}, std::move(ordered.keys),
                                      std::move(calls), std::vector<PlanColumn>{number});
  std::vector<PlanColumn> columns = plan->columns();
  columns.push_back(number);
  return OnlyColumns(std::move(out), columns);
}

// LIMIT and OFFSET that are known at run time only: rows by their numbers.
LogicalPtr Binder::LimitBySubquery(const LogicalPtr& plan, const ExprPtr& limit, const ExprPtr& offset,
                                   std::vector<PendingApply>& pending) {
  const PlanColumn row = NewColumn(TypeKind::kInt64, "row");
  LogicalPtr out = FlushApplies(NumberRows(plan, row), pending);
  ExprPtr number = ColumnOf(row);
  std::vector<ExprPtr> conditions;
  const auto checked = [&](const ExprPtr& count, std::string_view clause) {
    return registry_.BindCall("row_count", {count, Expr::Literal(Value::String(std::string(clause)))},
                              count->position());
  };
  if (offset != nullptr) {
    const ExprPtr rows = Expr::Coalesce({checked(offset, "OFFSET"), Expr::Literal(Value::Int64(0))});
    conditions.push_back(registry_.BindCall(">", {number, rows}));
    number = registry_.BindCall("-", {number, rows});
  }
  if (limit != nullptr) {
    const ExprPtr rows = Expr::Coalesce({checked(limit, "LIMIT"), Expr::Literal(Value::Int64(INT64_MAX))});
    conditions.push_back(registry_.BindCall("<=", {number, rows}));
  }
  out = std::make_shared<LogicalFilter>(std::move(out), CombineConjunction(std::move(conditions)));
  out = std::make_shared<LogicalSort>(std::move(out), std::vector<SortKey>{{ColumnOf(row), false, false}});
  return OnlyColumns(std::move(out), plan->columns());
}

}  // namespace weir
