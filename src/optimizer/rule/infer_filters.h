#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// A condition of one column holds for every column that a join equates it with: a = b and a < 5 give b < 5, through any
// number of joins. New conditions are pushed to where they can be tested first.
LogicalPtr InferFilters(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
