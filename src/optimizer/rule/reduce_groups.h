#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Leaves out grouping keys that are constant or equal to another key, and DISTINCT over rows that are distinct anyway.
LogicalPtr ReduceGroups(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
