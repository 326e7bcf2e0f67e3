#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Removes outer joins of which no column is used and whose other side has at most one match per row, or where the
// number of equal rows does not matter.
LogicalPtr RemoveJoins(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
