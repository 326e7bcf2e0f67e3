#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "algo/sort.h"
#include "column/chunk.h"
#include "plan/physical.h"
#include "runtime/memory_tracker.h"

namespace weir {

// How far the first rows of each partition reach, where a window's result is limited: rows that come later and lie
// beyond cannot be among them. For one partition key and a first order key of at most eight bytes each. One thread.
class RankBounds {
 public:
  RankBounds(const SortLayout& layout, std::shared_ptr<MemoryTracker> tracker);
  static bool CanServe(const PhysicalWindow& node, const SortLayout& layout);

  // This row is the last within the limit of its partition, as far as is known.
  void Note(const uint8_t* row);
  // Leaves those of the chunk's rows that may be within it. Ends by itself when that is nearly all of them.
  Chunk Narrow(const Chunk& chunk);

 private:
  struct Slot {
    uint64_t partition = 0;
    uint64_t bound = kNone;
  };
  static constexpr uint64_t kNone = UINT64_MAX;  // nothing lies beyond it
  static constexpr size_t kPartition = 0;        // keys
  static constexpr size_t kOrder = 1;
  Slot& SlotOf(uint64_t partition);
  bool Grow();
  void End();

  const SortLayout& layout_;
  ScopedReservation reservation_;
  std::vector<Slot> slots_;  // by hash of the partition; their number is a power of two
  size_t partitions_ = 0;
  bool ended_ = false;
  size_t seen_ = 0;
  size_t dropped_ = 0;
  // Scratch of one call.
  std::vector<uint64_t> partition_words_;
  std::vector<uint64_t> order_words_;
};

}  // namespace weir
