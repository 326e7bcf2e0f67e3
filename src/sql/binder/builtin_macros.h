#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace weir {

// Functions that are short for an expression of others: names of other dialects, mostly. The binder puts the arguments
// into the text and binds that.
struct BuiltinMacro {
  std::string_view family;
  std::string_view name;
  std::string_view parameters;  // "list, n": how many there are is how many arguments it takes
  std::string_view body;        // {0} is the first argument, {1*} the second and all behind it
  std::string_view description;
  std::string_view example;
  std::string_view example_result;

  size_t parameter_count() const;
  bool is_variadic() const { return parameters.ends_with("..."); }
};

std::span<const BuiltinMacro> BuiltinMacros();
// By name and number of arguments; null when there is none.
const BuiltinMacro* FindBuiltinMacro(std::string_view name, size_t arguments);
// `arguments` are SQL texts.
std::string ExpandMacro(const BuiltinMacro& macro, std::span<const std::string> arguments);

}  // namespace weir
