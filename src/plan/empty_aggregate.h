#pragma once

#include "expr/expr.h"

namespace weir {

// What the aggregate gives for no rows: 0 for counts, NULL for most.
Value EmptyAggregateValue(const AggregateCall& call);

}  // namespace weir
