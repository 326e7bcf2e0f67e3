#pragma once

#include <memory>
#include <span>
#include <vector>

#include "algo/group_table.h"

namespace weir {

// Brings the pre-aggregated tables of all drivers together, in parallel and without copying rows:
//
//   GroupMerge merge(tables);              // one thread; picks the number of partitions
//   merge.PartitionTable(t)                // for every t < table_count(), any threads, each once
//   merge.MergePartition(p, kFinal)        // after all of those; for every p < partition_count(), any threads, each
//   once
//
// Few groups make one partition. Partitions hold disjoint groups; every group comes out of exactly one scan.
class GroupMerge {
 public:
  // The tables (at least one) share one layout or the same codes; they are used up. `partition_bits` < 0: as many as
  // groups call for; otherwise partitions go by the keys' hashes alone, alike for all merges of the same layout
  // (spilling).
  explicit GroupMerge(std::vector<std::unique_ptr<GroupTable>> tables, std::shared_ptr<MemoryTracker> tracker,
                      int partition_bits = -1);

  size_t table_count() const { return tables_.size(); }
  size_t partition_count() const { return size_t{1} << bits_; }
  size_t group_rows() const { return group_rows_; }  // before merging
  void PartitionTable(size_t table);
  // The groups of one partition, merged. Thread-safe for different partitions.
  GroupScan MergePartition(size_t partition, GroupOutput output);

 private:
  std::vector<std::unique_ptr<GroupTable>> tables_;
  std::shared_ptr<const GroupLayout> layout_;
  std::shared_ptr<MemoryTracker> tracker_;
  std::vector<std::shared_ptr<GroupStorage>> storages_;
  int bits_ = 0;
  bool by_hash_ = false;  // even when any split would do
  size_t group_rows_ = 0;
  struct Entry {
    uint64_t hash;  // kept, so that rows need not be touched again to find out that they are new
    uint8_t* row;
  };
  class Merger;
  // One table's group rows that do not lie by partition (PartitionedRows), those of each partition together and in
  // order of making.
  struct Parts {
    BigArray entries;
    std::vector<size_t> begins;  // and the end
    std::span<const Entry> of(size_t partition) const {
      return {entries.as<const Entry>() + begins[partition], begins[partition + 1] - begins[partition]};
    }
  };
  std::vector<Parts> parts_;

  template <size_t kWords>
  void InsertAll(size_t partition, Merger& merger);
  // f(uint8_t* rows, size_t count) for rows of a table that do lie by partition.
  template <typename F>
  void ForEachSlice(size_t table, size_t partition, F&& f) const {
    const PartitionedRows* rows = storages_[table]->parts.get();
    if (rows == nullptr) return;
    const int finer = PartitionedRows::kBits - bits_;
    for (size_t p = partition << finer; p < (partition + 1) << finer; ++p) rows->ForEachSlice(p, f);
  }
};

}  // namespace weir
