#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "algo/row_bound.h"
#include "algo/sort.h"

namespace weir {

// Keeps the first `limit` rows of an ordering (LIMIT plus OFFSET). Rows beyond the current bound are dropped, key
// by key, before anything is copied; the buffer is cut back whenever it doubles.
//
// One per driver; at the end Merge them into one and read it. Single-threaded.
class TopN {
 public:
  TopN(std::shared_ptr<const SortLayout> layout, size_t limit, std::shared_ptr<MemoryTracker> tracker);

  void Append(const Chunk& chunk);
  void Merge(TopN& other);

  // The last row that would be kept now, as far as its first keys can be compared: rows after it are not wanted any
  // more. Null until `limit` rows are there, or when nothing can be said.
  const std::shared_ptr<const RowBound>& bound() const { return bound_; }

  size_t row_count() const { return entries_.size(); }
  size_t MemoryBytes() const;
  // The rows in order, at most `limit`. Ends the use of this object.
  SortedScan Finish();

 private:
  SelectionPtr SelectWanted(const Chunk& chunk) const;
  void Cut();
  void NoteBound();

  std::shared_ptr<const SortLayout> layout_;
  std::shared_ptr<MemoryTracker> tracker_;
  size_t limit_;
  std::shared_ptr<RowBlocks> rows_;
  std::shared_ptr<RowHeap> heap_;
  size_t slack_;  // rows beyond the limit that wait for a cut, at least
  ScopedReservation other_bytes_;
  std::vector<SortEntry> entries_;
  const uint8_t* bound_row_ = nullptr;
  uint64_t bound_prefix_ = UINT64_MAX;
  std::shared_ptr<const RowBound> bound_;
  std::vector<uint8_t*> targets_;
};

}  // namespace weir
