#pragma once

#include <vector>

#include "optimizer/columns.h"

namespace weir {

// For each child of the node, its columns that are needed when `required` are needed of the node.
std::vector<ColumnSet> RequiredOfChildren(const LogicalNode& node, const ColumnSet& required);

}  // namespace weir
