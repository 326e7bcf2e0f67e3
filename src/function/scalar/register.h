#pragma once

namespace weir {

class Registry;

// One function per family file; RegisterScalarFunctions calls them all.
void RegisterScalarFunctions(Registry& registry);

void RegisterStringFunctions(Registry& registry);
void RegisterStringSearchFunctions(Registry& registry);
void RegisterStringConcatFunctions(Registry& registry);
void RegisterEncodingFunctions(Registry& registry);
void RegisterLikeFunctions(Registry& registry);
void RegisterRegexpFunctions(Registry& registry);

}  // namespace weir
