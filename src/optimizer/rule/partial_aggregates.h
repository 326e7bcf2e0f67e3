#pragma once

#include <vector>

#include "expr/registry.h"
#include "optimizer/rule/copy_plan.h"

namespace weir {

// Whether the call over all rows follows from the call over parts of them, and computing it for parts cannot fail
// where the whole does not.
bool IsDecomposable(const AggregateCall& call);

// Calls over the results of `IsDecomposable` calls for parts of the rows.
class PartialTotals {
 public:
  PartialTotals(const Registry& registry, FreshIds& ids) : registry_(registry), ids_(ids) {}
  // Adds the call that makes of `part`, a column of results of `call`, the result of all; what that result is.
  ExprPtr Add(const AggregateCall& call, const ExprPtr& part);

  std::vector<AggregateCall> calls;
  std::vector<PlanColumn> columns;

 private:
  const Registry& registry_;
  FreshIds& ids_;
};

}  // namespace weir
