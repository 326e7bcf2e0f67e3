#pragma once

#include <functional>

#include "plan/physical.h"

namespace weir {

// Calls `f` with every expression that the plan's nodes hold, each node's once, from the root down. What WriteNode
// writes: a new kind of node is added in both.
void ForEachPlanExpr(const PhysicalNode& plan, const std::function<void(const ExprPtr&)>& f);

}  // namespace weir
