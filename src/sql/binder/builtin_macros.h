#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace weir {

// Functions that are short for an expression of others: names of other dialects, mostly. The binder binds the
// arguments, and then the body over them.
struct BuiltinMacro {
  std::string_view family;
  std::string_view name;
  std::string_view parameters;  // "list, n": how many there are is how many arguments it takes
  std::string_view body;        // {0} is the first argument, {1*} the second and all behind it
  std::string_view description;
  std::string_view example;
  std::string_view example_result;

  size_t parameter_count() const;
  // The body's text with names for the arguments.
  std::string Body(std::span<const std::string> arguments) const;
  bool is_aggregate() const { return family == "aggregate"; }
  bool is_variadic() const { return parameters.ends_with("..."); }
};

std::span<const BuiltinMacro> BuiltinMacros();
// By name and number of arguments; null when there is none.
const BuiltinMacro* FindBuiltinMacro(std::string_view name, size_t arguments);

}  // namespace weir
