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
  throw Error::User(sqlstate::kSyntaxError, "subquery must return only one column").WithPosition(position);
}

ExprPtr ColumnOf(const PlanColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

}  // namespace

// Aggregates in there over columns of ours only are ours.
LogicalPtr ExpressionBinder::BindSubquery(const ast::Query& query, std::vector<ColumnId>& correlated) {
  ExpressionBinder* const before = scope_.binder();
  scope_.SetBinder(this);
  std::vector<std::string> names;
  LogicalPtr plan;
  try {
    plan = binder_.BindQuery(query, &scope_, names, correlated);
  } catch (...) {
    scope_.SetBinder(before);
    throw;
  }
  scope_.SetBinder(before);
  return plan;
}

ExprPtr ExpressionBinder::BindScalarSubquery(const ast::Query& query, int64_t position) {
  PendingApply apply;
  apply.right = BindSubquery(query, apply.correlated);
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
  apply.right = BindSubquery(query, apply.correlated);
  apply.kind = JoinKind::kMark;
  apply.condition = Expr::Literal(Value::Boolean(true));
  apply.mark = binder_.NewColumn(TypeKind::kBoolean, "exists");
  ExprPtr result = ColumnOf(*apply.mark);
  Pending(query.offset).push_back(std::move(apply));
  return result;
}

namespace {

std::string_view Negated(std::string_view op) {
  constexpr std::pair<std::string_view, std::string_view> kNegated[] = {
      {"=", "<>"}, {"<>", "="},   {"<", ">="}, {"<=", ">"},   {">", "<="},     {">=", "<"},
      {"~", "!~"}, {"~~", "!~~"}, {"!~", "~"}, {"!~~", "~~"}, {"~~*", "!~~*"}, {"!~~*", "~~*"}};
  for (const auto& [a, b] : kNegated) {
    if (a == op) return b;
  }
  throw Error::Unsupported("Use a comparison operator.", "operator cannot be used with ALL: {}", op);
}

}  // namespace

std::vector<ExprPtr> ExpressionBinder::BindFields(const ast::Expr& row) {
  std::vector<ExprPtr> fields;
  if (const auto* list = row.TryAs<ast::RowExpr>()) {
    for (const ast::Expr* field : list->fields) fields.push_back(Bind(*field));
  } else {
    fields.push_back(Bind(row));
  }
  return fields;
}

// (a, b) op (SELECT x, y ...), where the subquery has one row at most.
ExprPtr ExpressionBinder::BindRowSubquery(std::string_view op, const ast::Expr& row, const ast::Query& query,
                                          bool subquery_first, int64_t position) {
  std::vector<ExprPtr> lefts = BindFields(row), rights;
  PendingApply apply;
  apply.right = BindSubquery(query, apply.correlated);
  CheckFields(lefts.size(), apply.right->columns().size(), position);
  apply.kind = JoinKind::kSingle;
  apply.condition = Expr::Literal(Value::Boolean(true));
  for (const PlanColumn& column : apply.right->columns()) rights.push_back(ColumnOf(column));
  Pending(position).push_back(std::move(apply));
  if (subquery_first) std::swap(lefts, rights);
  return CompareRows(op, lefts, rights, position);
}

void ExpressionBinder::CheckFields(size_t wanted, size_t given, int64_t position) {
  if (wanted == given) return;
  throw Error::User(sqlstate::kSyntaxError, "subquery has too {} columns", given > wanted ? "many" : "few")
      .WithPosition(position);
}

// x op ANY (query) is a mark join; x op ALL (query) is NOT (x negated-op ANY (query)), also for NULLs.
ExprPtr ExpressionBinder::BindQuantified(const ast::Expr& left, std::string_view op, bool all, const ast::Query& query,
                                         int64_t position) {
  PendingApply apply;
  const std::vector<ExprPtr> operands = BindFields(left);
  apply.right = BindSubquery(query, apply.correlated);
  CheckFields(operands.size(), apply.right->columns().size(), position);
  const std::string_view compared = all ? Negated(op) : op;
  std::vector<ExprPtr> values;
  for (const PlanColumn& column : apply.right->columns()) values.push_back(ColumnOf(column));
  apply.kind = JoinKind::kMark;
  apply.null_aware = true;
  apply.condition = operands.size() == 1 ? BindOperator(compared, operands[0], values[0], position)
                                         : CompareRows(compared, operands, values, position);
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
  // x < ANY (list) is any_match(element -> x < element, list).
  const Type& type = array->type().element();
  const PlanColumn element =
      binder_.NewColumn(type.is(TypeKind::kUnknown) ? Type(TypeKind::kVarchar) : type, "element");
  ExprPtr body = BindOperator(expr.op, std::move(left), ColumnOf(element), expr.offset);
  if (!body->type().is(TypeKind::kBoolean)) {
    throw Error::User(sqlstate::kWrongObjectType, "op ANY/ALL (array) requires operator to yield boolean")
        .WithPosition(expr.offset);
  }
  return MakeLambdaCall(expr.all ? "all_match" : "any_match", {std::move(array)}, {element}, std::move(body),
                        expr.offset);
}

ExprPtr ExpressionBinder::BindArraySubquery(const ast::Query& query, int64_t position) {
  PendingApply apply;
  LogicalPtr plan = BindSubquery(query, apply.correlated);
  RequireOneColumn(plan, position);
  const PlanColumn value = plan->columns()[0];
  Binder::Ordered ordered = binder_.ExposeOrder(plan, false);
  plan = std::move(ordered.plan);
  AggregateCall call = binder_.registry_.BindAggregate("array_agg", {ColumnOf(value)}, position);
  for (const SortKey& key : ordered.keys) call.order_by.push_back({key.expr, key.descending, key.nulls_first});
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
