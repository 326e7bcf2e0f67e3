#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "algo/join_table.h"
#include "algo/sort.h"
#include "exec/operator/asof_plan.h"

namespace weir {

// The right rows of an ASOF join in memory, sorted, and what finds the nearest of them.
//
//   order:     PrepareOrder(runs), then Order(i) for every i       (parallel)
//   directory: PrepareGroups(), then AddGroups(i) for every i      (parallel)
//   build:     PrepareBuild(), then Build(i) for every i           (parallel)
//   use:       an AsofFinder per driver                            (parallel)
//
// Where the order is a number of up to 64 bits, a hash table says where the rows of each key are, which are searched by
// numbers; otherwise all rows are, by comparing keys.
class AsofTable {
 public:
  static constexpr uint64_t kNone = UINT64_MAX;

  AsofTable(const AsofPlan& plan, std::shared_ptr<MemoryTracker> tracker);

  // What it takes beside the runs, at most.
  static int64_t BytesFor(const AsofPlan& plan, size_t rows);
  size_t PrepareOrder(std::vector<std::unique_ptr<SortRun>> runs);
  void Order(size_t task);
  size_t PrepareGroups();
  void AddGroups(size_t task);
  size_t PrepareBuild();
  void Build(size_t task) { groups_->RunBuildTask(task); }

  size_t row_count() const { return row_count_; }
  const uint8_t* row(uint64_t position) const { return entries()[position].row; }
  const uint8_t* const* row_address(uint64_t position) const { return &entries()[position].row; }
  // A column of rows; null pointers give NULL.
  ColumnPtr Gather(size_t column, const uint8_t* const* rows, size_t count) const;
  // Of right and full joins: rows that are somebody's nearest.
  void MarkMatched(uint64_t position) const;
  bool IsMatched(uint64_t position) const { return matched_.data()[position] != 0; }

 private:
  friend class AsofFinder;
  struct Entry {
    uint64_t word;  // the order as a number, where it is one
    const uint8_t* row;
  };
  Entry* entries() const { return entries_.as<Entry>(); }
  bool has_words() const { return has_words_; }
  bool SameGroup(const uint8_t* a, const uint8_t* b) const;

  const AsofPlan& plan_;
  const SortLayout& layout_;
  const std::shared_ptr<MemoryTracker> tracker_;
  const size_t key_count_;
  const bool has_words_;
  std::unique_ptr<SortMerge> merge_;  // owns the rows
  size_t row_count_ = 0;
  BigArray entries_;
  BigArray matched_;                           // a byte per row
  std::vector<size_t> offsets_;                // of each partition of the merge, and the end
  std::vector<std::vector<uint64_t>> starts_;  // of groups, by partition
  std::vector<uint64_t> ends_;                 // of each partition's last group
  std::atomic<size_t> ordered_rows_{0};        // whose order is not NULL; without keys they are first
  std::unique_ptr<JoinTable> groups_;          // keys to [begin, end)
};

// Finds the nearest rows. One per driver; the table outlives it.
class AsofFinder {
 public:
  explicit AsofFinder(const AsofTable& table);
  // Positions of the nearest rows, or kNone. `keys`: the keys, then the order; without NULLs that match nothing.
  void Find(const std::vector<ColumnPtr>& keys, const RowSet& rows, uint64_t* out);

 private:
  void FindGroups(const std::vector<ColumnPtr>& keys, const RowSet& rows);
  template <bool kStrict>
  void Search(size_t begin, size_t end, uint64_t* out);
  void FindByRows(const std::vector<ColumnPtr>& keys, const RowSet& rows, uint64_t* out);

  const AsofTable& table_;
  std::optional<JoinProbe> probe_;
  std::vector<const uint8_t*> groups_;
  std::vector<uint64_t> words_;
  std::vector<uint64_t> begins_;
  std::vector<uint64_t> lengths_;
  std::vector<uint64_t> scratch_;  // rows under the table's layout
  std::vector<uint8_t*> targets_;
};

}  // namespace weir
