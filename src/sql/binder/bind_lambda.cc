// Lambda expressions: x -> body, (k, v) -> body, as arguments of functions over lists and maps. Bound into a constant
// (text and serialised body) and the columns that the body uses from around it; see function/scalar/lambda.cc.
#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "expr/expr_codec.h"
#include "sql/binder/expression_binder.h"
#include "sql/parser/to_sql.h"

namespace weir {

namespace {

struct BoundLambda {
  ExprPtr body;
  std::vector<ColumnId> parameters;
  std::string text;
};

// The body over inputs: parameters first, then whatever else it refers to, which is added to `captured`.
ExprPtr OverInputs(const BoundLambda& lambda, std::vector<ExprPtr>& captured) {
  return RewriteExpr(lambda.body, [&](const ExprPtr& node) -> ExprPtr {
    if (!node->is(ExprKind::kColumn) && !node->is(ExprKind::kParameter)) return node;
    if (node->is(ExprKind::kColumn)) {
      const auto found = std::find(lambda.parameters.begin(), lambda.parameters.end(), node->column_id());
      if (found != lambda.parameters.end()) {
        return Expr::Input(static_cast<size_t>(found - lambda.parameters.begin()), node->type());
      }
    }
    size_t at = 0;
    while (at < captured.size() && !captured[at]->Equals(*node)) ++at;
    if (at == captured.size()) captured.push_back(node);
    return Expr::Input(lambda.parameters.size() + at, node->type());
  });
}

bool YieldsConditions(std::string_view name) {
  return name == "array_filter" || name == "any_match" || name == "all_match" || name == "map_filter";
}

Type ResultOfLambda(std::string_view name, const Type& collection, const Type& body, int64_t position) {
  if (name == "array_map") return Type::List(body);
  if (name == "let" || name == "list_reduce") return body;
  if (name == "any_match" || name == "all_match") return TypeKind::kBoolean;
  if (name == "transform_keys") return Type::Map(body, collection.value());
  if (name == "transform_values") return Type::Map(collection.key(), body);
  if (name == "map_apply") {
    if (!body.is(TypeKind::kStruct) || body.fields().size() != 2) {
      throw Error::User(sqlstate::kDatatypeMismatch, "the lambda of map_apply must give a row (key, value), not {}",
                        body.Name())
          .WithPosition(position);
    }
    return Type::Map(body.fields()[0].type, body.fields()[1].type);
  }
  return collection;
}

}  // namespace

// [f(x) FOR x IN list IF c(x)]
ExprPtr ExpressionBinder::BindComprehension(const ast::ListComprehension& comprehension) {
  if (comprehension.parameters.size() != 1) {
    throw Error::Unsupported("Use array_map() over two lists.",
                             "list comprehensions of several names are not available")
        .WithPosition(comprehension.offset);
  }
  std::string name = "\"";
  for (const char c : comprehension.parameters[0]) name += c == '"' ? "\"\"" : std::string(1, c);
  name += '"';
  std::string list = ToSql(*comprehension.list);
  if (comprehension.condition != nullptr) {
    list = fmt::format("array_filter({} -> {}, {})", name, ToSql(*comprehension.condition), list);
  }
  return BindText(fmt::format("array_map({} -> {}, {})", name, ToSql(*comprehension.result), list),
                  comprehension.offset);
}

bool ExpressionBinder::HasLambda(const ast::FunctionCall& call) {
  return std::any_of(call.args.begin(), call.args.end(),
                     [](const ast::Expr* arg) { return arg->kind == ast::ExprKind::kLambdaExpr; });
}

const LambdaParameter* ExpressionBinder::FindLambdaParameter(std::string_view name) const {
  for (size_t i = lambda_parameters_.size(); i-- > 0;) {
    if (lambda_parameters_[i].name == name) return &lambda_parameters_[i];
  }
  return nullptr;
}

ExprPtr ExpressionBinder::BindLambdaCall(const ast::FunctionCall& call, std::string_view name) {
  const FunctionSpec* spec = binder_.registry_.FindFunction(name);
  const auto takes_lambda = [](const FunctionOverload& overload) {
    return overload.parameters.size() > 1 && overload.parameters[1].kind() == TypePattern::Kind::kLambda;
  };
  if (spec == nullptr || std::none_of(spec->overloads.begin(), spec->overloads.end(), takes_lambda)) {
    throw Error::User(sqlstate::kUndefinedFunction, "function {} does not take a lambda expression", name)
        .WithHint(
            "array_map, array_filter, array_sortby, list_reduce, any_match, all_match, map_filter, transform_keys, "
            "transform_values, map_apply and let do.")
        .WithPosition(call.offset);
  }
  const ast::LambdaExpr* lambda = nullptr;
  std::vector<ExprPtr> args;
  for (const ast::Expr* arg : call.args) {
    if (const auto* found = arg->TryAs<ast::LambdaExpr>()) {
      if (lambda != nullptr) {
        throw Error::User(sqlstate::kSyntaxError, "more than one lambda expression: {}", name)
            .WithPosition(arg->offset);
      }
      lambda = found;
    } else {
      args.push_back(Bind(*arg));
    }
  }
  if (spec->name == "list_reduce") return BindReduce(call, *spec, *lambda, std::move(args));
  // What the parameters stand for: the elements of the lists, key and value of the map, or the value itself.
  const bool is_let = spec->name == "let";
  const bool is_map = spec->overloads[0].parameters[0].kind() == TypePattern::Kind::kAnyMap;
  const bool several = spec->name == "array_map";
  const std::string_view takes = is_let ? "value" : is_map ? "map" : "list";
  std::vector<Type> types;
  for (ExprPtr& arg : args) {
    if (is_let) {
      types.push_back(arg->type());
      continue;
    }
    if (arg->type().is(TypeKind::kUnknown))
      arg = CastTo(arg, Type::List(TypeKind::kVarchar), CastRule::kExplicit, call.offset);
    if (!arg->type().is(is_map ? TypeKind::kMap : TypeKind::kList)) {
      throw Error::User(sqlstate::kDatatypeMismatch, "{} takes a lambda and a {}, not {}", name, takes,
                        arg->type().Name())
          .WithPosition(arg->position());
    }
    for (size_t i = 0; i < arg->type().child_count(); ++i) types.push_back(arg->type().child(i));
  }
  if (args.empty() || (args.size() > 1 && !several)) {
    throw Error::User(sqlstate::kUndefinedFunction, "{} takes a lambda and one {}", name, takes)
        .WithPosition(call.offset);
  }
  for (Type& type : types) {
    if (type.is(TypeKind::kUnknown)) type = TypeKind::kVarchar;
  }
  if (is_let) args[0] = CastTo(args[0], types[0], CastRule::kImplicit, call.offset);
  const std::vector<PlanColumn> parameters = BindLambdaParameters(*lambda, types, name);
  ExprPtr body = BindLambdaBody(*lambda, parameters);
  return FinishLambda(*spec, std::move(args), parameters, std::move(body), lambda->offset, call.offset);
}

// A list folded: the lambda's first parameter is what came out so far.
ExprPtr ExpressionBinder::BindReduce(const ast::FunctionCall& call, const FunctionSpec& spec,
                                     const ast::LambdaExpr& lambda, std::vector<ExprPtr> args) {
  if (args.empty() || args.size() > 2) {
    throw Error::User(sqlstate::kUndefinedFunction, "{} takes a list, a lambda and an initial value", spec.name)
        .WithPosition(call.offset);
  }
  if (args[0]->type().is(TypeKind::kUnknown)) {
    args[0] = CastTo(args[0], Type::List(TypeKind::kVarchar), CastRule::kExplicit, call.offset);
  }
  if (!args[0]->type().is(TypeKind::kList)) {
    throw Error::User(sqlstate::kDatatypeMismatch, "{} takes a lambda and a list, not {}", spec.name,
                      args[0]->type().Name())
        .WithPosition(args[0]->position());
  }
  Type element = args[0]->type().element();
  if (element.is(TypeKind::kUnknown)) element = TypeKind::kVarchar;
  Type accumulator = args.size() == 1 ? element : args[1]->type();
  if (accumulator.is(TypeKind::kUnknown)) accumulator = TypeKind::kVarchar;
  // The accumulator is of a type that holds both its start and what the lambda makes of it.
  constexpr int kTriesMax = 3;
  std::vector<PlanColumn> parameters;
  ExprPtr body;
  for (int tries = 0;; ++tries) {
    // Without an initial value the elements become what the first of them has to be.
    parameters = BindLambdaParameters(lambda, {accumulator, args.size() == 1 ? accumulator : element}, spec.name);
    body = BindLambdaBody(lambda, parameters);
    if (body->type() == accumulator || body->type().is(TypeKind::kUnknown)) break;
    const std::optional<Type> common = binder_.registry_.CommonType(accumulator, body->type());
    if (!common.has_value()) {
      throw Error::User(sqlstate::kDatatypeMismatch, "the lambda of {} must give {}, not {}", spec.name,
                        accumulator.Name(), body->type().Name())
          .WithPosition(lambda.offset);
    }
    if (*common == accumulator || tries == kTriesMax) break;
    accumulator = *common;
  }
  body = CastTo(body, accumulator, CastRule::kAssignment, lambda.offset);
  if (args.size() == 2) {
    args[1] = CastTo(args[1], accumulator, CastRule::kAssignment, call.offset);
  } else {
    args[0] = CastTo(args[0], Type::List(accumulator), CastRule::kAssignment, call.offset);
  }
  return FinishLambda(spec, std::move(args), parameters, std::move(body), lambda.offset, call.offset);
}

std::vector<PlanColumn> ExpressionBinder::BindLambdaParameters(const ast::LambdaExpr& lambda,
                                                               const std::vector<Type>& types, std::string_view name) {
  if (lambda.parameters.size() != types.size()) {
    throw Error::User(sqlstate::kUndefinedFunction, "lambda of {} parameters where {} are needed: {}",
                      lambda.parameters.size(), types.size(), name)
        .WithPosition(lambda.offset);
  }
  std::vector<PlanColumn> out;
  for (size_t i = 0; i < types.size(); ++i) {
    const std::string parameter(lambda.parameters[i]);
    for (size_t k = 0; k < i; ++k) {
      if (lambda.parameters[k] == lambda.parameters[i]) {
        throw Error::User(sqlstate::kDuplicateColumn, "lambda parameter given twice: {}", parameter)
            .WithPosition(lambda.offset);
      }
    }
    out.push_back(binder_.NewColumn(types[i], parameter));
  }
  return out;
}

ExprPtr ExpressionBinder::BindLambdaBody(const ast::LambdaExpr& lambda, const std::vector<PlanColumn>& parameters) {
  const size_t outer = lambda_parameters_.size();
  for (const PlanColumn& column : parameters) lambda_parameters_.push_back({column.name, column.id, column.type});
  // Aggregates and window functions have no rows of their own in here.
  AggregateCollector* const aggregates = std::exchange(aggregates_, nullptr);
  WindowCollector* const windows = std::exchange(windows_, nullptr);
  GroupingCollector* const groupings = std::exchange(groupings_, nullptr);
  const std::string_view clause = std::exchange(clause_, "lambda expressions");
  ExprPtr body = Bind(*lambda.body);
  clause_ = clause;
  groupings_ = groupings;
  windows_ = windows;
  aggregates_ = aggregates;
  lambda_parameters_.resize(outer);
  return body;
}

ExprPtr ExpressionBinder::MakeLambdaCall(std::string_view name, std::vector<ExprPtr> args,
                                         const std::vector<PlanColumn>& parameters, ExprPtr body, int64_t position) {
  return FinishLambda(*binder_.registry_.FindFunction(name), std::move(args), parameters, std::move(body), position,
                      position);
}

ExprPtr ExpressionBinder::FinishLambda(const FunctionSpec& spec, std::vector<ExprPtr> args,
                                       const std::vector<PlanColumn>& parameters, ExprPtr lambda_body,
                                       int64_t lambda_position, int64_t position) {
  BoundLambda bound;
  bound.body = std::move(lambda_body);
  for (const PlanColumn& parameter : parameters) {
    bound.parameters.push_back(parameter.id);
    bound.text += (bound.text.empty() ? "" : ", ") + parameter.name;
  }
  if (YieldsConditions(spec.name)) {
    bound.body = ToBoolean(std::move(bound.body), "lambda expression", lambda_position);
  } else if (bound.body->type().is(TypeKind::kUnknown)) {
    bound.body = CastTo(bound.body, TypeKind::kVarchar, CastRule::kImplicit, lambda_position);
  }
  if (bound.parameters.size() > 1) bound.text = "(" + bound.text + ")";
  bound.text += " -> " + bound.body->ToString();
  const Type result = ResultOfLambda(spec.name, args[0]->type(), bound.body->type(), lambda_position);
  const Volatility volatility = bound.body->volatility();
  std::vector<ExprPtr> captured;
  ByteWriter bytes;
  const ExprPtr body = OverInputs(bound, captured);
  bytes.PutString(bound.text);
  bytes.PutString(SerializeExpr(body));
  std::vector<ExprPtr> children = std::move(args);
  // Behind the collections; what a reduction starts with comes after it.
  const bool initial = spec.name == "list_reduce" && children.size() == 2;
  children.insert(children.end() - (initial ? 1 : 0), Expr::Literal(Value::Bytes(TypeKind::kVarbinary, bytes.Take())));
  children.insert(children.end(), captured.begin(), captured.end());
  const auto takes_lambda = [](const FunctionOverload& overload) {
    return overload.parameters.size() > 1 && overload.parameters[1].kind() == TypePattern::Kind::kLambda;
  };
  const auto overload = std::find_if(spec.overloads.begin(), spec.overloads.end(), [&](const FunctionOverload& o) {
    return takes_lambda(o) && o.volatility == volatility && (!initial || o.parameters.size() == 3);
  });
  WEIR_CHECK(overload != spec.overloads.end());
  return Expr::WithPosition(Expr::Call(spec, *overload, result, std::move(children)), position);
}

}  // namespace weir
