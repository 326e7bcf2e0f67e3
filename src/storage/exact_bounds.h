#pragma once

#include <string>
#include <vector>

#include "catalog/table.h"
#include "env/file_system.h"
#include "meta/state.h"
#include "storage/footer_cache.h"

namespace weir {

// For each column, whether the bounds that its statistics give are values of rows that there are, and the count of
// NULLs is that of the rows. Texts may be cut short in bounds, and floating numbers have -0.0 and NaN.
std::vector<bool> ExactBounds(const TableDef& def, const TableState& table);
std::vector<bool> ExactBounds(FileSystem& files, FooterCache& footers, const std::vector<std::string>& paths,
                              const Schema& schema);

}  // namespace weir
