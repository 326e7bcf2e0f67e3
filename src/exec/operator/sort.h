#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "algo/sort.h"
#include "algo/top_n.h"
#include "exec/operator.h"
#include "exec/operator/external_sort.h"
#include "exec/operator/late_columns.h"
#include "exec/runtime_filter/top_n_bound.h"
#include "plan/physical.h"

namespace weir {

// The order of a sort as columns: keys that are no plain columns of the child are computed into further columns, which
// do not come out again. Immutable; shared by drivers.
class SortPlan {
 public:
  SortPlan(const std::vector<Type>& types, const std::vector<SortKey>& keys);
  const std::shared_ptr<const SortLayout>& layout() const { return layout_; }
  // Expressions of the further columns.
  const std::vector<ExprPtr>& computed() const { return computed_; }
  size_t output_columns() const { return output_columns_; }
  Chunk Output(Chunk sorted) const;

 private:
  size_t output_columns_;
  std::vector<ExprPtr> computed_;
  std::shared_ptr<const SortLayout> layout_;
};

// ORDER BY: each driver sorts a run, or several that go to disk when memory is tight; one driver merges them into the
// result, so that order is kept from there on.
class SortSink final : public SinkFactory {
 public:
  SortSink(const std::vector<Type>& types, const std::vector<SortKey>& keys, SpillArea* spill)
      : plan_(types, keys), runs_(std::make_shared<SortRuns>(plan_.layout(), spill)) {}
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;
  std::optional<size_t> PrepareStage(QueryContext& query, size_t stage) override;
  void RunTask(QueryContext& query, size_t stage, size_t task) override;
  const SortPlan& plan() const { return plan_; }
  const std::shared_ptr<SortRuns>& runs() const { return runs_; }
  const SortMerge& merge() const { return *merge_; }  // of the runs in memory

 private:
  const SortPlan plan_;
  const std::shared_ptr<SortRuns> runs_;
  std::optional<SortMerge> merge_;
};

class SortSource final : public SourceFactory {
 public:
  explicit SortSource(std::shared_ptr<SortSink> sink) : sink_(std::move(sink)) {}
  size_t drivers_max() const override { return 1; }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  const std::shared_ptr<SortSink> sink_;
};

// ORDER BY with LIMIT: each driver keeps the best rows; the last one to end has them all merged.
class TopNSink final : public SinkFactory {
 public:
  TopNSink(const std::vector<Type>& types, const std::vector<SortKey>& keys, uint64_t limit, uint64_t offset);
  // Tells the scan below how far rows are wanted. Before it runs.
  void set_bound(std::shared_ptr<TopNBound> bound) { bound_ = std::move(bound); }
  TopNBound* bound() const { return bound_.get(); }
  // The same for an aggregation below.
  void set_group_bound(std::shared_ptr<TopNGroupBound> bound) { group_bound_ = std::move(bound); }
  TopNGroupBound* group_bound() const { return group_bound_.get(); }
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;
  const SortPlan& plan() const { return plan_; }
  size_t rows_max() const { return rows_max_; }
  uint64_t offset() const { return offset_; }
  void Take(std::unique_ptr<TopN> rows);  // thread-safe
  // Complete only; once.
  std::optional<SortedScan> Finish();

 private:
  const SortPlan plan_;
  const size_t rows_max_;
  const uint64_t offset_;
  std::shared_ptr<TopNBound> bound_;
  std::shared_ptr<TopNGroupBound> group_bound_;
  std::mutex mutex_;  // guards best_ while drivers hand theirs over
  std::unique_ptr<TopN> best_;
};

class TopNSource final : public SourceFactory {
 public:
  // `late` has the columns that the sink's rows lack; null: none.
  TopNSource(std::shared_ptr<TopNSink> sink, std::shared_ptr<const LateColumns> late)
      : sink_(std::move(sink)), late_(std::move(late)) {}
  size_t drivers_max() const override { return 1; }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  const std::shared_ptr<TopNSink> sink_;
  const std::shared_ptr<const LateColumns> late_;
};

}  // namespace weir
