#pragma once

#include <string>
#include <string_view>

namespace weir {

// The example of a function, "upper('a')" or "1 + 2", rewritten to call it by one of its aliases: functions for
// functions, operators between or before their arguments. The example itself where it does not say the name in one of
// these ways.
std::string ExampleByAlias(std::string_view example, std::string_view name, std::string_view alias);

}  // namespace weir
