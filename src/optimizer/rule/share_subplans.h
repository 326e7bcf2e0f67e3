#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Joins and aggregates that occur more than once with the same inputs become a common table expression, where reading
// its rows again is cheaper than computing them again.
LogicalPtr ShareSubplans(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
