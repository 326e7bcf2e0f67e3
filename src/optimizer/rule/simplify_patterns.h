#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// LIKE without wildcards is an equality; regular expressions of plain text are LIKE or equalities, which need no
// automaton and can prune by prefix.
LogicalPtr SimplifyPatterns(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
