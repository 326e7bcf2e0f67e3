#pragma once

#include <string>

#include "column/column.h"
#include "types/text.h"

namespace weir {

// Appends the text that clients get of a value that is not NULL. Types of the plain kinds go without a Value.
void AppendCellText(const ColumnView& view, const Type& type, size_t row, const TextOptions& text, std::string& out);
// The same as JSON: numbers and booleans as such, lists and structs as arrays and objects, the rest as strings; NULL is
// null.
void AppendCellJson(const ColumnView& view, const Type& type, size_t row, const TextOptions& text, std::string& out);

}  // namespace weir
