#pragma once

namespace weir {

class Registry;

// The functions by paths into JSON.
void RegisterJsonPathFunctions(Registry& registry);
void RegisterShortPathFunctions(Registry& registry);
void RegisterSqlJsonFunctions(Registry& registry);
void RegisterJsonTable(Registry& registry);

}  // namespace weir
