#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "exec/operator/hash_join.h"

namespace weir {

// A partition of a join whose rows are on disk.
struct SpilledJoinTask {
  std::shared_ptr<SpillPartitions> build;
  std::shared_ptr<SpillPartitions> probe;
  size_t partition = 0;
  bool indivisible = false;  // cutting it again would not help

  const SpillPartitions::Partition& build_rows() const { return (*build)[partition]; }
  const SpillPartitions::Partition& probe_rows() const { return (*probe)[partition]; }
};

// What the drivers of the rest have still to do, and who of them has how much in memory. Threads: all methods from any.
class SpilledJoinTasks {
 public:
  SpilledJoinTasks(const HashJoinPlan& plan, size_t build_row_bytes, std::shared_ptr<MemoryTracker> tracker)
      : plan_(plan), build_row_bytes_(build_row_bytes), tracker_(std::move(tracker)) {}
  // The partitions of both sides that have something to be joined.
  void Add(const std::shared_ptr<SpillPartitions>& build, const std::shared_ptr<SpillPartitions>& probe,
           bool cut_again = false);

  enum class Next : uint8_t { kTask, kWait, kNone };
  // kWait: the waker is woken when it is worth asking again.
  Next Take(const Waker& waker, SpilledJoinTask& out, int64_t& admitted_bytes);
  // After each task.
  void Done(int64_t admitted_bytes);
  // Whether others have memory that they will give back; the waker is woken then.
  bool WaitForOthers(const Waker& waker);

  size_t count() const;
  // Of all that has been added.
  int64_t partitions_seen() const;
  int64_t file_bytes_seen() const;
  // What the table of a partition takes, about.
  int64_t TableBytes(const SpillPartitions::Partition& build) const;
  // What they may take together, beside what they have.
  int64_t BudgetBytes() const;

 private:
  const HashJoinPlan& plan_;
  const size_t build_row_bytes_;
  const std::shared_ptr<MemoryTracker> tracker_;
  mutable std::mutex mutex_;  // guards the below
  std::deque<SpilledJoinTask> tasks_;
  int64_t partitions_seen_ = 0;
  int64_t file_bytes_seen_ = 0;
  size_t running_ = 0;
  int64_t admitted_bytes_ = 0;
  std::vector<Waker> wakers_;
};

// What a hash join gives when all probes have ended: build rows without a partner (right, full, right anti) or with one
// (right semi), and the partitions that are on disk. The table goes with it.
class JoinRestSource final : public SourceFactory {
 public:
  explicit JoinRestSource(std::shared_ptr<HashJoinBuild> build) : build_(std::move(build)) {}
  bool IsOver() override;
  void Prepare(QueryContext& query) override;
  size_t drivers_max() const override;
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;
  void ReportTo(obs::ProfileNode& profile) override;

 private:
  friend class JoinRestReader;
  const std::shared_ptr<HashJoinBuild> build_;
  std::unique_ptr<SpilledJoinTasks> tasks_;  // null: nothing is on disk
  size_t block_count_ = 0;                   // of the table, as far as its rows come out
  std::atomic<size_t> next_block_{0};
  std::atomic<size_t> blocks_done_{0};
};

}  // namespace weir
