#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Several sums of linear functions of one integer column, sum(x), sum(x + 1), sum(2 * x - 3), are made of one sum and
// one count. Only where no row can overflow by what is known of the column.
LogicalPtr SplitSums(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
