// Aggregates with WITHIN GROUP (ORDER BY ...): ordered-set and hypothetical-set ones, by way of ordinary aggregates.
#include "sql/binder/expression_binder.h"
#include "sql/binder/window_names.h"

namespace weir {

namespace {

bool IsQuantile(std::string_view name) {
  return name == "percentile_cont" || name == "percentile_disc" || name == "quantile_cont" || name == "quantile_disc";
}

bool IsHypothetical(std::string_view name) {
  return name == "rank" || name == "dense_rank" || name == "percent_rank" || name == "cume_dist";
}

}  // namespace

ExprPtr ExpressionBinder::BindWithinGroup(const ast::FunctionCall& call, std::string_view name) {
  if (call.over != nullptr) {
    throw Error(ErrorKind::kUser, sqlstate::kFeatureNotSupported,
                fmt::format("OVER is not supported for ordered-set aggregate {}", name))
        .WithPosition(call.offset);
  }
  if (call.distinct) {
    throw Error(ErrorKind::kUser, sqlstate::kSyntaxError, "cannot use DISTINCT with WITHIN GROUP")
        .WithPosition(call.offset);
  }
  if (!call.order_by.empty()) {
    throw Error(ErrorKind::kUser, sqlstate::kSyntaxError, "cannot use multiple ORDER BY clauses with WITHIN GROUP")
        .WithPosition(call.offset);
  }
  if (inside_aggregate_) {
    throw Error::User(sqlstate::kGroupingError, "aggregate function calls cannot be nested").WithPosition(call.offset);
  }
  if (aggregates_ == nullptr) {
    throw Error::User(sqlstate::kGroupingError, "aggregate functions are not allowed in {}", clause_)
        .WithPosition(call.offset);
  }
  if (IsHypothetical(name)) return BindHypothetical(call, name);
  if (IsQuantile(name)) return BindQuantile(call, name);
  if (name == "mode" && call.args.empty() && call.within_group.size() == 1) {
    inside_aggregate_ = true;
    const ExprPtr value = binder_.WithoutOrderKey(Bind(*call.within_group[0].expr), name);
    const SortKey key = binder_.MakeSortKey(call.within_group[0], value);
    ExprPtr filter = call.filter == nullptr ? nullptr : ToBoolean(Bind(*call.filter), "FILTER", call.filter->offset);
    inside_aggregate_ = false;
    std::vector<ExprPtr> args = {value->type().is_jsonb() ? binder_.EqualJsonb(value) : key.expr};
    if (key.descending) args.push_back(Expr::Literal(Value::Boolean(true)));
    return CollectAggregate("mode", std::move(args), std::move(filter), false, call.offset);
  }
  if (binder_.registry_.FindAggregate(name) != nullptr || IsWindowFunction(name)) {
    throw Error::User(sqlstate::kUndefinedFunction, "there is no ordered-set aggregate {}", name)
        .WithHint(
            "Only percentile_cont, percentile_disc, mode, rank, dense_rank, percent_rank and cume_dist have "
            "WITHIN GROUP.")
        .WithPosition(call.offset);
  }
  throw Error::User(sqlstate::kUndefinedFunction, "function {} does not exist", name).WithPosition(call.offset);
}

ExprPtr ExpressionBinder::CollectAggregate(std::string_view name, std::vector<ExprPtr> args, ExprPtr filter,
                                           bool distinct, int64_t position) {
  AggregateCall aggregate = binder_.registry_.BindAggregate(name, std::move(args), position);
  for (ExprPtr& arg : aggregate.args) arg = FixParameters(arg);
  aggregate.distinct = distinct && !aggregate.overload->ignores_distinct;
  aggregate.filter = std::move(filter);
  return Collect(std::move(aggregate));
}

// A list of fractions gives a list of results.
ExprPtr ExpressionBinder::BindQuantile(const ast::FunctionCall& call, std::string_view name) {
  if (call.args.size() != 1 || call.within_group.size() != 1) {
    throw Error::User(sqlstate::kUndefinedFunction, "function {} takes one fraction and one ORDER BY key", name)
        .WithPosition(call.offset);
  }
  const bool continuous = name.ends_with("cont");
  const ExprPtr fractions = Bind(*call.args[0]);
  inside_aggregate_ = true;
  const ExprPtr value = binder_.WithoutOrderKey(Bind(*call.within_group[0].expr), name);
  if (value->type().is_jsonb()) {
    throw Error::Unsupported("Use mode(), or order by a part of the value.", "{} of jsonb is not available", name)
        .WithPosition(call.within_group[0].expr->offset);
  }
  const SortKey key = binder_.MakeSortKey(call.within_group[0], value);
  const ExprPtr filter =
      call.filter == nullptr ? nullptr : ToBoolean(Bind(*call.filter), "FILTER", call.filter->offset);
  inside_aggregate_ = false;
  const std::function<ExprPtr(const ExprPtr&)> one = [&](const ExprPtr& fraction) -> ExprPtr {
    if (fraction->is(ExprKind::kLiteral) && fraction->literal().is_null()) {
      return Expr::Literal(Value::Null(one(Expr::Literal(Value::Double(0)))->type()));
    }
    std::vector<ExprPtr> args = {key.expr, fraction};
    if (key.descending) args.push_back(Expr::Literal(Value::Boolean(true)));
    return CollectAggregate(continuous ? "quantile_cont" : "quantile_disc", std::move(args), filter, false,
                            call.offset);
  };
  if (!ReferencedColumns(*fractions).empty()) {
    throw Error::User(sqlstate::kGroupingError, "direct arguments of an ordered-set aggregate must be constants: {}",
                      name)
        .WithPosition(call.args[0]->offset);
  }
  if (!fractions->type().is(TypeKind::kList)) return one(fractions);
  if (!fractions->IsFoldable(Volatility::kStable)) {
    throw Error::Unsupported("Write the fractions as ARRAY[0.25, 0.5].", "fractions must be constants: {}", name)
        .WithPosition(call.offset);
  }
  const Value list = EvaluateConstant(fractions, binder_.registry_, *binder_.context_.statement);
  std::vector<ExprPtr> results;
  if (!list.is_null()) {
    for (const Value& fraction : list.parts()) results.push_back(one(Expr::Literal(fraction)));
  }
  if (results.empty()) {
    const ExprPtr any = one(Expr::Literal(Value::Double(0)));
    return Expr::Literal(Value::Null(Type::List(any->type())));
  }
  // NULL without values, as one result is.
  const ExprPtr none = Expr::Literal(Value::Null(Type::List(results[0]->type())));
  const ExprPtr first = results[0];
  const ExprPtr list_of_all = Call("array", std::move(results), call.offset);
  return Expr::Case({Expr::IsNull(first), none, list_of_all}, list_of_all->type());
}

// Where a row with the given values would come among the group's rows:
//   rank        1 + rows before it               dense_rank   1 + distinct keys before it
//   cume_dist   (1 + rows not after it) / (1 + rows)    percent_rank  rows before it / rows
ExprPtr ExpressionBinder::BindHypothetical(const ast::FunctionCall& call, std::string_view name) {
  if (call.args.size() != call.within_group.size()) {
    throw Error::User(sqlstate::kUndefinedFunction, "function {} needs as many arguments as ORDER BY keys", name)
        .WithHint("Its arguments are the values of a hypothetical row.")
        .WithPosition(call.offset);
  }
  std::vector<ExprPtr> values;
  for (const ast::Expr* arg : call.args) values.push_back(Bind(*arg));
  inside_aggregate_ = true;
  std::vector<SortKey> keys;
  for (const ast::SortItem& item : call.within_group) {
    const ExprPtr value = binder_.WithoutOrderKey(Bind(*item.expr), name);
    keys.push_back(binder_.MakeSortKey(item, value));
    keys.back().expr = value;  // operators know how to compare it
  }
  ExprPtr filter = call.filter == nullptr ? nullptr : ToBoolean(Bind(*call.filter), "FILTER", call.filter->offset);
  inside_aggregate_ = false;
  ExprPtr before = Expr::Literal(Value::Boolean(false));
  ExprPtr equal = Expr::Literal(Value::Boolean(true));
  const ExprPtr no = Expr::Literal(Value::Boolean(false));
  for (size_t i = keys.size(); i-- > 0;) {
    std::vector<ExprPtr> sides = {keys[i].expr, values[i]};
    Unify(sides, "WITHIN GROUP", call.offset);
    keys[i].expr = sides[0];
    const ExprPtr smaller = BindOperator(keys[i].descending ? ">" : "<", sides[0], sides[1], call.offset);
    const ExprPtr null_first = keys[i].nulls_first ? sides[0] : sides[1];
    const ExprPtr null_last = keys[i].nulls_first ? sides[1] : sides[0];
    const ExprPtr here = Expr::Or(
        {Expr::Coalesce({smaller, no}), Expr::And({Expr::IsNull(null_first), Expr::Not(Expr::IsNull(null_last))})});
    const ExprPtr same = BindOperator("is_not_distinct_from", sides[0], sides[1], call.offset);
    before = Expr::Or({here, Expr::And({same, before})});
    equal = Expr::And({same, equal});
  }
  const auto with_filter = [&](const ExprPtr& condition) {
    if (filter == nullptr) return condition;
    return condition == nullptr ? filter : Expr::And({filter, condition});
  };
  const auto count = [&](const ExprPtr& condition) {
    return CollectAggregate("count", {}, with_filter(condition), false, call.offset);
  };
  const ExprPtr one = Expr::Literal(Value::Int64(1));
  if (name == "rank") return Call("+", {count(before), one}, call.offset);
  if (name == "dense_rank") {
    std::vector<ExprPtr> key_values;
    for (const SortKey& key : keys) key_values.push_back(binder_.EqualJsonb(key.expr));
    // As a row, which is not NULL even where its fields are.
    const ExprPtr row = Call("row", std::move(key_values), call.offset);
    return Call("+", {CollectAggregate("count", {row}, with_filter(before), true, call.offset), one}, call.offset);
  }
  const auto as_double = [&](const ExprPtr& expr) {
    return CastTo(expr, TypeKind::kDouble, CastRule::kImplicit, call.offset);
  };
  const ExprPtr all = count(nullptr);
  if (name == "cume_dist") {
    const ExprPtr up_to = Call("+", {count(Expr::Or({before, equal})), one}, call.offset);
    return Call("/", {as_double(up_to), as_double(Call("+", {all, one}, call.offset))}, call.offset);
  }
  const ExprPtr none = BindOperator("=", all, Expr::Literal(Value::Int64(0)), call.offset);
  return Expr::Case(
      {none, Expr::Literal(Value::Double(0)), Call("/", {as_double(count(before)), as_double(all)}, call.offset)},
      TypeKind::kDouble);
}

}  // namespace weir
