// LIMIT and FETCH with percentages and ties, and samples: parts of a relation.
#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

ExprPtr ColumnOf(const PlanColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

WindowCall Ranking(WindowFunction function, std::string_view name) {
  WindowCall call;
  call.function = function;
  call.call.name = std::string(name);
  call.call.type = TypeKind::kInt64;
  return call;
}

}  // namespace

std::optional<uint64_t> Binder::BindRowCount(const ast::Expr& expr, std::string_view clause,
                                             std::string_view sqlstate) {
  const Value value = BindConstant(expr, TypeKind::kInt64);
  if (value.is_null()) return std::nullopt;
  if (value.integer() < 0) throw Error::User(sqlstate, "{} must not be negative", clause).WithPosition(expr.offset);
  return static_cast<uint64_t>(value.integer());
}

LogicalPtr Binder::ApplyLimit(LogicalPtr plan, const ast::Query& query, Scope* outer,
                              std::vector<ColumnId>& correlated) {
  if (query.limit == nullptr && query.offset_rows == nullptr) return plan;
  // Subqueries and columns of queries around this one say how many at run time only.
  Scope nothing(outer);
  std::vector<PendingApply> pending;
  ExprPtr limit_rows, offset_expr;
  const auto bind_rows = [&](const ast::Expr& expr, std::string_view clause) {
    const ExprPtr bound = Settle(ExpressionBinder(*this, nothing, clause, &pending).Bind(expr), TypeKind::kInt64);
    return registry_.BindCast(bound, TypeKind::kInt64, CastRule::kAssignment, expr.offset);
  };
  if (query.limit != nullptr && !query.limit_percent) limit_rows = bind_rows(*query.limit, "LIMIT");
  if (query.offset_rows != nullptr) offset_expr = bind_rows(*query.offset_rows, "OFFSET");
  for (const ColumnId id : nothing.correlated()) correlated.push_back(id);
  if (!pending.empty() || !nothing.correlated().empty()) {
    if (query.limit_percent || query.limit_with_ties) {
      throw Error::Unsupported("Use a number.", "subqueries in LIMIT with PERCENT or WITH TIES are not available")
          .WithPosition(query.offset);
    }
    return LimitBySubquery(plan, limit_rows, offset_expr, pending);
  }
  std::optional<uint64_t> offset;
  if (query.offset_rows != nullptr) {
    offset = BindRowCount(*query.offset_rows, "OFFSET", sqlstate::kInvalidRowCountInOffset);
  }
  if (query.limit_percent) {
    const Value percent = BindConstant(*query.limit, TypeKind::kDouble);
    if (!percent.is_null() && !(percent.floating() >= 0 && percent.floating() <= 100)) {
      throw Error::User(sqlstate::kInvalidRowCountInLimit, "LIMIT percentage must be between 0 and 100: {}",
                        percent.floating())
          .WithPosition(query.limit->offset);
    }
    return LimitPercent(plan, percent.is_null() ? 100 : percent.floating(), offset.value_or(0));
  }
  std::optional<uint64_t> limit;
  if (query.limit != nullptr) limit = BindRowCount(*query.limit, "LIMIT", sqlstate::kInvalidRowCountInLimit);
  if (query.limit_with_ties) {
    if (query.order_by.empty() && !query.order_by_all) {
      throw Error::User(sqlstate::kSyntaxError, "WITH TIES cannot be specified without ORDER BY clause")
          .WithPosition(query.limit == nullptr ? query.offset : query.limit->offset);
    }
    if (limit.has_value()) return LimitWithTies(plan, *limit, offset.value_or(0));
  }
  if (!limit.has_value() && !offset.has_value()) return plan;
  return std::make_shared<LogicalLimit>(std::move(plan), limit, offset.value_or(0));
}

LogicalPtr Binder::OnlyColumns(LogicalPtr plan, const std::vector<PlanColumn>& columns) {
  std::vector<ExprPtr> exprs;
  for (const PlanColumn& column : columns) exprs.push_back(ColumnOf(column));
  return std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), columns);
}

// The sort that ORDER BY made is at the top, or below the projection that drops its keys.
LogicalPtr Binder::LimitWithTies(const LogicalPtr& plan, uint64_t limit, uint64_t offset) {
  if (plan->kind() == LogicalKind::kProject) {
    return plan->WithChildren({LimitWithTies(plan->child(), limit, offset)});
  }
  if (plan->kind() != LogicalKind::kSort) throw Error::Internal("WITH TIES over {}", plan->ToString());
  const std::vector<SortKey> keys = plan->as<LogicalSort>().keys;
  const std::vector<PlanColumn> columns = {NewColumn(TypeKind::kInt64, "rank"), NewColumn(TypeKind::kInt64, "row")};
  std::vector<WindowCall> calls = {Ranking(WindowFunction::kRank, "rank"),
                                   Ranking(WindowFunction::kRowNumber, "row_number")};
  LogicalPtr out =
      std::make_shared<LogicalWindow>(plan->child(), std::vector<ExprPtr>{}, keys, std::move(calls), columns);
  uint64_t last = 0;
  if (__builtin_add_overflow(limit, offset, &last) || last > INT64_MAX) last = INT64_MAX;
  std::vector<ExprPtr> conditions = {
      registry_.BindCall("<=", {ColumnOf(columns[0]), Expr::Literal(Value::Int64(static_cast<int64_t>(last)))})};
  if (limit == 0) conditions = {Expr::Literal(Value::Boolean(false))};
  if (offset > 0) {
    conditions.push_back(
        registry_.BindCall(">", {ColumnOf(columns[1]), Expr::Literal(Value::Int64(static_cast<int64_t>(offset)))}));
  }
  out = std::make_shared<LogicalFilter>(std::move(out), CombineConjunction(std::move(conditions)));
  return std::make_shared<LogicalSort>(OnlyColumns(std::move(out), plan->columns()), keys);
}

LogicalPtr Binder::LimitPercent(const LogicalPtr& plan, double percent, uint64_t offset) {
  if (plan->kind() == LogicalKind::kProject) {
    return plan->WithChildren({LimitPercent(plan->child(), percent, offset)});
  }
  std::vector<SortKey> keys;
  LogicalPtr child = plan;
  if (plan->kind() == LogicalKind::kSort) {
    keys = plan->as<LogicalSort>().keys;
    child = plan->child();
  }
  WindowCall count;
  count.call = registry_.BindAggregate("count", {});
  count.frame.unit = FrameUnit::kRows;
  count.frame.end.edge = FrameEdge::kUnboundedFollowing;
  const PlanColumn row = NewColumn(TypeKind::kInt64, "row"), rows = NewColumn(count.call.type, "rows");
  std::vector<WindowCall> calls = {Ranking(WindowFunction::kRowNumber, "row_number"), std::move(count)};
  LogicalPtr out = std::make_shared<LogicalWindow>(std::move(child), std::vector<ExprPtr>{}, keys, std::move(calls),
                                                   std::vector<PlanColumn>{row, rows});
  const auto as_double = [&](const ExprPtr& expr) {
    return registry_.BindCast(expr, TypeKind::kDouble, CastRule::kImplicit);
  };
  // row <= rows * percent / 100 + offset
  ExprPtr share = registry_.BindCall("*", {as_double(ColumnOf(rows)), Expr::Literal(Value::Double(percent / 100))});
  share = registry_.BindCall("+", {std::move(share), Expr::Literal(Value::Double(static_cast<double>(offset)))});
  std::vector<ExprPtr> conditions = {registry_.BindCall("<=", {as_double(ColumnOf(row)), std::move(share)})};
  if (offset > 0) {
    conditions.push_back(
        registry_.BindCall(">", {ColumnOf(row), Expr::Literal(Value::Int64(static_cast<int64_t>(offset)))}));
  }
  out = std::make_shared<LogicalFilter>(std::move(out), CombineConjunction(std::move(conditions)));
  out = OnlyColumns(std::move(out), plan->columns());
  return keys.empty() ? out : std::make_shared<LogicalSort>(std::move(out), std::move(keys));
}

// Both methods keep each row by itself; a number of rows is taken of all of them.
LogicalPtr Binder::Sample(LogicalPtr plan, const ast::TableSample& sample) {
  if (!sample.method.empty() && sample.method != "bernoulli" && sample.method != "system" &&
      sample.method != "reservoir") {
    throw Error::User(sqlstate::kUndefinedObject, "tablesample method {} does not exist", sample.method)
        .WithHint("Use BERNOULLI, SYSTEM or RESERVOIR.")
        .WithPosition(sample.offset);
  }
  ExprPtr random = sample.seed == nullptr ? registry_.BindCall("random", {}, sample.offset) : nullptr;
  const std::vector<PlanColumn> wanted = plan->columns();
  if (sample.seed != nullptr) {
    // The same for the same rows, wherever they are stored: by their values, and among equal rows by a number.
    const Value seed = BindConstant(*sample.seed, TypeKind::kDouble);
    if (seed.is_null()) {
      throw Error::User("2202G", "TABLESAMPLE REPEATABLE parameter cannot be null").WithPosition(sample.seed->offset);
    }
    const PlanColumn number = NewColumn(TypeKind::kInt64, "row_number");
    std::vector<ExprPtr> keys, parts;
    for (const PlanColumn& column : wanted) keys.push_back(ColumnOf(column));
    ExprPtr text = registry_.BindCast(registry_.BindCall("row", keys), TypeKind::kVarchar, CastRule::kExplicit);
    std::vector<WindowCall> calls = {Ranking(WindowFunction::kRowNumber, "row_number")};
    plan = std::make_shared<LogicalWindow>(std::move(plan), std::move(keys), std::vector<SortKey>{}, std::move(calls),
                                           std::vector<PlanColumn>{number});
    parts.push_back(registry_.BindCast(Expr::Literal(seed), TypeKind::kVarchar, CastRule::kExplicit));
    parts.push_back(registry_.BindCast(ColumnOf(number), TypeKind::kVarchar, CastRule::kExplicit));
    parts.push_back(std::move(text));
    ExprPtr hash = registry_.BindCall(
        "xx_hash3_64",
        {registry_.BindCall("concat_ws", {Expr::Literal(Value::String(" ")), parts[0], parts[1], parts[2]})},
        sample.offset);
    // 52 bits of it as a number below 1.
    hash = registry_.BindCall("&", {std::move(hash), Expr::Literal(Value::Int64((int64_t{1} << 52) - 1))});
    hash = registry_.BindCast(hash, TypeKind::kDouble, CastRule::kExplicit);
    random = registry_.BindCall("*", {std::move(hash), Expr::Literal(Value::Double(1.0 / (int64_t{1} << 52)))});
  }
  if (!sample.is_percent) {
    const auto rows = BindRowCount(*sample.amount, "sample size", "2202H");
    const PlanColumn key = NewColumn(random->type(), "random");
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> columns = plan->columns();
    for (const PlanColumn& column : columns) exprs.push_back(ColumnOf(column));
    exprs.push_back(std::move(random));
    columns.push_back(key);
    plan = std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), std::move(columns));
    plan = std::make_shared<LogicalSort>(std::move(plan), std::vector<SortKey>{{ColumnOf(key), false, false}});
    return OnlyColumns(std::make_shared<LogicalLimit>(std::move(plan), rows, 0), wanted);
  }
  const Value percent = BindConstant(*sample.amount, TypeKind::kDouble);
  if (percent.is_null() || !(percent.floating() >= 0 && percent.floating() <= 100)) {
    throw Error::User("2202H", "sample percentage must be between 0 and 100").WithPosition(sample.amount->offset);
  }
  ExprPtr kept = registry_.BindCall("<", {std::move(random), Expr::Literal(Value::Double(percent.floating() / 100))});
  plan = std::make_shared<LogicalFilter>(std::move(plan), std::move(kept));
  return sample.seed == nullptr ? plan : OnlyColumns(std::move(plan), wanted);
}

}  // namespace weir
