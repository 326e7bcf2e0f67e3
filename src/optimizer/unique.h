#pragma once

#include "optimizer/columns.h"

namespace weir {

// Whether no two rows of the plan agree in all of `columns` (NULLs agreeing), as its grouping, distinctness, limits and
// joins prove; false when that is not known. An empty set asks for at most one row.
bool IsUnique(const LogicalNode& plan, const ColumnSet& columns);

// The columns of the join's child `side` that must be equal to a value of the other side for rows to match.
ColumnSet JoinKeys(const LogicalJoin& join, size_t side);

}  // namespace weir
