#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "algo/join_table.h"
#include "exec/runtime_filter/streamed_filter.h"
#include "exec/spill/spill_group.h"
#include "exec/spill/spill_partitions.h"

namespace weir {

// What a hash join shares about the rows that do not fit in memory (hybrid hash join). The rows of both sides belong to
// partitions by the hash of their keys. All partitions are resident at first: their build rows stay in memory and are
// probed at once. When memory is tight the number of resident partitions is halved, again and again, and rows of the
// others go to disk, those of the probe side too; they are joined afterwards.
//
// Threads: all methods from any, but for those that say when.
class JoinSpill {
 public:
  using Collector = JoinTable::Collector;
  // Of what the join may have, the part that it leaves to the rest of the query.
  static constexpr int64_t kOthersPart = 4;

  // `bits`: of the number of partitions. `rows_expected`: of the build side, about. `forced`: for tests.
  JoinSpill(std::shared_ptr<JoinTable> table, SpillArea& area, std::shared_ptr<MemoryTracker> tracker, int bits,
            size_t rows_expected, bool forced);

  SpillArea& area() const { return area_; }
  const std::shared_ptr<MemoryTracker>& tracker() const { return tracker_; }
  bool forced() const { return forced_; }
  SpillGroup& group() { return group_; }
  const std::shared_ptr<SpillPartitions>& build() const { return build_; }
  const std::shared_ptr<SpillPartitions>& probe() const { return probe_; }
  // How large rows may become that wait for being written.
  size_t FlushBytes(int drivers) const;

  // ---- while build rows are collected
  size_t resident() const { return resident_.load(std::memory_order_acquire); }
  bool has_shrunk() const { return resident() != build_->count(); }
  // For tests: although there is room.
  size_t resident_wanted() const { return !forced_ ? build_->count() : build_->count() == 1 ? 0 : 1; }
  // Fewer partitions are resident, if there are still `from`.
  void Shrink(size_t from);
  void AddRows(size_t rows) { rows_.fetch_add(rows, std::memory_order_relaxed); }
  // What is left to the rest of the query. Of each by itself: without a limit their sum is no number.
  int64_t OthersBytes() const {
    return tracker_->available_bytes() / kOthersPart + tracker_->used_bytes() / kOthersPart;
  }
  // Too little is left for the table's directory and the rest of the query.
  bool IsTight() const;
  // Before all: a filter is wanted of that key.
  void AddFilter(size_t key) { filter_keys_.push_back(key); }
  // A file for build rows.
  std::shared_ptr<SpillPartitionFile> NewBuildFile();
  // What is left of the rows when those of partitions from `resident` on have been written; when even that does not
  // fit, `resident` becomes 0. Blocks.
  std::unique_ptr<Collector> Evict(std::unique_ptr<Collector> from, size_t& resident, SpillPartitionFile& file);

  // The rows of a driver that has no more, as far as they are of `resident` partitions.
  void Keep(std::unique_ptr<Collector> rows, size_t resident);
  // One of those that must be evicted further; null: none.
  std::unique_ptr<Collector> TakeMisfit();
  size_t misfits() const;
  // Whether what is kept leaves no room for its directory.
  bool DirectoryIsTight() const;
  std::vector<std::unique_ptr<Collector>> TakeAll();

  // ---- when all build rows are there
  bool has_spilled() const { return build_->rows() != 0; }
  // Of the i-th key asked for; has seen what is on disk. Null when nothing is.
  StreamedFilterBuilder* filter(size_t i) { return i < filters_.size() ? filters_[i].get() : nullptr; }
  // Whether the probe may look into the table for rows of that partition.
  bool IsResident(size_t partition) const { return partition < resident() || (*build_)[partition].rows == 0; }

 private:
  struct Kept {
    std::unique_ptr<Collector> rows;
    size_t resident;
  };
  const std::shared_ptr<JoinTable> table_;
  SpillArea& area_;
  const std::shared_ptr<MemoryTracker> tracker_;
  const bool forced_;
  const std::shared_ptr<SpillPartitions> build_;
  const std::shared_ptr<SpillPartitions> probe_;
  SpillGroup group_;
  std::vector<size_t> filter_keys_;
  std::once_flag filters_made_;
  std::vector<std::unique_ptr<StreamedFilterBuilder>> filters_;  // as filter_keys_
  const size_t rows_expected_;
  std::atomic<size_t> resident_;
  std::atomic<size_t> rows_{0};  // in memory
  std::atomic<uint64_t> next_null_{0};
  mutable std::mutex mutex_;  // guards the below
  std::vector<Kept> kept_;
};

}  // namespace weir
