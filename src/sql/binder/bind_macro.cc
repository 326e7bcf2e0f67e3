// Calls that are short for other expressions.
#include "sql/binder/builtin_macros.h"
#include "sql/binder/expression_binder.h"

namespace weir {

// Binds an expression of our own making; errors in it are at the call.
ExprPtr ExpressionBinder::BindText(const std::string& sql, int64_t position) {
  const ast::ExprPtr expression = ParseExpression(sql);
  try {
    return Expr::WithPosition(Bind(*expression), position);
  } catch (Error& error) {
    throw std::move(error).WithPosition(position);
  }
}

// Null when the name is not short for something.
ExprPtr ExpressionBinder::BindMacro(const ast::FunctionCall& call, std::string_view name) {
  const bool plain = !call.star && !call.distinct && call.order_by.empty() && call.filter == nullptr;
  if (!plain || call.over != nullptr) return nullptr;
  const Registry& registry = binder_.registry_;
  if (call.variadic && name == "concat" && call.args.size() == 1) {
    return Call("array_to_string", {Bind(*call.args[0]), Expr::Literal(Value::String(""))}, call.offset);
  }
  if (call.variadic && name == "concat_ws" && call.args.size() == 2) {
    return Call("array_to_string", {Bind(*call.args[1]), Bind(*call.args[0])}, call.offset);
  }
  if (name == "list_aggregate") return BindListAggregate(call, std::nullopt);
  if (const FunctionSpec* spec = registry.FindFunction(name)) {
    return spec->name == "list_aggregate" ? BindListAggregate(call, std::nullopt) : nullptr;
  }
  if (registry.FindAggregate(name) != nullptr) return nullptr;
  if (const BuiltinMacro* macro = FindBuiltinMacro(name, call.args.size())) return ExpandMacro(*macro, call);
  if (name.starts_with("list_") && !call.args.empty() && registry.FindAggregate(name.substr(5)) != nullptr) {
    return BindListAggregate(call, name.substr(5));
  }
  return nullptr;
}

// The body with the arguments, each bound once and where the call is: neither sees names of the other.
ExprPtr ExpressionBinder::ExpandMacro(const BuiltinMacro& macro, const ast::FunctionCall& call) {
  SqlFunction function;
  function.is_macro = true;
  std::vector<std::string> names;
  std::vector<ExprPtr> arguments;
  if (macro.is_aggregate()) {
    if (inside_aggregate_) {
      throw Error::User(sqlstate::kGroupingError, "aggregate function calls cannot be nested")
          .WithPosition(call.offset);
    }
    inside_aggregate_ = aggregates_ != nullptr;
  }
  for (const ast::Expr* arg : call.args) {
    names.push_back(fmt::format("_{}", names.size()));
    function.parameters.push_back({SqlFunction::Parameter::Mode::kIn, names.back(), {}, ""});
    arguments.push_back(Bind(*arg));
  }
  if (macro.is_aggregate()) inside_aggregate_ = false;
  std::vector<HeldValue> held;
  if (!macro.is_aggregate()) held = Hold(arguments);
  FunctionFrame frame(function, std::move(arguments), binder_.frame_);
  // Names in the body are the system's, whatever the user's functions are called.
  BindContext context = binder_.context_;
  context.functions = nullptr;
  context.dialect = Dialect::kPostgres;
  Binder inner(context);
  inner.Enter(binder_, frame);
  ExprPtr result;
  try {
    const ast::ExprPtr body = ParseExpression(macro.Body(names));
    Scope scope;
    ExpressionBinder binder(inner, macro.is_aggregate() ? scope_ : scope, clause_, nullptr,
                            macro.is_aggregate() ? aggregates_ : nullptr, aggregate_pending_);
    result = Expr::WithPosition(binder.Bind(*body), call.offset);
  } catch (Error& error) {
    throw std::move(error).WithPosition(call.offset);
  }
  binder_.Leave(inner);
  return Release(std::move(result), std::move(held), call.offset);
}

// list_aggregate(list, 'median') and list_median(list): an aggregate over the elements.
ExprPtr ExpressionBinder::BindListAggregate(const ast::FunctionCall& call, std::optional<std::string_view> aggregate) {
  std::vector<ExprPtr> args;
  for (const ast::Expr* arg : call.args) args.push_back(Bind(*arg));
  if (aggregate.has_value()) {
    args.insert(args.begin() + 1, Expr::Literal(Value::String(std::string(*aggregate))));
  }
  if (args.size() >= 2 && args[0]->type().is(TypeKind::kList) && args[1]->is(ExprKind::kLiteral) &&
      !args[1]->literal().is_null() && args[1]->literal().ToString().starts_with("json") &&
      !args[0]->type().element().is(TypeKind::kJson)) {
    const PlanColumn element = binder_.NewColumn(args[0]->type().element(), "x");
    ExprPtr json = Call("to_json", {Expr::Column(element.id, element.type, element.name)}, call.offset);
    args[0] = MakeLambdaCall("array_map", {args[0]}, {element}, std::move(json), call.offset);
  }
  return Call("list_aggregate", std::move(args), call.offset);
}

}  // namespace weir
