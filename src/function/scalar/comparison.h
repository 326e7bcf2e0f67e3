#pragma once

namespace weir {

class Registry;

// = <> < <= > >=, IS [NOT] DISTINCT FROM, for values of every type.
void RegisterComparisonFunctions(Registry& registry);

}  // namespace weir
