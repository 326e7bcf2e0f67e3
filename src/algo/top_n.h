#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "algo/sort.h"

namespace weir {

// Keeps the first `limit` rows of an ordering (LIMIT plus OFFSET). Rows beyond the current bound are dropped by
// comparing key prefixes before anything is copied; the buffer is cut back whenever it doubles.
//
// One per driver; at the end Merge them into one and read it. Single-threaded.
class TopN {
 public:
  TopN(std::shared_ptr<const SortLayout> layout, size_t limit, std::shared_ptr<MemoryTracker> tracker);

  void Append(const Chunk& chunk);
  void Merge(TopN& other);

  // The first key's value in the last row that would be kept now: rows that come after it in the order of the first
  // key alone are not wanted any more. Empty until `limit` rows are there. A NULL value is a NULL key.
  const std::optional<Value>& bound() const { return bound_; }
  // Changes whenever bound() does.
  uint64_t bound_version() const { return bound_version_; }

  size_t row_count() const { return entries_.size(); }
  size_t MemoryBytes() const;
  // The rows in order, at most `limit`. Ends the use of this object.
  SortedScan Finish();

 private:
  void Cut();
  void NoteBound();

  std::shared_ptr<const SortLayout> layout_;
  std::shared_ptr<MemoryTracker> tracker_;
  size_t limit_;
  std::shared_ptr<RowBlocks> rows_;
  std::shared_ptr<RowHeap> heap_;
  ScopedReservation other_bytes_;
  std::vector<SortEntry> entries_;
  const uint8_t* bound_row_ = nullptr;
  uint64_t bound_prefix_ = UINT64_MAX;
  std::optional<Value> bound_;
  uint64_t bound_version_ = 0;
  std::vector<uint64_t> prefixes_;
  std::vector<uint8_t*> targets_;
};

}  // namespace weir
