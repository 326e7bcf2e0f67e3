// Aggregates that are others underneath, and arguments that some want in another form.
#include "sql/binder/expression_binder.h"

namespace weir {

// Null when the call is not one of these.
ExprPtr ExpressionBinder::BindRewrittenAggregate(const ast::FunctionCall& call, std::string_view name) {
  if (name == "multi_distinct_count" || name == "multi_distinct_sum") {
    if (call.args.size() != 1) return nullptr;
    ast::FunctionCall distinct = call;
    distinct.distinct = true;
    return BindAggregate(distinct, name == "multi_distinct_count" ? "count" : "sum");
  }
  if (name != "intersect_count" || call.args.size() < 3 || call.over != nullptr) return nullptr;
  if (inside_aggregate_ || aggregates_ == nullptr) {
    throw Error::User(sqlstate::kGroupingError, "aggregate functions are not allowed in {}",
                      inside_aggregate_ ? "aggregate arguments" : clause_)
        .WithPosition(call.offset);
  }
  inside_aggregate_ = true;
  const ExprPtr bitmap = Bind(*call.args[0]);
  const ExprPtr dimension = Bind(*call.args[1]);
  std::vector<ExprPtr> conditions;
  for (const ast::Expr* value : call.args.subspan(2)) {
    ExprPtr condition = BindOperator("=", dimension, Bind(*value), value->offset);
    if (call.filter != nullptr) {
      condition = Expr::And({ToBoolean(Bind(*call.filter), "FILTER", call.filter->offset), std::move(condition)});
    }
    conditions.push_back(std::move(condition));
  }
  inside_aggregate_ = false;
  const ExprPtr none = Call("bitmap_empty", {}, call.offset);
  std::vector<ExprPtr> sets;
  for (const ExprPtr& condition : conditions) {
    ExprPtr set = CollectAggregate("bitmap_union", {bitmap}, condition, false, call.offset);
    sets.push_back(Expr::Coalesce({std::move(set), none}));
  }
  ExprPtr common = sets.size() == 1 ? sets[0] : Call("bitmap_and", std::move(sets), call.offset);
  return Call("bitmap_count", {std::move(common)}, call.offset);
}

// json_agg and its like take json; values of other types become it in the session's time zone.
void ExpressionBinder::AdaptAggregateArguments(std::string_view name, std::vector<ExprPtr>& args, int64_t position) {
  const AggregateSpec* spec = binder_.registry_.FindAggregate(name);
  if (spec == nullptr) return;
  const auto to_json = [&](ExprPtr& arg) {
    if (!arg->type().is(TypeKind::kJson)) arg = Call("to_json", {arg}, position);
  };
  if ((name.starts_with("json_") || name.starts_with("jsonb_")) && spec->name.find("_agg") != std::string::npos) {
    if (args.size() == 1) to_json(args[0]);
    if (args.size() != 2) return;
    args[0] = CastTo(args[0], TypeKind::kVarchar, CastRule::kExplicit, position);
    to_json(args[1]);
  }
}

}  // namespace weir
