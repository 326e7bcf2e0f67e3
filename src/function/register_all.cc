#include "function/register_all.h"

#include "function/aggregate/register.h"
#include "function/jsonpath/register.h"
#include "function/scalar/core_functions.h"
#include "function/scalar/register.h"

namespace weir {

void RegisterAllFunctions(Registry& registry) {
  // The core first: where a family defines the same signature again, the first one stays.
  RegisterCoreFunctions(registry);
  RegisterScalarFunctions(registry);
  RegisterJsonPathFunctions(registry);
  RegisterShortPathFunctions(registry);
  RegisterSqlJsonFunctions(registry);
  RegisterJsonTable(registry);
  RegisterAggregates(registry);
}

}  // namespace weir
