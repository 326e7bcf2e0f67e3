#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// map['key'] becomes the column that the table keeps that entry in (catalog/shredding.h), where there is one: the map,
// often the widest column of all, need not be read. Both are NULL for the same rows.
LogicalPtr ReadShredded(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
