#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Turns every Apply into joins, after Neumann and Kemper, "Unnesting Arbitrary Queries" (BTW 2015):
// conditions that refer outwards move into the join where they can; otherwise the right side is computed once for
// all distinct values of the columns that it refers to, and joined back on these.
LogicalPtr UnnestSubqueries(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
