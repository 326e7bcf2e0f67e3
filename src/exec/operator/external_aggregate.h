#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "algo/group_merge.h"
#include "exec/background_step.h"
#include "exec/operator.h"
#include "exec/spill/spill_area.h"
#include "exec/spill/spill_group.h"

namespace weir {

// Pre-aggregated tables that went to disk, cut into partitions by the hash of the keys, so that the groups of one
// partition at a time are brought together in memory. Threads: all methods from any.
class SpilledGroups {
 public:
  static constexpr int kPartitionBits = 7;
  static constexpr size_t kPartitions = size_t{1} << kPartitionBits;

  // `area` null, or groups without keys: tables stay in memory.
  SpilledGroups(std::shared_ptr<const GroupLayout> layout, SpillArea* area)
      : layout_(std::move(layout)), area_(layout_->key_types().empty() ? nullptr : area) {}

  bool can_spill() const { return area_ != nullptr; }
  SpillGroup& group() { return group_; }
  // Whether a driver must write its table before it goes on.
  static bool IsTight(const GroupTable& table, const MemoryTracker& tracker, int drivers);
  static bool IsWorthIt(const GroupTable& table);
  // The same for one of several tables of a driver: smaller ones go, too.
  static bool IsTightBesideOthers(const GroupTable& table, const MemoryTracker& tracker, int drivers);
  // Blocks.
  void Write(std::unique_ptr<GroupTable> table, const std::shared_ptr<MemoryTracker>& tracker);

  // ---- when no driver collects any more
  struct Table {
    std::unique_ptr<SpillFile> file;
    std::vector<uint64_t> offsets;  // of the partitions, and the end
  };
  const std::vector<Table>& tables() const { return tables_; }
  const std::shared_ptr<const GroupLayout>& layout() const { return layout_; }

 private:
  const std::shared_ptr<const GroupLayout> layout_;
  SpillArea* const area_;
  SpillGroup group_;
  std::mutex mutex_;  // guards the below
  std::vector<Table> tables_;
};

// Brings one partition's groups together after the other: those on disk, and those of tables in memory that are
// partitioned alike (null: none). The drivers of a source share `next`.
class SpilledGroupsReader {
 public:
  SpilledGroupsReader(std::shared_ptr<SpilledGroups> spilled, GroupMerge* in_memory, std::atomic<size_t>& next,
                      std::shared_ptr<MemoryTracker> tracker);
  // kHasOutput, kBlocked or kFinished.
  Step Pull(DriverContext& context, Chunk& out);

 private:
  struct Input;
  bool NextPartition();
  void Take(const Chunk& states);

  const std::shared_ptr<SpilledGroups> spilled_;
  GroupMerge* const in_memory_;
  std::atomic<size_t>& next_;
  const std::shared_ptr<MemoryTracker> tracker_;
  size_t partition_ = 0;
  std::unique_ptr<GroupTable> table_;  // of the partition that is being read
  size_t table_at_ = 0;                // which of the tables on disk
  std::shared_ptr<Input> input_;       // what is read of it
  BackgroundStep reading_;
  std::optional<GroupScan> scan_;  // of the partition that is complete
};

}  // namespace weir
