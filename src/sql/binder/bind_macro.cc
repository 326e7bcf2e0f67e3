// Calls that are short for other expressions, and arguments by name.
#include <algorithm>

#include "sql/binder/builtin_macros.h"
#include "sql/binder/expression_binder.h"
#include "sql/parser/parser.h"
#include "sql/parser/to_sql.h"

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

// Binds an expression of our own making; errors in it are at the call.
ExprPtr ExpressionBinder::BindText(const std::string& sql, int64_t position) {
  binder_.expansions_.push_back(ParseExpression(sql));
  const std::shared_ptr<const ast::Expr> expression = binder_.expansions_.back();
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
    return BindText(fmt::format("array_to_string({}, '')", ToSql(*call.args[0])), call.offset);
  }
  if (call.variadic && name == "concat_ws" && call.args.size() == 2) {
    return BindText(fmt::format("array_to_string({}, {})", ToSql(*call.args[1]), ToSql(*call.args[0])), call.offset);
  }
  if (registry.FindFunction(name) != nullptr || registry.FindAggregate(name) != nullptr) return nullptr;
  const BuiltinMacro* macro = FindBuiltinMacro(name, call.args.size());
  // list_aggregate(list, 'median') and list_median(list): an aggregate over the elements.
  std::string aggregate;
  const bool by_name = name == "list_aggregate" || name == "list_aggr" || name == "array_aggregate" ||
                       name == "array_aggr" || name == "aggregate";
  if (macro == nullptr && by_name && call.args.size() >= 2) {
    if (const auto* literal = call.args[1]->TryAs<ast::StringLiteral>()) aggregate = std::string(literal->value);
    if (registry.FindAggregate(aggregate) == nullptr) {
      throw Error::User(sqlstate::kUndefinedFunction, "aggregate function does not exist: {}", aggregate)
          .WithPosition(call.args[1]->offset);
    }
  } else if (macro == nullptr && name.starts_with("list_") && !call.args.empty()) {
    aggregate = std::string(name.substr(5));
    if (registry.FindAggregate(aggregate) == nullptr) return nullptr;
  }
  if (macro == nullptr && aggregate.empty()) return nullptr;
  std::vector<std::string> arguments;
  for (const ast::Expr* arg : call.args) arguments.push_back(ToSql(*arg));
  if (macro != nullptr) return BindText(ExpandMacro(*macro, arguments), call.offset);
  std::string more;
  for (size_t i = by_name ? 2 : 1; i < arguments.size(); ++i) more += ", " + arguments[i];
  return BindText(
      fmt::format("(SELECT {}(_element{}) FROM unnest({}) AS _list(_element))", aggregate, more, arguments[0]),
      call.offset);
}

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
  const auto& all = AllNamedParameters();
  const auto known = std::find_if(all.begin(), all.end(), [&](const NamedParameters& p) { return p.function == name; });
  if (known == all.end() || std::none_of(call.args.begin(), call.args.end(), is_named)) {
    for (const ast::Expr* arg : call.args) args.push_back(Bind(*arg));
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
