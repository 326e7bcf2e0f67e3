#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Moves limits below projections (towards sorts, with which they become a TopN) and into the branches of unions.
LogicalPtr PushLimits(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
