#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// count(DISTINCT x) by k becomes a count over the groups of (k, x): one flat hash table instead of a set per group.
// Sets are better for few groups that have other calls beside, as those would be kept for every value of x.
LogicalPtr SplitDistinct(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
