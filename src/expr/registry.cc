#include "expr/registry.h"

#include <algorithm>
#include <cctype>
#include <unordered_map>

#include "column/column.h"
#include "expr/cast_rules.h"
#include "expr/evaluator.h"
#include "expr/overload.h"
#include "runtime/cancellation_scope.h"
#include "types/text.h"

namespace weir {

namespace {

struct CastEntry {
  CastRule rule = CastRule::kNone;
  CastFactory factory;
};

uint32_t CastKey(TypeKind from, TypeKind to) {
  return static_cast<uint32_t>(from) << 8 | static_cast<uint32_t>(to);
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

template <typename Overload>
bool SameParameters(const Overload& a, const Overload& b) {
  return a.variadic == b.variadic && std::equal(a.parameters.begin(), a.parameters.end(), b.parameters.begin(),
                                                b.parameters.end(), [](const TypePattern& x, const TypePattern& y) {
                                                  return x.kind() == y.kind() && x.type() == y.type();
                                                });
}

template <typename Spec>
struct Directory {
  std::unordered_map<std::string, Spec*> by_name;  // names and aliases
  std::vector<std::unique_ptr<Spec>> specs;

  // Overloads of a name that is already there join those of the first one, unless it has the same signature.
  void Add(Spec spec) {
    if (const auto found = by_name.find(spec.name); found != by_name.end()) {
      for (auto& overload : spec.overloads) {
        const bool taken = std::any_of(found->second->overloads.begin(), found->second->overloads.end(),
                                       [&](const auto& other) { return SameParameters(other, overload); });
        if (!taken) found->second->overloads.push_back(std::move(overload));
      }
      AddAliases(spec.aliases, found->second);
      return;
    }
    specs.push_back(std::make_unique<Spec>(std::move(spec)));
    Spec* added = specs.back().get();
    by_name.emplace(added->name, added);
    AddAliases(added->aliases, added);
  }
  void AddAliases(const std::vector<std::string>& aliases, Spec* spec) {
    for (const std::string& alias : std::vector<std::string>(aliases)) {
      const bool is_new = by_name.emplace(alias, spec).second;
      // Those that come later are listed with the others.
      if (is_new && std::ranges::find(spec->aliases, alias) == spec->aliases.end()) spec->aliases.push_back(alias);
    }
  }
  const Spec* Find(std::string_view name) const {
    const auto found = by_name.find(std::string(name));
    if (found != by_name.end()) return found->second;
    const auto lower = by_name.find(Lower(name));
    return lower == by_name.end() ? nullptr : lower->second;
  }
  std::vector<const Spec*> Sorted() const {
    std::vector<const Spec*> out;
    for (const auto& spec : specs) out.push_back(spec.get());
    std::sort(out.begin(), out.end(), [](const Spec* a, const Spec* b) { return a->name < b->name; });
    return out;
  }
};

std::vector<OverloadShape> ShapesOf(const std::vector<FunctionOverload>& overloads) {
  std::vector<OverloadShape> out;
  for (const FunctionOverload& overload : overloads) {
    out.push_back({&overload.parameters, overload.variadic, overload.optional_parameters});
  }
  return out;
}

std::vector<OverloadShape> ShapesOf(const std::vector<AggregateOverload>& overloads) {
  std::vector<OverloadShape> out;
  for (const AggregateOverload& overload : overloads) out.push_back({&overload.parameters, overload.variadic, 0});
  return out;
}

std::vector<ArgumentShape> ArgumentsOf(const std::vector<ExprPtr>& args) {
  std::vector<ArgumentShape> out;
  for (const ExprPtr& arg : args) {
    ArgumentShape shape{arg->type(), {}};
    if (shape.type.is(TypeKind::kUnknown) && arg->is(ExprKind::kLiteral) && !arg->literal().is_null()) {
      shape.literal = arg->literal().bytes();
    }
    out.push_back(std::move(shape));
  }
  return out;
}

Error UndefinedCall(std::string_view name, std::span<const ArgumentShape> arguments,
                    std::span<const OverloadShape> overloads, int64_t position) {
  const bool is_operator = IsOperatorName(name);
  const std::string call = CallText(name, arguments);
  Error error = Error::User(sqlstate::kUndefinedFunction, "{}",
                            is_operator ? fmt::format("operator does not exist: {}", call)
                                        : fmt::format("function {} does not exist", call))
                    .WithHint(fmt::format("No {} matches the given name and argument types. You might need to add "
                                          "explicit type casts.",
                                          is_operator ? "operator" : "function"))
                    .WithPosition(position);
  if (overloads.empty()) return error;
  return std::move(error).WithDetail("Candidates: " + CandidatesText(name, overloads));
}

// Small constant expressions like -1 count as constants for resolvers.
constexpr int kConstantNodesMax = 8;

int CountNodes(const Expr& expr) {
  int count = 0;
  VisitExpr(expr, [&](const Expr&) { return ++count <= kConstantNodesMax; });
  return count;
}

}  // namespace

std::optional<Value> ConstantOf(const ExprPtr& expr, const Registry& registry) {
  if (expr->is(ExprKind::kLiteral)) return expr->literal();
  if (CountNodes(*expr) > kConstantNodesMax || !expr->IsFoldable()) return std::nullopt;
  std::optional<Value> value;
  // A failing constant is an error only when its row is computed.
  (void)CatchUnlessCanceled([&] { value = EvaluateConstant(expr, registry, StatementContext{}); });
  return value;
}

namespace {

// What a call is bound to: arguments after casts and the result's type.
struct BoundArguments {
  std::vector<ExprPtr> args;
  std::vector<std::optional<Value>> constants;
  Type result;
};

// Functions give values of no domain; collations are derived by the binder.
Type WithoutNotes(const Type& type) {
  return type.WithDomain("", 0).WithCollation(std::nullopt);
}

template <typename Overload>
BoundArguments BindArguments(const Registry& registry, const Overload& overload, const OverloadMatch& match,
                             const std::vector<ExprPtr>& args, int64_t position, bool want_constants) {
  BoundArguments out;
  std::vector<Type> targets = match.targets;
  const auto cast_all = [&](CastRule rule) {
    out.args.clear();
    for (size_t i = 0; i < args.size(); ++i) {
      // A literal that is no such value is at fault where it stands.
      const bool is_literal = args[i]->is(ExprKind::kLiteral) && args[i]->position() >= 0;
      out.args.push_back(registry.BindCast(args[i], targets[i], rule, is_literal ? args[i]->position() : position));
    }
  };
  cast_all(CastRule::kImplicit);
  if (overload.resolve || want_constants) {
    for (const ExprPtr& arg : out.args) out.constants.push_back(ConstantOf(arg, registry));
  }
  if (!overload.resolve) {
    out.result = WithoutNotes(ResultType(overload.result, match));
    return out;
  }
  ResolvedCall resolved;
  try {
    resolved = overload.resolve(targets, out.constants);
  } catch (Error& error) {
    error.set_position_if_unset(position);
    throw;
  }
  out.result = WithoutNotes(resolved.result_type);
  if (resolved.argument_types.empty() || resolved.argument_types == targets) return out;
  WEIR_CHECK(resolved.argument_types.size() == args.size());
  targets = std::move(resolved.argument_types);
  // What the resolver asks for, it has reason to: a constant in a narrower type, say.
  cast_all(CastRule::kExplicit);
  return out;
}

Error CannotCast(const Type& from, const Type& to, int64_t position) {
  return Error::User(sqlstate::kCannotCoerce, "cannot cast type {} to {}", from.Name(), to.Name())
      .WithPosition(position);
}

// 'now' and the like: the value depends on when the statement runs, or for whom.
bool NeedsStatement(std::string_view text, const Type& to) {
  if (!to.is(TypeKind::kDate) && !to.is_timestamp() && !to.is(TypeKind::kTime)) return false;
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  // The order of day and month is DateStyle's: 01/02/2024.
  size_t digits = 0;
  while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])) != 0) ++digits;
  if (digits == 1 || digits == 2) return !to.is(TypeKind::kTime);
  const std::string word = Lower(text.substr(0, 3));
  return word == "now" || word == "tod" || word == "tom" || word == "yes" || word == "all";
}

}  // namespace

struct Registry::Impl {
  Directory<FunctionSpec> functions;
  Directory<AggregateSpec> aggregates;
  std::unordered_map<uint32_t, CastEntry> casts;

  const CastEntry* FindEntry(TypeKind from, TypeKind to) const {
    if (from == TypeKind::kUnknown) from = TypeKind::kVarchar;
    const auto found = casts.find(CastKey(from, to));
    return found == casts.end() ? nullptr : &found->second;
  }
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

void Registry::Add(FunctionSpec spec) {
  impl_->functions.Add(std::move(spec));
}
void Registry::Add(AggregateSpec spec) {
  impl_->aggregates.Add(std::move(spec));
}

void Registry::AddCast(TypeKind from, TypeKind to, CastRule rule, CastFactory factory) {
  impl_->casts[CastKey(from, to)] = {rule, std::move(factory)};
}

const FunctionSpec* Registry::FindFunction(std::string_view name) const {
  return impl_->functions.Find(name);
}
const AggregateSpec* Registry::FindAggregate(std::string_view name) const {
  return impl_->aggregates.Find(name);
}
std::vector<const FunctionSpec*> Registry::functions() const {
  return impl_->functions.Sorted();
}
std::vector<const AggregateSpec*> Registry::aggregates() const {
  return impl_->aggregates.Sorted();
}

ExprPtr Registry::BindCall(std::string_view name, std::vector<ExprPtr> args, int64_t position) const {
  const std::vector<ArgumentShape> arguments = ArgumentsOf(args);
  const FunctionSpec* spec = FindFunction(name);
  if (spec == nullptr) throw UndefinedCall(name, arguments, {}, position);
  const std::vector<OverloadShape> shapes = ShapesOf(spec->overloads);
  const std::optional<OverloadMatch> match = ResolveOverload(*this, name, shapes, arguments, position);
  if (!match) throw UndefinedCall(name, arguments, shapes, position);
  const FunctionOverload& overload = spec->overloads[match->index];
  BoundArguments bound = BindArguments(*this, overload, *match, args, position, false);
  return Expr::WithPosition(Expr::Call(*spec, overload, std::move(bound.result), std::move(bound.args)), position);
}

AggregateCall Registry::BindAggregate(std::string_view name, std::vector<ExprPtr> args, int64_t position) const {
  const std::vector<ArgumentShape> arguments = ArgumentsOf(args);
  const AggregateSpec* spec = FindAggregate(name);
  if (spec == nullptr) throw UndefinedCall(name, arguments, {}, position);
  const std::vector<OverloadShape> shapes = ShapesOf(spec->overloads);
  const std::optional<OverloadMatch> match = ResolveOverload(*this, name, shapes, arguments, position);
  if (!match) throw UndefinedCall(name, arguments, shapes, position);
  const AggregateOverload& overload = spec->overloads[match->index];
  BoundArguments bound = BindArguments(*this, overload, *match, args, position, true);
  AggregateCall call;
  call.name = spec->name;
  call.type = std::move(bound.result);
  call.spec = spec;
  call.overload = &overload;
  std::vector<Type> types;
  for (const ExprPtr& arg : bound.args) types.push_back(arg->type());
  try {
    call.ops = overload.make(types, call.type, bound.constants);
  } catch (Error& error) {
    error.set_position_if_unset(position);
    throw;
  }
  call.args = std::move(bound.args);
  return call;
}

CastRule Registry::FindCast(const Type& from, const Type& to) const {
  if (from == to || from.is(TypeKind::kUnknown)) return CastRule::kImplicit;
  if (from.is_nested() && from.kind() == to.kind()) {
    if (from.child_count() != to.child_count()) return CastRule::kNone;
    CastRule rule = CastRule::kImplicit;
    for (size_t i = 0; i < from.child_count(); ++i) rule = std::min(rule, FindCast(from.child(i), to.child(i)));
    return rule;
  }
  const CastEntry* entry = impl_->FindEntry(from.kind(), to.kind());
  return entry == nullptr ? CastRule::kNone : entry->rule;
}

CastKernel Registry::MakeCast(const Type& from, const Type& to) const {
  if (IsRelabel(from, to)) {
    return [](const KernelArgs& args) { return Column::Reinterpret(args.columns[0], args.result_type); };
  }
  if (FindCast(from, to) == CastRule::kNone) return nullptr;
  const CastEntry* entry = impl_->FindEntry(from.kind(), to.kind());
  return entry == nullptr ? nullptr : entry->factory(from, to);
}

ExprPtr Registry::BindCast(const ExprPtr& expr, const Type& to, CastRule context, int64_t position, bool is_try) const {
  const Type& from = expr->type();
  if (to.fraction_digits() >= 0 && context != CastRule::kImplicit) {
    const ExprPtr rounded = BindRoundedCast(expr, to, context, position, is_try);
    return rounded->type().SameNotes(to) ? rounded : Expr::WithNotes(rounded, to);
  }
  if (from == to) return from.SameNotes(to) ? expr : Expr::WithNotes(expr, to);
  if (position < 0) position = expr->position();
  const auto placed = [&](const ExprPtr& e) { return Expr::WithPosition(e, position); };
  const CastRule rule = FindCast(from, to);
  if (rule < context) {
    Error error = CannotCast(from, to, position);
    if (rule == CastRule::kNone) throw error;
    throw std::move(error).WithHint("You will need to rewrite or cast the expression.");
  }
  const bool literal = expr->is(ExprKind::kLiteral);
  if (literal && expr->literal().is_null()) return placed(Expr::Literal(Value::Null(to)));
  if (literal && IsRelabel(from, to)) return placed(Expr::Literal(expr->literal().WithType(to)));
  // Storing too long a text is an error, while CAST cuts it.
  if (context == CastRule::kAssignment && to.is_string() && to.max_length() != 0 && !IsRelabel(from, to)) {
    ExprPtr text = BindCast(expr, TypeKind::kVarchar, context, position, is_try);
    const FunctionSpec* check = FindFunction("check_varchar_length");
    if (check == nullptr) throw Error::Internal("no function check_varchar_length");
    ExprPtr call = placed(
        Expr::Call(*check, check->overloads[0], to, {std::move(text), Expr::Literal(Value::Int64(to.max_length()))}));
    if (!call->IsFoldable()) return call;
    return placed(Expr::Literal(EvaluateConstant(call, *this, StatementContext{})));
  }
  // Likewise bit strings of another length, which CAST cuts and pads.
  if (context != CastRule::kExplicit && to.is(TypeKind::kBit) && to.max_length() != 0 && !IsRelabel(from, to)) {
    ExprPtr bits = BindCast(expr, Type::Bit(0, true), context, position, is_try);
    const FunctionSpec* check = FindFunction("check_bit_length");
    if (check == nullptr) throw Error::Internal("no function check_bit_length");
    ExprPtr call = placed(Expr::Call(*check, check->overloads[0], to, {std::move(bits)}));
    if (!call->IsFoldable()) return call;
    return placed(Expr::Literal(EvaluateConstant(call, *this, StatementContext{})));
  }
  if (!literal ||
      CastVolatility(from.is(TypeKind::kUnknown) ? Type(TypeKind::kVarchar) : from, to) != Volatility::kImmutable) {
    return placed(Expr::Cast(expr, to, is_try));
  }
  if ((from.is(TypeKind::kUnknown) || from.is_string()) && NeedsStatement(expr->literal().bytes(), to)) {
    return placed(Expr::Cast(expr, to, is_try));
  }
  ExprPtr cast = placed(Expr::Cast(expr, to, is_try));
  if (MakeCast(from, to) == nullptr) throw CannotCast(from, to, position);
  return placed(Expr::Literal(EvaluateConstant(cast, *this, StatementContext{})));
}

ExprPtr Registry::BindRoundedCast(const ExprPtr& expr, const Type& to, CastRule context, int64_t position,
                                  bool is_try) const {
  ExprPtr value = BindCast(expr, to.kind(), context, position, is_try);
  if (value->is(ExprKind::kLiteral) && value->literal().is_null()) return value;
  ExprPtr rounded = BindCall("round_fraction", {value, Expr::Literal(Value::Int32(to.fraction_digits()))}, position);
  if (!value->is(ExprKind::kLiteral)) return rounded;
  return Expr::WithPosition(Expr::Literal(EvaluateConstant(rounded, *this, StatementContext{})), position);
}

std::optional<Type> Registry::CommonType(std::span<const Type> types) const {
  std::optional<Type> common = Type(TypeKind::kUnknown);
  for (const Type& type : types) {
    common = UnifyTypes(*common, type);
    if (!common) return std::nullopt;
  }
  return common->is(TypeKind::kUnknown) ? Type(TypeKind::kVarchar) : *common;
}

std::optional<Type> Registry::CommonType(const Type& a, const Type& b) const {
  const Type types[] = {a, b};
  return CommonType(types);
}

}  // namespace weir
