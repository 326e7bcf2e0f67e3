#pragma once

#include <string>

#include "obs/profile.h"
#include "plan/physical.h"
#include "server/statement/explain_options.h"

namespace weir {

// Times and sizes of a whole statement, as far as they are known.
struct ExplainSummary {
  int64_t planning_nanos = 0;
  int64_t execution_nanos = 0;
  int64_t cpu_nanos = 0;
  int64_t memory_bytes_peak = 0;
  uint64_t rows = 0;
};

// EXPLAIN (FORMAT json): an array of one object with PostgreSQL's keys ("Plan", "Node Type", "Plan Rows", "Actual
// Rows", "Plans", "Execution Time"), so that its viewers can read them, and some of our own.
std::string ExplainJson(const PhysicalNode& plan, const ExplainOptions& options, const ExplainSummary& summary);
std::string ExplainJson(const obs::ProfileNode::Snapshot& profile, const ExplainOptions& options,
                        const ExplainSummary& summary);

}  // namespace weir
