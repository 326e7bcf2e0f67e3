#pragma once

#include <vector>

#include "expr/registry.h"
#include "optimizer/rule/copy_plan.h"

namespace weir {

// Whether the call over all rows follows from calls over parts of them, and computing those cannot fail where the whole
// does not.
bool IsDecomposable(const AggregateCall& call);

// Calls over parts of the rows, and the calls over their results that stand for those over all rows.
class PartialAggregates {
 public:
  PartialAggregates(const Registry& registry, FreshIds& ids) : registry_(registry), ids_(ids) {}
  // Adds what a decomposable call needs; its result, of `total_columns`.
  ExprPtr Add(const AggregateCall& call);

  std::vector<AggregateCall> parts;
  std::vector<PlanColumn> part_columns;
  std::vector<AggregateCall> totals;  // over part_columns
  std::vector<PlanColumn> total_columns;

 private:
  ExprPtr AddSimple(const AggregateCall& call);
  ExprPtr AddAverage(const AggregateCall& call);

  const Registry& registry_;
  FreshIds& ids_;
};

}  // namespace weir
