#pragma once

namespace weir {

class Registry;

// Everything that the registry is to know: scalar functions, casts and aggregates. Called once at start-up.
void RegisterAllFunctions(Registry& registry);

}  // namespace weir
