#pragma once

#include "optimizer/optimizer.h"

namespace weir {

// Aggregates over a join whose arguments come from one side are computed per group of that side's join keys below it,
// and put together above (eager aggregation; Yan and Larson, VLDB 1995), where that is estimated to leave few rows to
// be joined. Likewise below the copies of rows that grouping sets are made of: sets are then grouped from the groups of
// all their keys.
LogicalPtr PushAggregates(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
