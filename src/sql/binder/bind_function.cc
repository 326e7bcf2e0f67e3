#include <algorithm>
#include <cctype>

#include "sql/binder/expression_binder.h"
#include "sql/binder/window_names.h"
#include "sql/parser/to_sql.h"

namespace weir {

ExprPtr ExpressionBinder::BindFunction(const ast::FunctionCall& call) {
  const std::string name(call.name.last());
  if (ExprPtr inlined = BindSqlCall(call)) return inlined;
  if (call.name.parts.size() > 1 && call.name.parts[call.name.parts.size() - 2] != "pg_catalog" &&
      call.name.parts[call.name.parts.size() - 2] != "information_schema") {
    throw Error::User(sqlstate::kUndefinedFunction, "function does not exist: {}.{}",
                      call.name.parts[call.name.parts.size() - 2], name)
        .WithPosition(call.offset);
  }
  if (!call.within_group.empty()) return BindWithinGroup(call, name);
  if (call.over != nullptr || (IsWindowFunction(name) && binder_.registry_.FindAggregate(name) == nullptr)) {
    return BindWindow(call, name);
  }
  if (GivesRows(name)) {
    if (ExprPtr element = BindSetReturning(call, name)) return element;
  }
  if (ExprPtr special = BindSpecialFunction(call, name)) return special;
  if (ExprPtr expanded = BindMacro(call, name)) return expanded;
  if (ExprPtr rewritten = BindRewrittenAggregate(call, name)) return rewritten;
  if (HasLambda(call)) return BindLambdaCall(call, name);
  if (call.star || binder_.registry_.FindAggregate(name) != nullptr) return BindAggregate(call, name);
  if (call.distinct || call.filter != nullptr || !call.order_by.empty()) {
    throw Error::User(sqlstate::kWrongObjectType,
                      "{} is not an aggregate function: DISTINCT, FILTER and ORDER BY do not apply", name)
        .WithPosition(call.offset);
  }
  return Call(name, BindArguments(call, name), call.offset);
}

bool GivesRows(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "unnest",           "generate_series",           "generate_subscripts",     "regexp_split_to_table",
      "string_to_table",  "json_array_elements",       "jsonb_array_elements",    "json_array_elements_text",
      "json_object_keys", "jsonb_array_elements_text", "jsonb_object_keys",       "jsonb_path_query",
      "regexp_matches",   "jsonb_path_query_tz",       "json_populate_recordset", "jsonb_populate_recordset",
      "aclexplode",       "pg_options_to_table",       "pg_partition_ancestors",  "pg_partition_tree",
  };
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// Anywhere in a select item: the item has a row per element. Null: an ordinary function here, which gives the list.
ExprPtr ExpressionBinder::BindSetReturning(const ast::FunctionCall& call, std::string_view name) {
  if (sets_ && !inside_aggregate_ && lambda_parameters_.empty()) return sets_(call);
  if (name != "unnest" && name != "generate_series") return nullptr;
  if (inside_aggregate_) {
    throw Error::User(sqlstate::kFeatureNotSupported,
                      "aggregate function calls cannot contain set-returning function calls")
        .WithHint("You might be able to move the set-returning function into a LATERAL FROM item.")
        .WithPosition(call.offset);
  }
  throw Error::User(sqlstate::kFeatureNotSupported, "set-returning functions are not allowed in {}", clause_)
      .WithPosition(call.offset);
}

// Functions that are nodes of their own because not all their arguments are always computed.
ExprPtr ExpressionBinder::BindSpecialFunction(const ast::FunctionCall& call, std::string_view name) {
  const auto bind_all = [&] {
    std::vector<ExprPtr> args;
    for (const ast::Expr* arg : call.args) args.push_back(Bind(*arg));
    return args;
  };
  if (name == "coalesce" || name == "ifnull" || name == "nvl") {
    if (call.args.empty() || (name != "coalesce" && call.args.size() != 2)) {
      throw Error::User(sqlstate::kSyntaxError, "wrong number of arguments: {}", name).WithPosition(call.offset);
    }
    const Conditional conditional(*this, "COALESCE");
    std::vector<ExprPtr> args = bind_all();
    Unify(args, "COALESCE", call.offset);
    return args.size() == 1 ? args[0] : Expr::Coalesce(std::move(args));
  }
  if (name == "nullif" && call.args.size() == 2) {
    std::vector<ExprPtr> args = bind_all();
    std::vector<ExprPtr> first = {args[0]};
    std::vector<HeldValue> held = Hold(first);
    args[0] = first[0];
    ExprPtr equal = BindOperator("=", args[0], args[1], call.offset);
    // The comparison may have given an open literal or parameter its type.
    ExprPtr value = equal->children().size() == 2 && args[0]->type().is(TypeKind::kUnknown) ? equal->child(0) : args[0];
    const Type type = value->type();
    return Release(Expr::Case({std::move(equal), Expr::Literal(Value::Null(type)), std::move(value)}, type),
                   std::move(held), call.offset);
  }
  if ((name == "if" || name == "iif") && call.args.size() == 3) {
    std::vector<ExprPtr> args = bind_all();
    ExprPtr condition = ToBoolean(args[0], "if", call.offset);
    std::vector<ExprPtr> results = {args[1], args[2]};
    Unify(results, "if", call.offset);
    const Type type = results[0]->type();
    return Expr::Case({std::move(condition), results[0], results[1]}, type);
  }
  if (name == "normalize" && call.args.size() == 2) {
    // The form is a word.
    const auto* form = call.args[1]->TryAs<ast::ColumnRef>();
    if (form != nullptr && form->parts.size() == 1 && form->parts[0].size() <= 4 && form->parts[0].starts_with("nf")) {
      std::string word(form->parts[0]);
      for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      return Call("normalize", {Bind(*call.args[0]), Expr::Literal(Value::String(std::move(word)))}, call.offset);
    }
  }
  if ((name == "pg_typeof" || name == "typeof") && call.args.size() == 1) {
    // Of the expression: columns at run time may have the domain of another, or none.
    const ExprPtr arg = Bind(*call.args[0]);
    const Type& type = arg->type();
    if (type.is(TypeKind::kUnknown)) {
      if (arg->is(ExprKind::kLiteral)) return Expr::Literal(Value::String("unknown"));
      return Call("pg_typeof", {arg}, call.offset);
    }
    const bool named = !type.domain().empty() || type.is(TypeKind::kEnum);
    return Expr::Literal(Value::String(named || name == "typeof" ? type.ToString() : type.Name()));
  }
  if (name == "pg_collation_for" && call.args.size() == 1) return BindCollationFor(*call.args[0]);
  if (name == "grouping" || name == "grouping_id") return BindGrouping(call);
  if (name == "getvariable" && call.args.size() == 1) {
    const auto* variable = call.args[0]->TryAs<ast::StringLiteral>();
    if (variable == nullptr) {
      throw Error::Unsupported("Name it in quotes: getvariable('x').", "the name of a variable must be a literal")
          .WithPosition(call.offset);
    }
    ast::UserVariable named;
    named.name = variable->value;
    return BindVariable(named);
  }
  if (name == "merge_action" && call.args.empty()) {
    if (binder_.merge_action_ != nullptr && clause_ == "RETURNING") return binder_.merge_action_;
    throw Error::User(sqlstate::kSyntaxError,
                      "MERGE_ACTION() can only be used in the RETURNING list of a MERGE command")
        .WithPosition(call.offset);
  }
  return nullptr;
}

ExprPtr ExpressionBinder::BindAggregate(const ast::FunctionCall& call, std::string_view name) {
  if (inside_aggregate_) {
    throw Error::User(sqlstate::kGroupingError, "aggregate function calls cannot be nested").WithPosition(call.offset);
  }
  const auto refuse = [&](std::string_view clause) {
    throw Error::User(sqlstate::kGroupingError, "aggregate functions are not allowed in {}", clause)
        .WithPosition(call.offset);
  };
  // Over columns of a query around this one only, it may be an aggregate of that one.
  if (aggregates_ == nullptr && scope_.outer() == nullptr) refuse(clause_);
  std::vector<std::pair<Scope*, std::vector<ColumnId>>> correlations;
  for (Scope* level = &scope_; level != nullptr; level = level->outer()) {
    correlations.emplace_back(level, level->correlated());
  }
  const size_t subqueries = aggregate_pending_ == nullptr ? 0 : aggregate_pending_->size();
  if (call.star && name != "count") {
    throw Error::User(sqlstate::kUndefinedFunction, "{}(*) does not exist", name).WithPosition(call.offset);
  }
  const auto is_star = [](const ast::Expr* arg) { return arg->kind == ast::ExprKind::kStarExpr; };
  if (call.distinct && (call.star || std::any_of(call.args.begin(), call.args.end(), is_star))) {
    throw Error::User(sqlstate::kSyntaxError, "DISTINCT * is not available in aggregates")
        .WithHint("Name the columns: count(DISTINCT (a, b)).")
        .WithPosition(call.offset);
  }
  inside_aggregate_ = true;
  std::vector<ExprPtr> args;
  for (const ast::Expr* arg : call.args) {
    if (arg->kind != ast::ExprKind::kStarExpr) args.push_back(Bind(*arg));
  }
  if (call.has_separator) args.push_back(Expr::Literal(Value::String(std::string(call.separator))));
  const std::vector<ExprPtr> given = args;
  // PostgreSQL writes lists and structs on lines of their own.
  if (name == "json_agg" && args.size() == 1 && args[0]->type().is_nested()) name = "json_agg_lines";
  AdaptAggregateArguments(name, args, call.offset);
  std::string bound_name(name);
  if (binder_.uses_collations_) CollateAggregate(bound_name, args, call.offset);
  if (call.distinct) {
    for (const ExprPtr& arg : args) binder_.RequireByteEquality(arg->type(), "DISTINCT");
  }
  AggregateCall aggregate = binder_.registry_.BindAggregate(bound_name, std::move(args), call.offset);
  for (ExprPtr& arg : aggregate.args) arg = FixParameters(arg);
  aggregate.distinct = call.distinct && !aggregate.overload->ignores_distinct;
  if (call.filter != nullptr) aggregate.filter = ToBoolean(Bind(*call.filter), "FILTER", call.filter->offset);
  for (const ast::SortItem& item : call.order_by) {
    const ExprPtr source = Bind(*item.expr);
    if (aggregate.distinct && aggregate.overload->order_sensitive &&
        std::none_of(given.begin(), given.end(), [&](const ExprPtr& arg) { return arg->Equals(*source); }) &&
        std::none_of(call.args.begin(), call.args.end(),
                     [&](const ast::Expr* arg) { return ToSql(*arg) == ToSql(*item.expr); })) {
      throw Error::User(sqlstate::kInvalidColumnReference,
                        "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
          .WithPosition(item.expr->offset);
    }
    const SortKey key = binder_.MakeSortKey(item, source);
    aggregate.order_by.push_back({key.expr, key.descending, key.nulls_first});
  }
  if (!aggregate.overload->order_sensitive) aggregate.order_by.clear();
  // Distinct values come in their order, as they do where DISTINCT is done by sorting.
  if (aggregate.overload->order_sensitive && aggregate.distinct && aggregate.order_by.empty()) {
    aggregate.order_by.push_back({aggregate.args[0], false, false});
  }
  inside_aggregate_ = false;
  Scope* const level =
      aggregate_pending_ != nullptr && aggregate_pending_->size() > subqueries ? &scope_ : LevelOf(aggregate);
  if (level == &scope_) {
    if (aggregates_ == nullptr) refuse(clause_);
    return Collect(std::move(aggregate));
  }
  ExpressionBinder* const owner = level->binder();
  if (owner == nullptr) refuse("FROM clause of their own query level");
  if (owner->aggregates_ == nullptr) refuse(owner->clause_);
  if (owner->inside_aggregate_) {
    throw Error::User(sqlstate::kGroupingError, "aggregate function calls cannot be nested").WithPosition(call.offset);
  }
  // From here on it is a column of that query.
  ExprPtr result = owner->Collect(std::move(aggregate));
  for (auto& [inner, before] : correlations) {
    if (inner == level) break;
    inner->RestoreCorrelated(std::move(before));
    inner->AddCorrelated(result->column_id());
  }
  return result;
}

// The innermost query that the aggregate's columns are of; this one when there are none.
Scope* ExpressionBinder::LevelOf(const AggregateCall& aggregate) const {
  Scope* found = nullptr;
  bool own = false;
  const auto look = [&](const ExprPtr& expr) {
    VisitExpr(*expr, [&](const Expr& part) {
      if (!part.is(ExprKind::kColumn)) return true;
      Scope* level = &scope_;
      while (level != nullptr && !level->Has(part.column_id())) level = level->outer();
      // What no level has is a value that this query makes.
      if (level == nullptr || level == &scope_) own = true;
      for (Scope* inner = level; inner != nullptr && !own; inner = inner->outer()) {
        if (found == nullptr || inner == found) {
          found = level;
          break;
        }
      }
      return true;
    });
  };
  for (const ExprPtr& arg : aggregate.args) look(arg);
  if (aggregate.filter != nullptr) look(aggregate.filter);
  for (const auto& order : aggregate.order_by) look(order.expr);
  return own || found == nullptr ? &scope_ : found;
}

ExprPtr ExpressionBinder::Collect(AggregateCall aggregate) {
  const auto same = [&](const AggregateCall& other) {
    if (other.overload != aggregate.overload || other.distinct != aggregate.distinct ||
        other.args.size() != aggregate.args.size() || other.order_by.size() != aggregate.order_by.size() ||
        (other.filter == nullptr) != (aggregate.filter == nullptr)) {
      return false;
    }
    for (size_t i = 0; i < other.args.size(); ++i) {
      if (!other.args[i]->Equals(*aggregate.args[i])) return false;
    }
    for (size_t i = 0; i < other.order_by.size(); ++i) {
      const auto& a = other.order_by[i];
      const auto& b = aggregate.order_by[i];
      if (!a.expr->Equals(*b.expr) || a.descending != b.descending || a.nulls_first != b.nulls_first) return false;
    }
    return other.filter == nullptr || other.filter->Equals(*aggregate.filter);
  };
  for (size_t i = 0; i < aggregates_->calls.size(); ++i) {
    if (same(aggregates_->calls[i])) {
      const PlanColumn& column = aggregates_->columns[i];
      return Expr::Column(column.id, column.type, column.name);
    }
  }
  const PlanColumn column = binder_.NewColumn(aggregate.type, aggregate.ToString());
  aggregates_->calls.push_back(std::move(aggregate));
  aggregates_->columns.push_back(column);
  return Expr::Column(column.id, column.type, column.name);
}

// Its value is known when the grouping is.
ExprPtr ExpressionBinder::BindGrouping(const ast::FunctionCall& call) {
  constexpr size_t kArgumentsMax = 31;
  if (groupings_ == nullptr || inside_aggregate_) {
    throw Error::User(sqlstate::kGroupingError, "grouping operations are not allowed in {}",
                      inside_aggregate_ ? "aggregate arguments" : clause_)
        .WithPosition(call.offset);
  }
  if (call.args.size() > kArgumentsMax) {
    throw Error::User("54023", "GROUPING must have fewer than 32 arguments").WithPosition(call.offset);
  }
  GroupingCollector::Call grouping;
  for (const ast::Expr* arg : call.args) grouping.args.push_back(Bind(*arg));
  grouping.column = binder_.NewColumn(TypeKind::kInt32, "grouping");
  grouping.position = call.offset;
  const PlanColumn column = grouping.column;
  groupings_->calls.push_back(std::move(grouping));
  return Expr::Column(column.id, column.type, column.name);
}

}  // namespace weir
