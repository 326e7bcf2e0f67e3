#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "algo/group_merge.h"
#include "algo/group_table.h"
#include "exec/operator.h"
#include "exec/operator/aggregate_feeds.h"
#include "exec/operator/aggregate_plan.h"
#include "exec/operator/external_aggregate.h"
#include "exec/runtime_filter/top_n_bound.h"

namespace weir {

// GROUP BY in two phases: every driver of the sink pre-aggregates into a table of its own; when all have ended the
// tables are merged by radix partition, in parallel, which is when the source's drivers put groups out.
//
// Calls with DISTINCT or ORDER BY take a detour (see AggregatePlan): their rows are gathered beside the tables
// (FeedRows) and, de-duplicated or sorted, taken into further tables of the same layout by a pipeline of its own
// (FeedSource into FeedSink), so that the last merge brings all together: a state that was never updated is neutral
// there.
//
// When memory is tight tables and gathered rows go to disk, and the source brings one partition after the other
// together (SpilledGroups).
class HashAggregateSink final : public SinkFactory {
 public:
  // `takes_states`: the input is keys and serialised states, not rows (SegmentPartials).
  HashAggregateSink(const PhysicalHashAggregate& node, SpillArea* spill, bool takes_states = false);
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;
  std::optional<size_t> PrepareStage(QueryContext& query, size_t stage) override;
  void RunTask(QueryContext& query, size_t stage, size_t task) override;

  const AggregatePlan& plan() const { return plan_; }
  bool has_feeds() const { return !feeds_.empty(); }
  // Complete only. The tables in memory; null: there are none.
  GroupMerge* merge() { return merge_.get(); }
  const std::shared_ptr<SpilledGroups>& spilled() const { return spilled_; }
  bool has_spilled() const { return !spilled_->tables().empty(); }
  void ReportTo(obs::ProfileNode& profile) const;

 private:
  friend class HashAggregator;
  friend class FeedSource;
  friend class FeedAggregator;
  friend class FeedSink;
  void Take(std::unique_ptr<GroupTable> table);  // thread-safe
  // Prepares the last merge; the number of tasks.
  size_t PrepareMerge();

  const AggregatePlan plan_;
  const double groups_estimated_;  // below 0: unknown
  const bool takes_states_;
  const std::shared_ptr<SpilledGroups> spilled_;
  std::shared_ptr<GroupCodes> codes_;
  std::vector<std::unique_ptr<FeedRows>> feeds_;
  std::mutex mutex_;  // guards tables_ while drivers hand them over
  std::vector<std::unique_ptr<GroupTable>> tables_;
  std::vector<std::pair<size_t, size_t>> feed_tasks_;  // feed, its task
  std::unique_ptr<GroupMerge> merge_;
};

// Takes the rows of feeds into tables; puts nothing out.
class FeedSource final : public SourceFactory {
 public:
  explicit FeedSource(std::shared_ptr<HashAggregateSink> aggregate) : aggregate_(std::move(aggregate)) {}
  size_t drivers_max() const override;
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  const std::shared_ptr<HashAggregateSink> aggregate_;
};

// Complete when those tables are prepared for the last merge.
class FeedSink final : public SinkFactory {
 public:
  explicit FeedSink(std::shared_ptr<HashAggregateSink> aggregate) : aggregate_(std::move(aggregate)) {}
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;
  std::optional<size_t> PrepareStage(QueryContext& query, size_t stage) override;
  void RunTask(QueryContext& query, size_t stage, size_t task) override;

 private:
  const std::shared_ptr<HashAggregateSink> aggregate_;
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
