#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "exec/query_context.h"
#include "exec/runtime_filter/runtime_filter.h"
#include "exec/runtime_filter/top_n_bound.h"
#include "expr/evaluator.h"
#include "plan/physical.h"

namespace weir {

// What a scan must test rows by, as positions among the columns that the test is shown. Immutable; shared by drivers.
struct ScanFilterPlan {
  std::vector<ExprPtr> conjuncts;  // over those columns
  struct Runtime {
    std::shared_ptr<RuntimeFilterSlot> slot;
    size_t column;
  };
  std::vector<Runtime> runtime;
  std::shared_ptr<const TopNBound> bound;  // null: none
  size_t bound_column = 0;
  bool empty() const { return conjuncts.empty() && runtime.empty() && bound == nullptr; }
  // Some runtime filter lets nothing pass. Once they are complete.
  bool nothing_passes() const;
};

// Applies a plan to chunks, in steps: the bound of a TopN, conjuncts in order, then runtime filters as long as they
// pay. One per driver; borrows the plan.
class ScanRowFilter {
 public:
  ScanRowFilter(const ScanFilterPlan& plan, const QueryContext& query);
  // As of ScanFilter.
  size_t step_count() const { return 1 + conjuncts_.size() + runtime_.size(); }
  std::optional<size_t> ColumnsOf(size_t step) const;
  SelectionPtr Apply(size_t step, const Chunk& chunk);
  // The rows of the chunk that pass all steps; null: all.
  SelectionPtr operator()(const Chunk& chunk);
  // Rows that runtime filters have dropped.
  uint64_t rows_dropped_by_runtime_filters() const { return dropped_; }

 private:
  struct Runtime {
    std::shared_ptr<const RuntimeFilter> filter;
    size_t column;
    RuntimeFilter::Scratch scratch;
    uint64_t rows_in = 0;
    uint64_t rows_out = 0;
    bool pays() const;
  };
  SelectionPtr ApplyRuntime(Runtime& runtime, const Chunk& chunk);

  const ScanFilterPlan& plan_;
  Evaluator conjuncts_;
  std::vector<size_t> conjunct_columns_;  // the first ones, that each looks at
  std::vector<Runtime> runtime_;
  uint64_t dropped_ = 0;
};

}  // namespace weir
