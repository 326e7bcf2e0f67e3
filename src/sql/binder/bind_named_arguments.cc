// Arguments by name, and lists written out as arguments.
#include <algorithm>

#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

// The names of parameters that a call may use: name => value. Defaults are SQL texts; empty: there is none.
struct NamedParameters {
  std::string_view function;
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
};

const std::vector<NamedParameters>& AllNamedParameters() {
  static const std::vector<NamedParameters> kAll = [] {
    std::vector<NamedParameters> all = {
        {"make_interval",
         {{"years", "0"},
          {"months", "0"},
          {"weeks", "0"},
          {"days", "0"},
          {"hours", "0"},
          {"mins", "0"},
          {"secs", "0.0"}}},
        {"make_date", {{"year", ""}, {"month", ""}, {"day", ""}}},
        {"make_time", {{"hour", ""}, {"min", ""}, {"sec", ""}}},
        {"make_timestamp", {{"year", ""}, {"month", ""}, {"mday", ""}, {"hour", ""}, {"min", ""}, {"sec", ""}}},
        {"jsonb_set", {{"jsonb_in", ""}, {"path", ""}, {"replacement", ""}, {"create_if_missing", "true"}}},
        {"jsonb_insert", {{"jsonb_in", ""}, {"path", ""}, {"replacement", ""}, {"insert_after", "false"}}},
        {"jsonb_set_lax",
         {{"jsonb_in", ""},
          {"path", ""},
          {"replacement", ""},
          {"create_if_missing", "true"},
          {"null_value_treatment", "'use_json_null'"}}},
        {"parse_ident", {{"str", ""}, {"strict", "true"}}},
    };
    for (const std::string_view name :
         {"jsonb_path_exists", "jsonb_path_match", "jsonb_path_query", "jsonb_path_query_array",
          "jsonb_path_query_first", "jsonb_path_exists_tz", "jsonb_path_match_tz", "jsonb_path_query_tz",
          "jsonb_path_query_array_tz", "jsonb_path_query_first_tz"}) {
      all.push_back({name, {{"target", ""}, {"path", ""}, {"vars", "'{}'"}, {"silent", "false"}}});
    }
    return all;
  }();
  return kAll;
}

}  // namespace

// In the order of the parameters, where some are given by name.
std::vector<ExprPtr> ExpressionBinder::BindArguments(const ast::FunctionCall& call, std::string_view name) {
  std::vector<ExprPtr> args;
  args.reserve(call.args.size());
  const auto is_named = [](const ast::Expr* arg) { return arg->kind == ast::ExprKind::kNamedArgument; };
  if (call.variadic && !call.args.empty()) {
    // The elements of a written list are arguments of their own.
    const auto* list = call.args.back()->TryAs<ast::ArrayExpr>();
    if (list == nullptr) {
      throw Error::Unsupported("Write the list out: VARIADIC ARRAY[...].", "VARIADIC takes an ARRAY[...] here: {}",
                               name)
          .WithPosition(call.args.back()->offset);
    }
    for (const ast::Expr* arg : call.args.first(call.args.size() - 1)) args.push_back(Bind(*arg));
    for (const ast::Expr* element : list->elements) args.push_back(Bind(*element));
    return args;
  }
  if ((name == "struct_pack" || name == "named_struct") && std::all_of(call.args.begin(), call.args.end(), is_named)) {
    for (const ast::Expr* arg : call.args) {
      const auto& field = arg->As<ast::NamedArgument>();
      args.push_back(Expr::Literal(Value::String(std::string(field.name))));
      args.push_back(Bind(*field.value));
      if (args.back()->type().is(TypeKind::kUnknown)) {
        args.back() = CastTo(args.back(), TypeKind::kVarchar, CastRule::kImplicit, arg->offset);
      }
    }
    return args;
  }
  const auto& all = AllNamedParameters();
  const auto known = std::find_if(all.begin(), all.end(), [&](const NamedParameters& p) { return p.function == name; });
  if (known == all.end() || std::none_of(call.args.begin(), call.args.end(), is_named)) {
    for (const ast::Expr* arg : call.args) args.push_back(Bind(*arg));
    // Unlike substring it takes places only, no patterns.
    for (size_t i = 1; name == "substr" && i < args.size(); ++i) args[i] = binder_.Settle(args[i], TypeKind::kInt32);
    return args;
  }
  std::vector<const ast::Expr*> given(known->parameters.size(), nullptr);
  size_t last = 0;
  for (size_t i = 0; i < call.args.size(); ++i) {
    const auto* named = call.args[i]->TryAs<ast::NamedArgument>();
    size_t at = i;
    if (named != nullptr) {
      at = 0;
      while (at < given.size() && known->parameters[at].first != named->name) ++at;
    }
    if (at >= given.size() || given[at] != nullptr) {
      throw Error::User(sqlstate::kUndefinedFunction, "function {} has no such parameter: {}", name,
                        named != nullptr ? named->name : std::string_view("too many arguments"))
          .WithPosition(call.args[i]->offset);
    }
    given[at] = named != nullptr ? named->value : call.args[i];
    last = std::max(last, at);
  }
  for (size_t i = 0; i <= last; ++i) {
    if (given[i] != nullptr) {
      args.push_back(Bind(*given[i]));
    } else if (!known->parameters[i].second.empty()) {
      args.push_back(BindText(std::string(known->parameters[i].second), call.offset));
    } else {
      throw Error::User(sqlstate::kUndefinedFunction, "function {} lacks the parameter: {}", name,
                        known->parameters[i].first)
          .WithPosition(call.offset);
    }
  }
  return args;
}

}  // namespace weir
