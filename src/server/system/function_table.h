#pragma once

#include "server/system/definition.h"

namespace weir {

// weir_catalog.functions: every function by each of its names, a row per signature.
SystemTableDef FunctionTable();

}  // namespace weir
