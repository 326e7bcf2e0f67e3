#pragma once

namespace weir {

class Registry;

// Functions of booleans that are no nodes of their own.
void RegisterBooleanFunctions(Registry& registry);

}  // namespace weir
