#pragma once

#include <memory>

#include "exec/operator/hash_join_probe.h"
#include "exec/operator/join_spill.h"

namespace weir {

// A probe of what is in memory that puts rows of other partitions aside, on disk. Borrows the target's parts.
std::unique_ptr<TransformOperator> MakeProbeWithAside(const JoinProbeTarget& target, std::shared_ptr<JoinSpill> spill,
                                                      const QueryContext& query);

}  // namespace weir
