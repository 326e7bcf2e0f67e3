#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// ((doc -> 'a') -> 'b') ->> 'c' becomes doc #>> '{a,b,c}', and several such parts of one value in a node are taken by
// one json_parts(...): each text is gone over once.
LogicalPtr ReadJsonOnce(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
