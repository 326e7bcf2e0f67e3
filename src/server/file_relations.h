#pragma once

#include <optional>

#include "server/engine.h"
#include "sql/binder/context.h"

namespace weir {

// Table functions of the engine: read_parquet, read_csv, read_json, files (StarRocks' FILES) and read_auto (FROM
// 'x.parquet'). Looks at the files for their columns. Nullopt for names that are none of these.
std::optional<ExternalRelation> ResolveTableFunction(Engine& engine, const TableFunctionCall& call);

}  // namespace weir
