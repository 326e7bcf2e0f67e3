#include "expr/expr_codec.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "expr/overload.h"

namespace weir {

namespace {

// Beyond these a reader would be busy or out of stack with what a few damaged bytes describe. As trees: an expression
// that is referred to twice counts twice.
constexpr uint32_t kDepthMax = 6000;
constexpr uint64_t kTreeNodesMax = uint64_t{1} << 24;

constexpr int kLambdasMax = 100;  // one inside the other

constexpr uint8_t kFlagTry = 1;

[[noreturn]] void ThrowDamaged(std::string_view what) {
  throw Error::Operational(sqlstate::kDataCorrupted, "damaged expression: {}", what);
}

void Need(bool fits, std::string_view what) {
  if (!fits) ThrowDamaged(what);
}

// What tells the overloads of a function apart, in a number that stays the same when others are added.
uint32_t Signature(const FunctionOverload& overload) {
  std::string text;
  for (const TypePattern& parameter : overload.parameters) text += parameter.ToString() + ",";
  text += overload.variadic ? "..." : "";
  text += static_cast<char>('0' + static_cast<int>(overload.volatility));
  text += static_cast<char>('0' + static_cast<int>(overload.optional_parameters));
  return static_cast<uint32_t>(HashString(text));
}

const FunctionOverload& FindOverload(const FunctionSpec& spec, uint64_t index, uint32_t signature) {
  if (index < spec.overloads.size() && Signature(spec.overloads[index]) == signature) return spec.overloads[index];
  for (const FunctionOverload& overload : spec.overloads) {
    if (Signature(overload) == signature) return overload;
  }
  throw Error::Operational(sqlstate::kUndefinedFunction, "function has no such overload here: {}", spec.name);
}

// What the patterns of one call stand for.
struct Bound {
  std::optional<Type> element;
  std::optional<Type> value;

  static bool Unify(std::optional<Type>& bound, const Type& type) {
    if (!bound.has_value()) bound = type;
    return IsSameForm(*bound, type);
  }
  bool Fits(const TypePattern& pattern, const Type& type) {
    switch (pattern.kind()) {
      case TypePattern::Kind::kExact:
        return pattern.type().is(TypeKind::kDecimal) || IsSameForm(type, pattern.type());
      case TypePattern::Kind::kAny:
        return true;
      case TypePattern::Kind::kAnyElement:
        return Unify(element, type);
      case TypePattern::Kind::kAnyEnum:
        return type.is(TypeKind::kEnum) && Unify(element, type);
      case TypePattern::Kind::kAnyList:
        return type.is(TypeKind::kList) && Unify(element, type.element());
      case TypePattern::Kind::kAnyMap:
        return type.is(TypeKind::kMap) && Unify(element, type.key()) && Unify(value, type.value());
      case TypePattern::Kind::kAnyValue:
        return Unify(value, type);
      case TypePattern::Kind::kDecimal:
        return type.is(TypeKind::kDecimal);
      case TypePattern::Kind::kAnyStruct:
        return type.is(TypeKind::kStruct);
      case TypePattern::Kind::kLambda:
        return type.is(TypeKind::kVarbinary);
    }
    return false;
  }
};

ExprPtr ReadWhole(std::string_view bytes, const Registry& registry, int lambdas) {
  ByteReader in(bytes);
  const ExprReader reader(in, registry, lambdas);
  ExprPtr expr = reader.expr(in.GetVarint());
  Need(in.empty(), "bytes left over");
  return expr;
}

// Collections, the lambda (its text and body), what it captures. Its body reads the collections' parts, then the rest.
// A call that is declared over any value gives that to the body; one whose lambda stands before "anyelement", or last,
// folds a list from a value, or from the first element.
void CheckLambda(const FunctionOverload& overload, const std::vector<ExprPtr>& args, const Type& type,
                 const Registry& registry, int lambdas) {
  using Kind = TypePattern::Kind;
  const auto& parameters = overload.parameters;
  const bool is_let = parameters[0].kind() == Kind::kAny;
  const bool folds = parameters.back().kind() == Kind::kLambda;
  const bool folds_from = parameters.back().kind() == Kind::kAnyElement;
  std::vector<Type> inputs;
  size_t at = 0;
  if (is_let) {
    Need(!args.empty(), "lambda");
    inputs.push_back(args[at++]->type());
  }
  for (; !is_let && at < args.size() && args[at]->type().is_nested() && !args[at]->type().is(TypeKind::kStruct); ++at) {
    for (size_t i = 0; i < args[at]->type().child_count(); ++i) inputs.push_back(args[at]->type().child(i));
  }
  Need(at > 0 && at < args.size() && args[at]->is(ExprKind::kLiteral), "lambda");
  const Value& lambda = args[at]->literal();
  Need(!lambda.is_null() && lambda.type().is(TypeKind::kVarbinary), "lambda");
  ++at;
  if (folds || folds_from) {
    Need(inputs.size() == 1 && (folds || at < args.size()), "lambda");
    inputs.insert(inputs.begin(), folds ? inputs[0] : args[at++]->type());
  }
  for (; at < args.size(); ++at) inputs.push_back(args[at]->type());
  ByteReader in(lambda.bytes());
  in.GetString();
  const ExprPtr body = ReadWhole(in.GetString(), registry, lambdas + 1);
  CheckInputs(*body, inputs);
  if (is_let || folds || folds_from) Need(IsSameForm(body->type(), type), "lambda");
  if (folds || folds_from) Need(IsSameForm(inputs[0], type), "lambda");
}

// Kernels trust their arguments.
void CheckArguments(const FunctionOverload& overload, const std::vector<ExprPtr>& args, const Type& type,
                    const Registry& registry, int lambdas) {
  using Kind = TypePattern::Kind;
  const size_t parameters = overload.parameters.size();
  // What a lambda expression captures comes last, and there may be nothing.
  const bool lambda = std::ranges::any_of(overload.parameters, [](const auto& p) { return p.kind() == Kind::kLambda; });
  const size_t needed = parameters - std::min(parameters, overload.optional_parameters + (lambda ? 1 : 0));
  Need(args.size() >= needed && (overload.variadic || args.size() <= parameters), "number of arguments");
  if (overload.resolve) {
    std::vector<Type> types;
    std::vector<std::optional<Value>> constants;
    for (const ExprPtr& arg : args) {
      types.push_back(arg->type());
      constants.push_back(ConstantOf(arg, registry));
    }
    const ResolvedCall resolved = overload.resolve(types, constants);
    // Of numerics resolvers may say more by now: arguments have become constants.
    const auto fits = [](const Type& now, const Type& then) {
      return IsSameForm(now, then) || (now.is(TypeKind::kDecimal) && then.is(TypeKind::kDecimal));
    };
    Need(fits(resolved.result_type, type), "result type");
    for (size_t i = 0; i < resolved.argument_types.size(); ++i) {
      Need(i < types.size() && fits(resolved.argument_types[i], types[i]), "argument type");
    }
    return;
  }
  if (lambda) return CheckLambda(overload, args, type, registry, lambdas);
  Bound bound;
  for (size_t i = 0; i < args.size(); ++i) {
    Need(bound.Fits(overload.parameters[std::min(i, parameters - 1)], args[i]->type()), "argument type");
  }
  Need(bound.Fits(overload.result, type), "result type");
}

}  // namespace

bool IsSameForm(const Type& a, const Type& b) {
  if (a.physical() != b.physical() || a.child_count() != b.child_count()) return false;
  for (size_t i = 0; i < a.child_count(); ++i) {
    if (!IsSameForm(a.child(i), b.child(i))) return false;
  }
  return true;
}

uint64_t ExprWriter::Add(const Type& type) {
  ByteWriter bytes;
  SerializeType(type, bytes);
  const auto [at, added] = types_.try_emplace(bytes.buffer(), types_.size());
  if (added) type_bytes_ += bytes.buffer();
  return at->second;
}

uint64_t ExprWriter::Add(const ExprPtr& expr) {
  if (const auto known = exprs_.find(expr.get()); known != exprs_.end()) return known->second;
  std::vector<uint64_t> children;
  children.reserve(expr->children().size());
  for (const ExprPtr& child : expr->children()) children.push_back(Add(child));
  Write(*expr, children);
  return exprs_.emplace(expr.get(), exprs_.size()).first->second;
}

void ExprWriter::Write(const Expr& expr, const std::vector<uint64_t>& children) {
  const uint64_t type = Add(expr.type());
  expr_bytes_.Put(expr.kind());
  expr_bytes_.Put(static_cast<uint8_t>(expr.is_try() ? kFlagTry : 0));
  expr_bytes_.PutZigzag(with_positions_ ? expr.position() : -1);
  expr_bytes_.PutVarint(type);
  switch (expr.kind()) {
    case ExprKind::kLiteral:
      expr.literal().Serialize(expr_bytes_);
      break;
    case ExprKind::kInput:
      expr_bytes_.PutVarint(expr.input_index());
      break;
    case ExprKind::kCall:
      expr_bytes_.PutString(expr.function().name);
      expr_bytes_.PutVarint(static_cast<uint64_t>(&expr.overload() - expr.function().overloads.data()));
      expr_bytes_.Put(Signature(expr.overload()));
      break;
    case ExprKind::kIn:
      expr_bytes_.PutVarint(expr.set().size());
      for (const Value& value : expr.set()) value.Serialize(expr_bytes_);
      break;
    case ExprKind::kColumn:
    case ExprKind::kParameter:
    case ExprKind::kSubquery:
      throw Error::Internal("expression cannot be serialised: {}", expr.ToString());
    case ExprKind::kCast:
    case ExprKind::kAnd:
    case ExprKind::kOr:
    case ExprKind::kNot:
    case ExprKind::kIsNull:
    case ExprKind::kCase:
    case ExprKind::kCoalesce:
      break;
  }
  expr_bytes_.PutVarint(children.size());
  for (const uint64_t child : children) expr_bytes_.PutVarint(child);
}

void ExprWriter::Finish(ByteWriter& out) {
  out.PutVarint(types_.size());
  out.PutRaw(type_bytes_);
  out.PutVarint(exprs_.size());
  out.PutRaw(expr_bytes_.buffer());
}

ExprReader::ExprReader(ByteReader& in, const Registry& registry, int lambdas) : lambdas_(lambdas) {
  Need(lambdas <= kLambdasMax, "lambdas");
  for (uint64_t left = in.GetVarint(); left > 0; --left) types_.push_back(DeserializeType(in));
  for (uint64_t left = in.GetVarint(); left > 0; --left) exprs_.push_back(Read(in, registry));
}

const Type& ExprReader::type(uint64_t number) const {
  Need(number < types_.size(), "number of a type");
  return types_[number];
}

const ExprPtr& ExprReader::expr(uint64_t number) const {
  Need(number < exprs_.size(), "number of an expression");
  return exprs_[number].expr;
}

ExprReader::Entry ExprReader::Read(ByteReader& in, const Registry& registry) const {
  Entry entry{.expr = nullptr, .depth = 1, .nodes = 1};
  const auto kind = in.Get<uint8_t>();
  Need(kind <= static_cast<uint8_t>(ExprKind::kSubquery), "kind");
  const auto flags = in.Get<uint8_t>();
  Need((flags & ~kFlagTry) == 0, "flags");
  const int64_t position = in.GetZigzag();
  const Type& type = this->type(in.GetVarint());

  std::vector<Value> values;
  uint64_t index = 0;
  std::string name;
  uint32_t signature = 0;
  switch (static_cast<ExprKind>(kind)) {
    case ExprKind::kLiteral:
      values.push_back(Value::Deserialize(in));
      Need(values[0].is_null() ? values[0].type().physical() == type.physical() : values[0].type() == type, "literal");
      break;
    case ExprKind::kInput:
      index = in.GetVarint();
      break;
    case ExprKind::kCall:
      name = in.GetString();
      index = in.GetVarint();
      signature = in.Get<uint32_t>();
      break;
    case ExprKind::kIn:
      for (uint64_t left = in.GetVarint(); left > 0; --left) values.push_back(Value::Deserialize(in));
      break;
    default:
      break;
  }
  std::vector<ExprPtr> children;
  for (uint64_t left = in.GetVarint(); left > 0; --left) {
    const uint64_t number = in.GetVarint();
    children.push_back(expr(number));
    entry.depth = std::max(entry.depth, exprs_[number].depth + 1);
    entry.nodes += exprs_[number].nodes;
    Need(entry.depth <= kDepthMax && entry.nodes <= kTreeNodesMax, "size");
  }
  const auto need_count = [&](size_t count) { Need(children.size() == count, "number of operands"); };
  const auto need_booleans = [&](size_t from, size_t step) {
    for (size_t i = from; i < children.size(); i += step) {
      Need(children[i]->type().physical() == PhysicalType::kBool, "operand that is no condition");
    }
  };
  const auto need_result = [&](size_t from, size_t step) {
    for (size_t i = from; i < children.size(); i += step) Need(IsSameForm(children[i]->type(), type), "branch type");
  };
  const auto make = [&]() -> ExprPtr {
    switch (static_cast<ExprKind>(kind)) {
      case ExprKind::kLiteral:
        need_count(0);
        return Expr::Literal(std::move(values[0]));
      case ExprKind::kInput:
        need_count(0);
        return Expr::Input(index, type);
      case ExprKind::kCall: {
        const FunctionSpec* spec = registry.FindFunction(name);
        if (spec == nullptr) throw Error::Operational(sqlstate::kUndefinedFunction, "no function here: {}", name);
        const FunctionOverload& overload = FindOverload(*spec, index, signature);
        CheckArguments(overload, children, type, registry, lambdas_);
        return Expr::Call(*spec, overload, type, std::move(children));
      }
      case ExprKind::kCast:
        need_count(1);
        return Expr::Cast(std::move(children[0]), type, (flags & kFlagTry) != 0);
      case ExprKind::kAnd:
      case ExprKind::kOr:
        need_booleans(0, 1);
        Need(!children.empty(), "number of operands");
        return static_cast<ExprKind>(kind) == ExprKind::kAnd ? Expr::And(std::move(children))
                                                             : Expr::Or(std::move(children));
      case ExprKind::kNot:
        need_count(1);
        need_booleans(0, 1);
        return Expr::Not(std::move(children[0]));
      case ExprKind::kIsNull:
        need_count(1);
        return Expr::IsNull(std::move(children[0]));
      case ExprKind::kCase:
        Need(children.size() % 2 == 1, "number of operands");
        for (size_t i = 0; i + 1 < children.size(); i += 2) {
          Need(children[i]->type().physical() == PhysicalType::kBool, "operand that is no condition");
        }
        need_result(1, 2);
        Need(IsSameForm(children.back()->type(), type), "branch type");
        return Expr::Case(std::move(children), type);
      case ExprKind::kCoalesce:
        Need(!children.empty(), "number of operands");
        need_result(0, 1);
        return Expr::Coalesce(std::move(children));
      case ExprKind::kIn:
        need_count(1);
        for (const Value& value : values) {
          Need(value.is_null() || IsSameForm(value.type(), children[0]->type()), "type in a set");
        }
        return Expr::In(std::move(children[0]), std::move(values));
      case ExprKind::kColumn:
      case ExprKind::kParameter:
      case ExprKind::kSubquery:
        break;
    }
    ThrowDamaged("kind");
  };
  entry.expr = Expr::WithPosition(make(), position);
  Need(entry.expr->type() == type, "type");
  if (!entry.expr->type().SameNotes(type)) entry.expr = Expr::WithNotes(entry.expr, type);
  return entry;
}

std::string SerializeExpr(const ExprPtr& expr) {
  ExprWriter writer;
  const uint64_t root = writer.Add(expr);
  ByteWriter out;
  writer.Finish(out);
  out.PutVarint(root);
  return out.Take();
}

ExprPtr DeserializeExpr(std::string_view bytes, const Registry& registry) {
  return ReadWhole(bytes, registry, 0);
}

void CheckInputs(const Expr& expr, const std::vector<Type>& inputs) {
  if (expr.is(ExprKind::kInput)) {
    Need(expr.input_index() < inputs.size(), "number of an input column");
    Need(IsSameForm(expr.type(), inputs[expr.input_index()]), "type of an input column");
  }
  for (const ExprPtr& child : expr.children()) CheckInputs(*child, inputs);
}

}  // namespace weir
