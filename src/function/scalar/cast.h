#pragma once

#include "column/chunk.h"
#include "expr/registry.h"

namespace weir {

// Every cast between types; nested ones go element by element through the registry.
void RegisterCasts(Registry& registry);

void RegisterNumericCasts(Registry& registry);
void RegisterTextCasts(Registry& registry);
void RegisterTemporalCasts(Registry& registry);
void RegisterNestedCasts(Registry& registry);

}  // namespace weir
