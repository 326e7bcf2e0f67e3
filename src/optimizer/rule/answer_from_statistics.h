#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// count(*), count, min and max over all rows of a table or of files, where the bounds and counts of their parts are
// known to be exact, become constants.
LogicalPtr AnswerFromStatistics(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
