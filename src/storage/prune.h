#pragma once

#include <cstdint>

#include "catalog/statistics.h"
#include "storage/scan_spec.h"

namespace weir {

// False when no row with such statistics can satisfy the predicate, so that its part may be skipped. `rows` is how
// many rows the statistics are of.
bool MayMatch(const ScanPredicate& predicate, const ColumnStatistics& statistics, uint64_t rows);

}  // namespace weir
