#pragma once

#include <vector>

#include "catalog/shredding.h"
#include "column/chunk.h"

namespace weir {

// Fills the columns that keep single entries of maps: NULL where the map is NULL, has no such key, or NULL for it.
// The chunk's columns are the table's; it has no selection. Texts are shared with the maps.
Chunk ShredMaps(const std::vector<ShreddedColumn>& shredded, const Chunk& chunk);

}  // namespace weir
