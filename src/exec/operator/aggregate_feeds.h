#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "algo/group_merge.h"
#include "exec/operator.h"
#include "exec/operator/aggregate_plan.h"
#include "exec/operator/external_aggregate.h"
#include "exec/operator/external_sort.h"

namespace weir {

// The rows of one feed (see AggregatePlan) of all drivers: distinct ones in tables, ordered ones in runs, in memory and
// on disk.
class FeedRows {
 public:
  FeedRows(const AggregatePlan::Feed& feed, SpillArea* spill);
  const AggregatePlan::Feed& feed() const { return feed_; }
  const std::shared_ptr<SpilledGroups>& distinct() const { return distinct_; }  // null: not distinct
  const std::shared_ptr<SortRuns>& runs() const { return runs_; }               // null: not ordered
  bool has_written() const;
  void Add(std::unique_ptr<GroupTable> table);  // thread-safe

  // ---- when no driver collects any more: tasks that run in parallel, once
  size_t PrepareTasks(const std::shared_ptr<MemoryTracker>& tracker);
  void RunTask(size_t task);
  // ---- after those
  size_t drivers_max() const;
  void ReportTo(obs::ProfileNode& profile) const;

 private:
  friend class FeedReader;
  const AggregatePlan::Feed& feed_;
  std::shared_ptr<SpilledGroups> distinct_;
  std::shared_ptr<SortRuns> runs_;
  std::mutex mutex_;  // guards tables_ while drivers hand them over
  std::vector<std::unique_ptr<GroupTable>> tables_;
  std::unique_ptr<GroupMerge> merge_;  // of distinct rows in memory; null: none
  std::atomic<size_t> next_{0};        // partition of those
  std::atomic<bool> taken_{false};     // by the one driver that reads an ordered feed
};

// One driver's rows of a feed while they are collected.
class FeedCollector {
 public:
  // `forced`: every chunk goes to disk, at first.
  FeedCollector(FeedRows& rows, std::shared_ptr<MemoryTracker> tracker, int threads, bool forced,
                const GroupTableOptions& options);
  void Append(const std::vector<ColumnPtr>& columns, size_t size, const RowSet& rows);
  // `write`: what is in memory goes to disk.
  void Finish(bool write);

 private:
  void Write();
  FeedRows& rows_;
  const std::shared_ptr<MemoryTracker> tracker_;
  const int threads_;
  const bool forced_;
  const GroupTableOptions options_;
  std::unique_ptr<GroupTable> table_;
  std::optional<RunWriter> run_;
};

// Reads a feed: distinct rows together with other drivers, ordered ones alone.
class FeedReader {
 public:
  FeedReader(FeedRows& rows, std::shared_ptr<MemoryTracker> tracker, bool forced);
  // kHasOutput, kBlocked or kFinished.
  Step Pull(DriverContext& context, Chunk& out);

 private:
  Step PullDistinct(DriverContext& context, Chunk& out);
  Step PullOrdered(DriverContext& context, Chunk& out);

  FeedRows& rows_;
  const std::shared_ptr<MemoryTracker> tracker_;
  std::optional<SpilledGroupsReader> spilled_;
  std::optional<GroupScan> groups_;
  std::optional<RunWriter> sorting_;  // distinct rows that are to be ordered
  bool is_mine_ = true;
  std::optional<SortMerge> merge_;
  size_t partition_ = 0;
  std::optional<SortedScan> scan_;
  std::optional<SortedRunsReader> runs_;
};

}  // namespace weir
