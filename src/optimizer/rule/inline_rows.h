#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// A join with a single row of constants is a projection and a filter: subqueries that are known become constants of the
// conditions above, which storage can prune by.
LogicalPtr InlineRows(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
