#pragma once

#include "expr/registry.h"

namespace weir {

// Functions that PostgreSQL's clients use to look around: format_type, pg_table_is_visible, obj_description,
// has_table_privilege and their kin. What they could tell of things that Weir does not have, they answer with NULL.
void RegisterClientFunctions(Registry& registry);

}  // namespace weir
