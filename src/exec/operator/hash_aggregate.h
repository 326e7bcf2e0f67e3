#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "algo/group_merge.h"
#include "algo/group_table.h"
#include "exec/operator.h"
#include "exec/operator/aggregate_plan.h"
#include "exec/operator/external_aggregate.h"
#include "exec/runtime_filter/top_n_bound.h"

namespace weir {

// GROUP BY in two phases: every driver of the sink pre-aggregates into a table of its own; when all have ended the
// tables are merged by radix partition, in parallel, which is when the source's drivers put groups out.
//
// Calls with DISTINCT or ORDER BY take a detour (see AggregatePlan): their rows are gathered beside the tables,
// de-duplicated or sorted in the sink's stages, and then taken into further tables of the same layout, so that the
// last merge brings all together: a state that was never updated is neutral there.
//
// When memory is tight tables go to disk (SpilledGroups), and the source brings one partition after the other together;
// with such a detour all must fit.
class HashAggregateSink final : public SinkFactory {
 public:
  // `takes_states`: the input is keys and serialised states, not rows (SegmentPartials).
  HashAggregateSink(const PhysicalHashAggregate& node, SpillArea* spill, bool takes_states = false)
      : plan_(node),
        takes_states_(takes_states),
        spilled_(std::make_shared<SpilledGroups>(plan_.layout(), plan_.feeds().empty() ? spill : nullptr)) {}
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;
  std::optional<size_t> PrepareStage(QueryContext& query, size_t stage) override;
  void RunTask(QueryContext& query, size_t stage, size_t task) override;

  const AggregatePlan& plan() const { return plan_; }
  // Complete only. The tables in memory; null: there are none.
  GroupMerge* merge() { return merge_.get(); }
  const std::shared_ptr<SpilledGroups>& spilled() const { return spilled_; }
  bool has_spilled() const { return !spilled_->tables().empty(); }

 private:
  friend class HashAggregator;
  // One driver's gathered rows of one feed.
  struct Gathered {
    std::unique_ptr<GroupTable> distinct;
    std::unique_ptr<SortRun> run;
  };
  struct FeedState {
    std::vector<Gathered> gathered;     // guarded by mutex_ until the drivers have ended
    std::unique_ptr<GroupMerge> merge;  // of distinct ones
  };
  // A task of the feeding stage: a partition of a distinct feed, or a whole ordered one.
  struct FeedTask {
    size_t feed;
    size_t partition;
  };
  void Take(std::unique_ptr<GroupTable> table, std::vector<Gathered> gathered);
  void RunFeed(QueryContext& query, const FeedTask& task);
  void FeedChunk(const AggregatePlan::Feed& feed, const Chunk& chunk, GroupTable& table) const;

  const AggregatePlan plan_;
  const bool takes_states_;
  const std::shared_ptr<SpilledGroups> spilled_;
  std::mutex mutex_;  // guards tables_ and gathered rows while drivers hand them over
  std::vector<std::unique_ptr<GroupTable>> tables_;
  std::vector<FeedState> feeds_;
  std::vector<std::pair<size_t, size_t>> partition_tasks_;  // feed, table
  std::vector<FeedTask> feed_tasks_;
  std::unique_ptr<GroupMerge> merge_;
};

class HashAggregateSource final : public SourceFactory {
 public:
  // `bound`: how far groups are wanted by a TopN above; null: all.
  explicit HashAggregateSource(std::shared_ptr<HashAggregateSink> sink,
                               std::shared_ptr<const TopNGroupBound> bound = nullptr)
      : sink_(std::move(sink)), bound_(std::move(bound)) {}
  size_t drivers_max() const override {
    return sink_->has_spilled() ? SpilledGroups::kPartitions : sink_->merge()->partition_count();
  }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;
  void ReportTo(obs::ProfileNode& profile) override;

 private:
  friend class HashAggregateReader;
  friend class SpilledAggregateReader;
  const std::shared_ptr<HashAggregateSink> sink_;
  const std::shared_ptr<const TopNGroupBound> bound_;
  std::atomic<size_t> next_{0};
};

}  // namespace weir
