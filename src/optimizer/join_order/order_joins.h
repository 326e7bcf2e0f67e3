#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Orders each region of inner, left, semi and anti joins: by dynamic programming over connected subgraphs up to
// kExactRelationsMax relations (Moerkotte and Neumann, "Analysis of Two Existing and One New Dynamic Programming
// Algorithm", VLDB 2006), greedily beyond. Which orders are right where not all joins are inner is told by conflict
// rules (join_graph.h). Cost: rows of all intermediate results, and of the sides that hash tables are built from.
LogicalPtr OrderJoins(const LogicalPtr& plan, const OptimizerContext& context);

inline constexpr size_t kExactRelationsMax = 14;

}  // namespace weir
