#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Replaces what cannot have rows (a condition that is false, LIMIT 0) and all that then has none by an empty relation,
// and outer joins with one by their other side.
LogicalPtr PruneEmpty(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
