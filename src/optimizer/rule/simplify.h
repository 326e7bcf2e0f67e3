#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Folds constants, flattens and prunes AND, OR and NOT, and pulls conjuncts that all branches of an OR share out of it.
LogicalPtr SimplifyPlan(const LogicalPtr& plan, const OptimizerContext& context);
ExprPtr SimplifyExpr(const ExprPtr& expr, const OptimizerContext& context);

}  // namespace weir
