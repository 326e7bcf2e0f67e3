#pragma once

#include <vector>

#include "optimizer/optimizer.h"

namespace weir {

// Those filters of a scan (conjuncts over its columns by position) that compare a column with constants, and what
// others imply of that kind: a LIKE with a literal prefix, a cast or date_trunc of a column that is monotonic.
std::vector<ColumnPredicate> ExtractPredicates(const std::vector<ExprPtr>& filters, const OptimizerContext& context);

}  // namespace weir
