#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "algo/key_hash.h"
#include "exec/operator/external_sort.h"
#include "exec/operator/window/rank_bounds.h"
#include "plan/physical.h"

namespace weir {

// One driver's rows of a window, in buckets by the hash of the partition keys. With a limit, buckets are cut back to
// the rows within it as they grow.
class WindowRows final : public RunRows {
 public:
  static constexpr int kBucketBits = 6;

  // `can_spill`: memory is reserved for becoming a run.
  WindowRows(const PhysicalWindow& node, std::shared_ptr<const SortLayout> layout,
             std::shared_ptr<MemoryTracker> tracker, bool can_spill);

  void Append(const Chunk& chunk) override;
  size_t row_count() const override;
  size_t MemoryBytes() const override;
  void Finish() override { entry_bytes_ = ScopedReservation(tracker_); }
  std::unique_ptr<SortRun> TakeRun() override;

  // ---- finished
  bool has_null() const { return has_null_; }  // in the first key
  Owner strings() const { return heap_->owner(); }
  std::unique_ptr<RowBlocks> TakeBucket(size_t bucket) { return std::move(buckets_[bucket].rows); }

 private:
  struct Bucket {
    std::unique_ptr<RowBlocks> rows;
    size_t cut_at = 0;  // rows at which the limit is applied
  };
  void Start();
  void Place(const Chunk& chunk);
  // Leaves the rows of a bucket that the limit lets through.
  void Cut(Bucket& bucket);
  void AppendRows(const Chunk& chunk);

  const PhysicalWindow& node_;
  const std::shared_ptr<const SortLayout> layout_;
  const std::shared_ptr<MemoryTracker> tracker_;
  const int bucket_bits_;
  const bool can_spill_;
  std::vector<Bucket> buckets_;
  std::shared_ptr<RowHeap> heap_;
  ScopedReservation heap_bytes_;
  ScopedReservation entry_bytes_;
  std::unique_ptr<Error> refused_;  // memory that rows have taken already; no more come
  bool has_null_ = false;
  std::optional<RankBounds> bounds_;  // of what has been cut
  KeyHasher hasher_;
  std::vector<ColumnPtr> keys_;
  std::vector<uint64_t> hashes_;
  std::vector<uint8_t*> targets_;
};

// Entries to sort for rows.
void AddEntries(const SortLayout& layout, const RowBlocks& rows, bool skip_null_flag, SortEntry*& out);

}  // namespace weir
