#pragma once

#include <span>
#include <vector>

#include "algo/row_blocks.h"
#include "exec/operator/window/sorted_rows.h"
#include "expr/aggregate.h"

namespace weir {

// Bytes from one state to the next in an array of them.
inline size_t StateStride(const AggregateOps& ops) {
  const size_t alignment = std::max<size_t>(ops.state_alignment(), 8);
  return (std::max<size_t>(ops.state_size(), 1) + alignment - 1) / alignment * alignment;
}

// Aggregate states over stretches of rows, so that any frame is a few of them merged: a segment tree (Leis et al.,
// "Efficient Processing of Window Functions in Analytical SQL Queries", VLDB 2015). Immutable once built.
class StateTree {
 public:
  static constexpr uint32_t kLeafRows = 16;
  static constexpr uint32_t kFanOut = 8;

  // Over the passing rows, by number.
  StateTree(const AggregateOps& ops, std::span<const ColumnPtr> args, const PassingRows& rows,
            const std::shared_ptr<MemoryTracker>& tracker);

  // Passing rows [begin, end) as rows [begin, head), the states, in order, and rows [tail, end).
  struct Cover {
    uint32_t head = 0;
    uint32_t tail = 0;
  };
  Cover Find(uint32_t begin, uint32_t end, std::vector<uint8_t*>& states) const;

 private:
  uint8_t* Node(size_t level, uint32_t index) const { return levels_[level].data() + index * stride_; }

  const size_t stride_;
  std::vector<BigArray> levels_;
  StateArena arena_;
  ScopedReservation arena_bytes_;
};

}  // namespace weir
