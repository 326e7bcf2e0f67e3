#include "function/scalar/core_functions.h"

#include "function/scalar/arithmetic.h"
#include "function/scalar/boolean.h"
#include "function/scalar/cast.h"
#include "function/scalar/comparison.h"
#include "function/scalar/conditional.h"

namespace weir {

void RegisterCoreFunctions(Registry& registry) {
  RegisterCasts(registry);
  RegisterComparisonFunctions(registry);
  RegisterBooleanFunctions(registry);
  RegisterArithmeticFunctions(registry);
  RegisterConditionalFunctions(registry);
}

}  // namespace weir
