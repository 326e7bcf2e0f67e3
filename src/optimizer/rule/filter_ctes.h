#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Of a common table expression only rows are computed that one of its readers may keep: what each of them demands of a
// column becomes a condition of the definition, either the one or the other, and is pushed on from there.
LogicalPtr FilterCtes(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
