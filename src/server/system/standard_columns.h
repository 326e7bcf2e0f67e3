#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "server/system/system_table.h"

namespace weir {

// A table of PostgreSQL's catalogs as clients expect it: its fixed object id (0: none) and all of its columns.
struct StandardTable {
  std::string_view name;
  uint32_t oid;
  std::string_view columns;
};

std::span<const StandardTable> PgCatalogStandard();
std::span<const StandardTable> InformationSchemaStandard();

// Completes `tables`: those that are missing come without rows, columns that are missing come behind the others and
// are NULL (RowWriter::EndRow), so that a client's query over what Weir has none of finds nothing instead of failing.
void AddStandardTables(std::span<const StandardTable> standard, std::vector<SystemTableDef>& tables);

// The columns of one of them, in PostgreSQL's order.
Schema StandardColumns(std::span<const StandardTable> standard, std::string_view name);

// The object id that clients know a table of pg_catalog by; 0 for others.
uint64_t StandardOid(std::string_view name);

}  // namespace weir
