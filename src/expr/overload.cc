#include "expr/overload.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "expr/cast_rules.h"
#include "expr/registry.h"

namespace weir {

std::string TypePattern::ToString() const {
  switch (kind_) {
    case Kind::kExact:
      return type_.ToString();
    case Kind::kAny:
      return "\"any\"";
    case Kind::kAnyElement:
      return "anyelement";
    case Kind::kAnyList:
      return "anyarray";
    case Kind::kAnyMap:
      return "map(anyelement, anyvalue)";
    case Kind::kAnyValue:
      return "anyvalue";
    case Kind::kDecimal:
      return "numeric";
    case Kind::kAnyStruct:
      return "struct";
    case Kind::kLambda:
      return "lambda";
    case Kind::kAnyEnum:
      return "anyenum";
  }
  return "?";
}

bool IsOperatorName(std::string_view name) {
  return !name.empty() && std::isalnum(static_cast<unsigned char>(name[0])) == 0 && name[0] != '_' && name[0] != '"';
}

namespace {

std::string TypeText(const Type& type) {
  return type.Name();
}

// One overload that the arguments fit, and how well.
struct Candidate {
  OverloadMatch match;
  std::vector<bool> exact;  // the argument keeps its type
  bool polymorphic = false;
  bool variadic = false;
};

const TypePattern& PatternAt(const OverloadShape& shape, size_t i) {
  return (*shape.parameters)[std::min(i, shape.parameters->size() - 1)];
}

bool AcceptsCount(const OverloadShape& shape, size_t count) {
  const size_t parameters = shape.parameters->size();
  if (shape.variadic) return parameters != 0 && count >= parameters - std::min(parameters, shape.optional_parameters);
  return count <= parameters && count + shape.optional_parameters >= parameters;
}

// A decimal that holds the literal exactly: "1.50" is numeric(3,2). Exponents and odd texts get room on both sides.
Type DecimalForText(std::string_view text) {
  int digits = 0;
  int scale = 0;
  bool point = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      ++digits;
      if (point) ++scale;
    } else if (c == '.' && !point) {
      point = true;
    } else if (c != ' ' && c != '+' && c != '-') {
      return Type::Decimal(Type::kDecimalPrecisionMax, 16);
    }
  }
  if (digits == 0) return Type::Decimal(Type::kDecimalPrecisionMax, 16);
  scale = std::min(scale, Type::kDecimalPrecisionMax);
  return Type::Decimal(std::clamp(digits, 1, Type::kDecimalPrecisionMax), scale);
}

// Makes `into` hold `type` too; false when they have nothing in common.
bool Unify(std::optional<Type>& into, const Type& type) {
  if (!into) {
    into = type;
    return true;
  }
  into = UnifyTypes(*into, type);
  return into.has_value();
}

// The target type of an argument at a parameter that is not polymorphic; empty when it does not fit.
std::optional<Type> MatchPlain(const Registry& registry, const ArgumentShape& argument, const TypePattern& pattern) {
  const Type& type = argument.type;
  const bool unknown = type.is(TypeKind::kUnknown);
  switch (pattern.kind()) {
    case TypePattern::Kind::kExact:
      if (unknown) return pattern.type();
      // A declared length stays the argument's own matter.
      if (type == pattern.type() || (type.is_string() && pattern.type().is_string()) ||
          (type.is(TypeKind::kBit) && pattern.type().is(TypeKind::kBit))) {
        return type;
      }
      // json takes jsonb as it is.
      if (type.is_jsonb() && pattern.type().is(TypeKind::kJson)) return type;
      if (registry.FindCast(type, pattern.type()) == CastRule::kImplicit) return pattern.type();
      return std::nullopt;
    case TypePattern::Kind::kDecimal:
      if (type.is(TypeKind::kDecimal)) return type;
      if (type.is_integer()) return DecimalForInteger(type);
      if (unknown) {
        if (argument.literal.empty()) return Type::Numeric();
        return DecimalForText(argument.literal);
      }
      return std::nullopt;
    case TypePattern::Kind::kAny:
      return unknown ? Type(TypeKind::kVarchar) : type;
    case TypePattern::Kind::kAnyStruct:
      if (type.is(TypeKind::kStruct)) return type;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Candidate> Match(const Registry& registry, const OverloadShape& shape,
                               std::span<const ArgumentShape> arguments) {
  if (!AcceptsCount(shape, arguments.size())) return std::nullopt;
  Candidate out;
  out.variadic = shape.variadic;
  out.match.targets.resize(arguments.size());
  out.exact.resize(arguments.size());
  std::optional<Type> element;
  std::optional<Type> value;
  bool any_enum = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Type& type = arguments[i].type;
    const bool unknown = type.is(TypeKind::kUnknown);
    const TypePattern& pattern = PatternAt(shape, i);
    switch (pattern.kind()) {
      case TypePattern::Kind::kAnyElement:
        out.polymorphic = true;
        if (!Unify(element, type)) return std::nullopt;
        break;
      case TypePattern::Kind::kAnyEnum:
        out.polymorphic = true;
        any_enum = true;
        if (!type.is(TypeKind::kEnum) && !unknown) return std::nullopt;
        if (!Unify(element, type)) return std::nullopt;
        break;
      case TypePattern::Kind::kAnyValue:
        out.polymorphic = true;
        if (!Unify(value, type)) return std::nullopt;
        break;
      case TypePattern::Kind::kAnyList:
        out.polymorphic = true;
        if (!type.is(TypeKind::kList) && !unknown) return std::nullopt;
        if (!unknown && !Unify(element, type.element())) return std::nullopt;
        break;
      case TypePattern::Kind::kAnyMap:
        out.polymorphic = true;
        if (!type.is(TypeKind::kMap) && !unknown) return std::nullopt;
        if (!unknown && (!Unify(element, type.key()) || !Unify(value, type.value()))) return std::nullopt;
        break;
      default: {
        std::optional<Type> target = MatchPlain(registry, arguments[i], pattern);
        if (!target) return std::nullopt;
        out.exact[i] = !unknown && pattern.kind() != TypePattern::Kind::kAny && *target == type;
        out.polymorphic |= pattern.kind() == TypePattern::Kind::kAny;
        out.match.targets[i] = std::move(*target);
        break;
      }
    }
  }
  if (any_enum && !element->is(TypeKind::kEnum)) return std::nullopt;
  // Literals that nothing else gave a type are text.
  const auto known = [](const std::optional<Type>& type) {
    return !type || type->is(TypeKind::kUnknown) ? Type(TypeKind::kVarchar) : *type;
  };
  out.match.element = known(element);
  out.match.value = known(value);
  for (size_t i = 0; i < arguments.size(); ++i) {
    Type& target = out.match.targets[i];
    switch (PatternAt(shape, i).kind()) {
      case TypePattern::Kind::kAnyElement:
      case TypePattern::Kind::kAnyEnum:
        target = out.match.element;
        break;
      case TypePattern::Kind::kAnyValue:
        target = out.match.value;
        break;
      case TypePattern::Kind::kAnyList:
        target = Type::List(out.match.element);
        break;
      case TypePattern::Kind::kAnyMap:
        target = Type::Map(out.match.element, out.match.value);
        break;
      default:
        continue;
    }
    const Type& type = arguments[i].type;
    out.exact[i] = target == type || (target.is(TypeKind::kDecimal) && type.is(TypeKind::kDecimal)) ||
                   (target.is_string() && type.is_string());
  }
  return out;
}

template <typename Score>
void KeepBest(std::vector<Candidate>& candidates, Score score) {
  int best = 0;
  for (const Candidate& candidate : candidates) best = std::max(best, score(candidate));
  std::erase_if(candidates, [&](const Candidate& candidate) { return score(candidate) < best; });
}

// How far an implicit cast goes, to settle what PostgreSQL's rules leave open for types that it does not have.
int CastDistance(const Type& from, const Type& to) {
  if (from.is(TypeKind::kUnknown) || from == to) return 0;
  return 1 + std::abs(static_cast<int>(to.kind()) - static_cast<int>(from.kind()));
}

// PostgreSQL's rule for unknown literals: text where any candidate takes text, else the category that all agree on.
void ApplyUnknownRule(std::vector<Candidate>& candidates, std::span<const ArgumentShape> arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].type.is(TypeKind::kUnknown)) continue;
    const auto category_of = [&](const Candidate& c) { return CategoryOf(c.match.targets[i]); };
    TypeCategory category = category_of(candidates[0]);
    bool agreed = true;
    for (const Candidate& candidate : candidates) {
      if (category_of(candidate) == TypeCategory::kString) {
        category = TypeCategory::kString;
        agreed = true;
        break;
      }
      agreed &= category_of(candidate) == category;
    }
    if (!agreed) return;
    std::erase_if(candidates, [&](const Candidate& c) { return category_of(c) != category; });
    const auto preferred = [&](const Candidate& c) { return IsPreferredType(c.match.targets[i]); };
    if (std::any_of(candidates.begin(), candidates.end(), preferred)) {
      std::erase_if(candidates, [&](const Candidate& c) { return !preferred(c); });
    }
  }
}

// The type that all known arguments have; empty when they differ or all are unknown.
std::optional<Type> OneKnownType(std::span<const ArgumentShape> arguments) {
  std::optional<Type> out;
  for (const ArgumentShape& argument : arguments) {
    if (argument.type.is(TypeKind::kUnknown)) continue;
    if (out && !(*out == argument.type)) return std::nullopt;
    out = argument.type;
  }
  return out;
}

// Candidates that take `type` as it is at every position.
std::vector<Candidate> TakingOnly(const std::vector<Candidate>& candidates, const Type& type) {
  std::vector<Candidate> out;
  for (const Candidate& candidate : candidates) {
    const bool fits = std::all_of(candidate.match.targets.begin(), candidate.match.targets.end(),
                                  [&](const Type& target) { return target.kind() == type.kind(); });
    if (fits) out.push_back(candidate);
  }
  return out;
}

}  // namespace

std::optional<OverloadMatch> ResolveOverload(const Registry& registry, std::string_view name,
                                             std::span<const OverloadShape> overloads,
                                             std::span<const ArgumentShape> arguments, int64_t position) {
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < overloads.size(); ++i) {
    std::optional<Candidate> candidate = Match(registry, overloads[i], arguments);
    if (!candidate) continue;
    candidate->match.index = i;
    candidates.push_back(std::move(*candidate));
  }
  if (candidates.empty()) return std::nullopt;
  const auto exact_count = [](const Candidate& c) {
    return static_cast<int>(std::count(c.exact.begin(), c.exact.end(), true));
  };
  const size_t unknowns = static_cast<size_t>(std::count_if(
      arguments.begin(), arguments.end(), [](const ArgumentShape& a) { return a.type.is(TypeKind::kUnknown); }));

  // An operator with one literal of unknown type first assumes that both sides are alike.
  if (candidates.size() > 1 && arguments.size() == 2 && unknowns == 1 && IsOperatorName(name)) {
    const Type& type = arguments[arguments[0].type.is(TypeKind::kUnknown) ? 1 : 0].type;
    if (std::vector<Candidate> alike = TakingOnly(candidates, type); !alike.empty()) candidates = std::move(alike);
  }
  if (candidates.size() > 1) KeepBest(candidates, exact_count);
  if (candidates.size() > 1) {
    KeepBest(candidates, [&](const Candidate& c) {
      int score = 0;
      for (size_t i = 0; i < arguments.size(); ++i) {
        const Type& from = arguments[i].type;
        if (from.is(TypeKind::kUnknown)) continue;
        const Type& to = c.match.targets[i];
        score += c.exact[i] || (IsPreferredType(to) && CategoryOf(to) == CategoryOf(from)) ? 1 : 0;
      }
      return score;
    });
  }
  if (candidates.size() > 1 && unknowns > 0) {
    ApplyUnknownRule(candidates, arguments);
    if (candidates.size() > 1) {
      if (const std::optional<Type> known = OneKnownType(arguments)) {
        if (std::vector<Candidate> alike = TakingOnly(candidates, *known); !alike.empty())
          candidates = std::move(alike);
      }
    }
  }
  // Fixed signatures before polymorphic ones, plain ones before variadic ones.
  if (candidates.size() > 1) KeepBest(candidates, [](const Candidate& c) { return c.polymorphic ? 0 : 1; });
  if (candidates.size() > 1) KeepBest(candidates, [](const Candidate& c) { return c.variadic ? 0 : 1; });
  if (candidates.size() > 1 && unknowns < arguments.size()) {
    KeepBest(candidates, [&](const Candidate& c) {
      int distance = 0;
      for (size_t i = 0; i < arguments.size(); ++i) distance += CastDistance(arguments[i].type, c.match.targets[i]);
      return 10'000 - distance;
    });
  }
  if (candidates.size() > 1) {
    const bool is_operator = IsOperatorName(name);
    throw Error::User(sqlstate::kAmbiguousFunction, "{}",
                      is_operator ? fmt::format("operator is not unique: {}", CallText(name, arguments))
                                  : fmt::format("function {} is not unique", CallText(name, arguments)))
        .WithHint(fmt::format("Could not choose a best candidate {}. You might need to add explicit type casts.",
                              is_operator ? "operator" : "function"))
        .WithDetail("Candidates: " + CandidatesText(name, overloads))
        .WithPosition(position);
  }
  return std::move(candidates[0].match);
}

Type ResultType(const TypePattern& result, const OverloadMatch& match) {
  switch (result.kind()) {
    case TypePattern::Kind::kExact:
      return result.type();
    case TypePattern::Kind::kAnyElement:
      return match.element;
    case TypePattern::Kind::kAnyValue:
      return match.value;
    case TypePattern::Kind::kAnyList:
      return Type::List(match.element);
    case TypePattern::Kind::kAnyMap:
      return Type::Map(match.element, match.value);
    case TypePattern::Kind::kDecimal:
      for (const Type& type : match.targets) {
        if (type.is(TypeKind::kDecimal)) return type;
      }
      break;
    case TypePattern::Kind::kAnyStruct:
      for (const Type& type : match.targets) {
        if (type.is(TypeKind::kStruct)) return type;
      }
      break;
    default:
      break;
  }
  throw Error::Internal("result pattern without a type: {}", result.ToString());
}

std::string CallText(std::string_view name, std::span<const ArgumentShape> arguments) {
  if (IsOperatorName(name)) {
    if (arguments.size() == 1) return fmt::format("{} {}", name, TypeText(arguments[0].type));
    if (arguments.size() == 2) {
      return fmt::format("{} {} {}", TypeText(arguments[0].type), name, TypeText(arguments[1].type));
    }
  }
  std::string out = fmt::format("{}(", name);
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i != 0) out += ", ";
    out += TypeText(arguments[i].type);
  }
  return out + ')';
}

std::string CandidatesText(std::string_view name, std::span<const OverloadShape> overloads) {
  std::string out;
  for (const OverloadShape& shape : overloads) {
    if (!out.empty()) out += ", ";
    out += fmt::format("{}(", name);
    const size_t required = shape.parameters->size() - std::min(shape.parameters->size(), shape.optional_parameters);
    for (size_t i = 0; i < shape.parameters->size(); ++i) {
      if (i >= required) out += i == 0 ? "[" : " [";
      if (i != 0) out += ", ";
      out += (*shape.parameters)[i].ToString();
      if (i >= required) out += ']';
    }
    if (shape.variadic) out += ", ...";
    out += ')';
  }
  return out;
}

}  // namespace weir
