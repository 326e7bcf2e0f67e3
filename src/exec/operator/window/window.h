#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "algo/sort.h"
#include "exec/operator.h"
#include "exec/operator/external_sort.h"
#include "exec/operator/window/evaluator.h"
#include "exec/operator/window/window_rows.h"
#include "plan/physical.h"

namespace weir {

// Window functions. Every driver of the sink puts its rows into buckets by the hash of the partition keys; when all
// have ended, the rows of a bucket are sorted together, buckets in parallel, which is when the source's drivers compute
// the calls, a bucket at a time, and put rows out. Without partition keys drivers sort runs of their own, which are
// merged in parallel. Large buckets are prepared before the source starts, so that drivers share their rows.
//
// With a limit, buckets are cut back to the rows within it as they grow. When memory is tight rows go to disk as sorted
// runs, which SpilledWindowReader reads.
class WindowSink final : public SinkFactory {
 public:
  WindowSink(const PhysicalWindow& node, const std::vector<Type>& input, SpillArea* spill);
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;
  std::optional<size_t> PrepareStage(QueryContext& query, size_t stage) override;
  void RunTask(QueryContext& query, size_t stage, size_t task) override;

 private:
  friend class WindowSource;
  friend class WindowRowReader;

  // A bucket's sorted rows with what computes the calls over them.
  struct Block {
    std::unique_ptr<SortedRows> rows;
    std::vector<std::unique_ptr<WindowEvaluator>> evaluators;
  };
  struct Work {
    std::shared_ptr<Block> block;
    size_t begin = 0;
    size_t end = 0;
  };

  bool sorts_runs() const { return node_.hash_keys == 0 && !node_.limit.has_value(); }
  // What the calls need besides the rows, about.
  int64_t EvaluationBytes(size_t rows) const;
  void TakeRows();
  void SortBucket(size_t bucket);
  void MakeEvaluators(Block& block) const;
  void PlanWork();

  const PhysicalWindow& node_;
  std::shared_ptr<const SortLayout> layout_;
  const int bucket_bits_;
  const std::shared_ptr<SortRuns> runs_;
  bool has_spilled_ = false;
  std::vector<std::unique_ptr<WindowRows>> drivers_;
  Owners heaps_;
  std::shared_ptr<SortMerge> merge_;
  BigArray merged_;
  std::vector<size_t> merge_offsets_;  // of each partition of the merge, in merged_
  std::vector<std::shared_ptr<Block>> blocks_;
  std::vector<Block*> large_;
  size_t range_rows_ = 0;
  std::vector<Work> work_;
};

class WindowSource final : public SourceFactory {
 public:
  explicit WindowSource(std::shared_ptr<WindowSink> sink) : sink_(std::move(sink)) {}
  size_t drivers_max() const override { return sink_->has_spilled_ ? 1 : sink_->work_.size(); }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;
  void ReportTo(obs::ProfileNode& profile) override;

 private:
  friend class WindowRowReader;
  const std::shared_ptr<WindowSink> sink_;
  std::atomic<size_t> next_{0};
};

// The rows of a chunk whose result is within the node's limit; calls' results come from column `first_call` on.
Chunk WithinLimit(const PhysicalWindow& node, const Chunk& chunk, size_t first_call);

}  // namespace weir
