#pragma once

#include "expr/registry.h"

namespace weir {

class Engine;

// Functions that answer from the catalog: obj_description, to_regclass, pg_get_viewdef, pg_table_size and their kin,
// what stands behind casts to and from regclass, and pg_cancel_backend. A registry is made before the engine that
// uses it: until Attach they know no objects and give NULL.
void RegisterCatalogFunctions(Registry& registry);
void AttachCatalogFunctions(Engine& engine);
// The engine that works with a registry; null before Attach.
Engine* EngineOf(const Registry* registry);
// The engine may be gone already.
void DetachCatalogFunctions(const Registry* registry, const Engine* engine);

}  // namespace weir
