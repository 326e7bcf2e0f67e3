#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Takes sorts out of subqueries (views with an ORDER BY, mostly) whose rows are grouped, looked up, compared as sets or
// sorted again. Where the order could be seen in the result it stays, also where the standard would not promise it.
LogicalPtr RemoveSorts(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
