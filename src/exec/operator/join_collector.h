#pragma once

#include <memory>

#include "exec/operator/hash_join.h"

namespace weir {

// One driver's part of a join's build side: collects rows, and lets those of partitions that do not fit go to disk.
std::unique_ptr<SinkOperator> MakeJoinCollector(HashJoinBuild& shared, const QueryContext& query);

}  // namespace weir
