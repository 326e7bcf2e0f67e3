#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// A join of rows with themselves: a semi or anti join that looks for a row's own keys in the table that it came from is
// a condition on the keys, and two aggregates of the same rows by the same keys, joined on the keys, are one aggregate.
// Reports built from parts are full of both, and each costs a scan and a hash table.
LogicalPtr RemoveSelfJoins(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
