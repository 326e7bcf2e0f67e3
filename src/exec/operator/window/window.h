#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "algo/key_hash.h"
#include "algo/sort.h"
#include "exec/operator.h"
#include "exec/operator/window/evaluator.h"
#include "plan/physical.h"

namespace weir {

// Window functions. Every driver of the sink puts its rows into buckets by the hash of the partition keys; when all
// have ended, the rows of a bucket are sorted together, buckets in parallel, which is when the source's drivers compute
// the calls, a bucket at a time, and put rows out. Without partition keys drivers sort runs of their own, which are
// merged in parallel. Large buckets are prepared before the source starts, so that drivers share their rows.
//
// With a limit, buckets are cut back to the rows within it as they grow.
class WindowSink final : public SinkFactory {
 public:
  WindowSink(const PhysicalWindow& node, const std::vector<Type>& input);
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;
  std::optional<size_t> PrepareStage(QueryContext& query, size_t stage) override;
  void RunTask(QueryContext& query, size_t stage, size_t task) override;

 private:
  friend class WindowSorter;
  friend class WindowSource;
  friend class WindowRowReader;

  // One driver's rows of one bucket.
  struct Bucket {
    std::unique_ptr<RowBlocks> rows;
    size_t cut_at = 0;  // rows at which the limit is applied
  };
  struct DriverRows {
    std::vector<Bucket> buckets;
    std::shared_ptr<RowHeap> heap;
    ScopedReservation heap_bytes;
    bool has_null = false;         // in the first key
    std::unique_ptr<SortRun> run;  // instead of buckets
  };
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
  void Take(std::unique_ptr<DriverRows> rows);  // thread-safe
  // Leaves the rows of a bucket that the limit lets through.
  void Cut(Bucket& bucket, bool has_null) const;
  void SortBucket(size_t bucket);
  void MakeEvaluators(Block& block) const;
  void PlanWork();

  const PhysicalWindow& node_;
  std::shared_ptr<const SortLayout> layout_;
  const int bucket_bits_;
  std::mutex mutex_;  // guards drivers_ while they hand their rows over
  std::vector<std::unique_ptr<DriverRows>> drivers_;
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
  size_t drivers_max() const override { return sink_->work_.size(); }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;
  void ReportTo(obs::ProfileNode& profile) override;

 private:
  friend class WindowRowReader;
  const std::shared_ptr<WindowSink> sink_;
  std::atomic<size_t> next_{0};
};

}  // namespace weir
