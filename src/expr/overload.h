#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/expr.h"

namespace weir {

class Registry;

// Picking the overload that a call means, by PostgreSQL's rules (documentation 10.2 "Operators", 10.3 "Functions").

// What resolution needs to know of one overload, of a function or of an aggregate.
struct OverloadShape {
  const std::vector<TypePattern>* parameters = nullptr;
  bool variadic = false;
  size_t optional_parameters = 0;
};

// An argument as resolution sees it.
struct ArgumentShape {
  Type type;
  std::string_view literal;  // the text of an unknown literal; empty for NULL and parameters
};

// An overload that fits, with the types that its arguments are to be cast to.
struct OverloadMatch {
  size_t index = 0;
  std::vector<Type> targets;
  Type element;  // what anyelement is bound to; unknown when the overload has none
  Type value;    // the same of anyvalue
};

// Empty when no overload fits; throws kAmbiguousFunction when several fit equally well.
std::optional<OverloadMatch> ResolveOverload(const Registry& registry, std::string_view name,
                                             std::span<const OverloadShape> overloads,
                                             std::span<const ArgumentShape> arguments, int64_t position);

// The concrete type that a result pattern stands for.
Type ResultType(const TypePattern& result, const OverloadMatch& match);

// What a resolver is told of an argument: its value when it is a constant, also a small computed one like -1.
std::optional<Value> ConstantOf(const ExprPtr& expr, const Registry& registry);

// True for names like "+" and "~~".
bool IsOperatorName(std::string_view name);
// "integer + text" or "foo(integer, text)".
std::string CallText(std::string_view name, std::span<const ArgumentShape> arguments);
// "foo(numeric, text [, integer]) or ..." of all overloads.
std::string CandidatesText(std::string_view name, std::span<const OverloadShape> overloads);

}  // namespace weir
