#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// What several conditions on one value say together: of two bounds the tighter one, of lists what is in all of them,
// an equality instead of all that it implies, and false where no value is left. Estimates multiply and scans test each
// condition, so what says nothing new makes both worse; a contradiction needs no rows at all.
LogicalPtr MergeConditions(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
