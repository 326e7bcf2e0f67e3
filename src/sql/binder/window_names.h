#pragma once

#include <optional>
#include <string_view>

#include "plan/window.h"

namespace weir {

// The function that only a window computes; nullopt for other names.
std::optional<WindowFunction> WindowFunctionOf(std::string_view name);
inline bool IsWindowFunction(std::string_view name) {
  return WindowFunctionOf(name).has_value();
}

}  // namespace weir
