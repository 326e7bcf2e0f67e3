#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/evaluator.h"
#include "expr/registry.h"
#include "optimizer/stats/scan_details.h"
#include "plan/logical.h"
#include "plan/physical.h"

namespace weir {

// What the optimizer may know and how it is told to behave. Borrowed for the call.
struct OptimizerContext {
  const Registry& registry;
  const StatementContext& statement;
  // Names of passes that are switched off (SET optimizer_disabled = '...').
  std::set<std::string, std::less<>> disabled;
  // Now, in ns, for the timers of the passes; unset: not timed.
  std::function<int64_t()> now;
  // Check the plan after every pass (SET optimizer_verify = on); debug and sanitizer builds always do.
  bool verify = false;
  // Null: nothing is known beyond what the scans say.
  const ScanDetails* details = nullptr;
};

// One step over the whole plan. Passes of a phase work towards the same aim.
struct OptimizerPass {
  std::string_view phase;
  std::string_view name;
  std::string_view reason;
  bool required;  // plans that skip it cannot be executed
  LogicalPtr (*run)(const LogicalPtr& plan, const OptimizerContext& context);
};

// All passes in the order they run.
std::span<const OptimizerPass> OptimizerPasses();

struct PassTrace {
  std::string_view name;
  int64_t nanos = 0;
  bool changed = false;
};

// With `trace`, one entry per pass that ran; then texts of the plan are compared to tell what changed it.
LogicalPtr Optimize(LogicalPtr plan, const OptimizerContext& context, std::vector<PassTrace>* trace = nullptr);

// Checks that every expression refers to columns that its children put out, with their types, that a node's own columns
// are those of its parts, and that the branches of set operations agree. Throws an internal error that names the pass.
void VerifyLogical(const LogicalNode& plan, std::string_view after);

// Chooses operators, sides and runtime filters for an optimized plan, and drops the columns that nobody needs.
PhysicalPtr PlanPhysical(const LogicalPtr& plan, const OptimizerContext& context);

}  // namespace weir
