#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Moves conditions towards the scans; outer joins whose extra rows a condition rejects become inner ones, marks that
// are only filtered on become semi and anti joins, and ON conditions of one side move to that side.
LogicalPtr PushFilters(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
