#pragma once

#include <memory>

#include "exec/operator/hash_join.h"

namespace weir {

// The probing operator for the join's kind.
std::unique_ptr<TransformOperator> MakeHashJoinProbe(HashJoinBuild& build, const QueryContext& query);

}  // namespace weir
