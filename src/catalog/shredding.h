#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/table.h"

namespace weir {

// Entries of a map column that a table also keeps in columns of their own, so that map['key'] reads one small column.
// The table's property "shredded.<map column>" = "column=key, column=key" names them. Whoever writes rows fills such
// a column from the map (storage/shred_maps.h), whatever the rows say, so both always tell the same.
struct ShreddedColumn {
  size_t map = 0;  // positions among the table's columns
  size_t column = 0;
  std::string key;
};

inline constexpr std::string_view kShreddedPrefix = "shredded.";

std::vector<ShreddedColumn> ShreddedColumns(const TableDef& table);

// For the catalog's editor: throws 42P16 when a property says what cannot be, ...
void CheckShredding(const TableDef& table);
// ... and keeps the properties true when a column goes or gets another name.
void DropFromShredding(TableDef& table, std::string_view column);
void RenameInShredding(TableDef& table, std::string_view column, std::string_view new_name);

}  // namespace weir
