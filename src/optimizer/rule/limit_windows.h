#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// A filter "rank() <= k" right above a window of rankings says that the window need not put out more rows.
LogicalPtr LimitWindows(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
