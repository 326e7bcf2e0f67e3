#pragma once

#include <cstdint>
#include <memory>

#include "algo/join_table.h"
#include "exec/operator.h"
#include "exec/operator/join_plan.h"

namespace weir {

// What a probe looks into: all build rows, one partition of them, or a part of that. Borrowed.
struct JoinProbeTarget {
  const HashJoinPlan& plan;
  const JoinTable& table;
  // Of the whole build side: there is a row, maybe one that the table did not keep because its key is NULL; there is
  // such a one.
  bool has_rows = false;
  bool has_null_key = false;
};

// For probe rows that meet the build rows in several passes: what the passes so far have found out about the rows of
// the next chunk, which has no selection.
struct JoinPasses {
  static constexpr uint8_t kMatched = 1;
  static constexpr uint8_t kUnknown = 2;  // the condition was NULL for some build row
  uint8_t* found = nullptr;               // per row
  bool last = true;                       // this pass is the last one: rows come out as far as they depend on all
};

// The probing operator for the join's kind. `passes` null: one pass. All is borrowed.
std::unique_ptr<TransformOperator> MakeHashJoinProbe(const JoinProbeTarget& target, const QueryContext& query,
                                                     const JoinPasses* passes = nullptr);

}  // namespace weir
