#pragma once

#include <span>

#include "expr/function.h"
#include "types/type.h"
#include "types/value.h"

namespace weir {

// The kernel of `x IN (constants)` for x of `type` (kPropagate, cannot fail). NULL when x is not found and the set
// holds a NULL. Integers of a narrow range become a bitmap, other scalars a hash set.
ScalarKernel InKernel(const Type& type, std::span<const Value> set);

}  // namespace weir
