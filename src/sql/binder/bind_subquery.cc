#include "sql/binder/expression_binder.h"

namespace weir {

std::vector<PendingApply>& ExpressionBinder::Pending(int64_t position) {
  std::vector<PendingApply>* pending = inside_aggregate_ ? aggregate_pending_ : pending_;
  if (pending == nullptr) {
    throw Error::User(sqlstate::kFeatureNotSupported, "cannot use subquery in {}", clause_).WithPosition(position);
  }
  return *pending;
}

namespace {

void RequireOneColumn(const LogicalPtr& plan, int64_t position) {
  if (plan->columns().size() == 1) return;
  throw Error::User(sqlstate::kSyntaxError, "subquery must return only one column: it returns {}",
                    plan->columns().size())
      .WithPosition(position);
}

ExprPtr ColumnOf(const PlanColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

}  // namespace

ExprPtr ExpressionBinder::BindScalarSubquery(const ast::Query& query, int64_t position) {
  PendingApply apply;
  std::vector<std::string> names;
  apply.right = binder_.BindQuery(query, &scope_, names, apply.correlated);
  RequireOneColumn(apply.right, position);
  apply.kind = JoinKind::kSingle;
  apply.condition = Expr::Literal(Value::Boolean(true));
  ExprPtr result = ColumnOf(apply.right->columns()[0]);
  Pending(position).push_back(std::move(apply));
  return result;
}

std::vector<ExprPtr> ExpressionBinder::BindRowSubquery(const ast::Query& query, size_t columns, int64_t position) {
  PendingApply apply;
  std::vector<std::string> names;
  apply.right = binder_.BindQuery(query, &scope_, names, apply.correlated);
  if (apply.right->columns().size() != columns) {
    throw Error::User(sqlstate::kSyntaxError, "number of columns does not match number of values")
        .WithPosition(position);
  }
  apply.kind = JoinKind::kSingle;
  apply.condition = Expr::Literal(Value::Boolean(true));
  std::vector<ExprPtr> result;
  for (const PlanColumn& column : apply.right->columns()) result.push_back(ColumnOf(column));
  Pending(position).push_back(std::move(apply));
  return result;
}

ExprPtr ExpressionBinder::BindExists(const ast::Query& query) {
  PendingApply apply;
  std::vector<std::string> names;
  apply.right = binder_.BindQuery(query, &scope_, names, apply.correlated);
  apply.kind = JoinKind::kMark;
  apply.condition = Expr::Literal(Value::Boolean(true));
  apply.mark = binder_.NewColumn(TypeKind::kBoolean, "exists");
  ExprPtr result = ColumnOf(*apply.mark);
  Pending(query.offset).push_back(std::move(apply));
  return result;
}

// x op ANY (query) is a mark join; x op ALL (query) is NOT (x negated-op ANY (query)), also for NULLs.
ExprPtr ExpressionBinder::BindQuantified(const ast::Expr& left, std::string_view op, bool all, const ast::Query& query,
                                         int64_t position) {
  PendingApply apply;
  std::vector<std::string> names;
  std::vector<ExprPtr> operands;
  if (const auto* row = left.TryAs<ast::RowExpr>()) {
    for (const ast::Expr* field : row->fields) operands.push_back(Bind(*field));
  } else {
    operands.push_back(Bind(left));
  }
  apply.right = binder_.BindQuery(query, &scope_, names, apply.correlated);
  if (apply.right->columns().size() != operands.size()) {
    throw Error::User(sqlstate::kSyntaxError, "subquery has too {} columns",
                      apply.right->columns().size() > operands.size() ? "many" : "few")
        .WithPosition(position);
  }
  std::string_view compared = op;
  if (all) {
    constexpr std::pair<std::string_view, std::string_view> kNegated[] = {
        {"=", "<>"}, {"<>", "="}, {"<", ">="}, {"<=", ">"}, {">", "<="}, {">=", "<"}, {"~~", "!~~"}, {"~~*", "!~~*"}};
    compared = {};
    for (const auto& [a, b] : kNegated) {
      if (a == op) compared = b;
    }
    if (compared.empty()) {
      throw Error::Unsupported("Use a comparison operator.", "operator cannot be used with ALL: {}", op);
    }
  }
  if (operands.size() > 1 && compared != "=") {
    throw Error::Unsupported("Use = ANY or IN.", "rows are compared with subqueries by equality only");
  }
  std::vector<ExprPtr> conditions;
  for (size_t i = 0; i < operands.size(); ++i) {
    conditions.push_back(BindOperator(compared, operands[i], ColumnOf(apply.right->columns()[i]), position));
  }
  apply.kind = JoinKind::kMark;
  apply.null_aware = true;
  apply.condition = conditions.size() == 1 ? conditions[0] : Expr::And(std::move(conditions));
  apply.mark = binder_.NewColumn(TypeKind::kBoolean, all ? "all" : "any");
  ExprPtr result = ColumnOf(*apply.mark);
  Pending(position).push_back(std::move(apply));
  return all ? Expr::Not(std::move(result)) : result;
}

ExprPtr ExpressionBinder::BindQuantifiedArray(const ast::QuantifiedExpr& expr) {
  ExprPtr left = Bind(*expr.left);
  ExprPtr array = Bind(*expr.array);
  if (array->type().is(TypeKind::kUnknown)) {
    // '{1,2}' takes the type of the other side.
    const Type element = left->type().is(TypeKind::kUnknown) ? Type(TypeKind::kVarchar) : left->type();
    array = CastTo(array, Type::List(element), CastRule::kImplicit, expr.offset);
  }
  if (!array->type().is(TypeKind::kList)) {
    throw Error::User(sqlstate::kWrongObjectType, "op ANY/ALL (array) requires array on right side")
        .WithPosition(expr.offset);
  }
  if (expr.op == "=" && !expr.all)
    return Call("array_contains_nullable", {std::move(array), std::move(left)}, expr.offset);
  if (expr.op == "<>" && expr.all) {
    return Expr::Not(Call("array_contains_nullable", {std::move(array), std::move(left)}, expr.offset));
  }
  throw Error::Unsupported("Use unnest() in a subquery: x < ANY (SELECT unnest(list)).",
                           "only = ANY and <> ALL are available over arrays: {} {}", expr.op, expr.all ? "ALL" : "ANY")
      .WithPosition(expr.offset);
}

ExprPtr ExpressionBinder::BindArraySubquery(const ast::Query& query, int64_t position) {
  PendingApply apply;
  std::vector<std::string> names;
  LogicalPtr plan = binder_.BindQuery(query, &scope_, names, apply.correlated);
  RequireOneColumn(plan, position);
  AggregateCall call = binder_.registry_.BindAggregate("array_agg", {ColumnOf(plan->columns()[0])}, position);
  const PlanColumn list = binder_.NewColumn(call.type, "array");
  const Type type = call.type;
  std::vector<AggregateCall> calls;
  calls.push_back(std::move(call));
  apply.right =
      std::make_shared<LogicalAggregate>(plan, std::vector<ExprPtr>{}, std::move(calls), std::vector<PlanColumn>{list});
  apply.kind = JoinKind::kSingle;
  apply.condition = Expr::Literal(Value::Boolean(true));
  Pending(position).push_back(std::move(apply));
  return Expr::Coalesce({ColumnOf(list), Expr::Literal(Value::Nested(type, {}))});
}

}  // namespace weir
