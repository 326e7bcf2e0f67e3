#include "exec/operator/window/state_tree.h"

#include <algorithm>

#include "runtime/cancellation_scope.h"

namespace weir {

StateTree::StateTree(const AggregateOps& ops, std::span<const ColumnPtr> args, const PassingRows& rows,
                     const std::shared_ptr<MemoryTracker>& tracker)
    : stride_(StateStride(ops)), arena_bytes_(tracker) {
  // Only whole nodes are of use.
  uint32_t nodes = rows.count() / kLeafRows;
  if (nodes == 0) return;
  levels_.emplace_back(nodes * stride_, tracker);
  for (uint32_t i = 0; i < nodes; ++i) {
    if (i % 1024 == 0) CancellationScope::Check();
    ops.Init(Node(0, i));
    ops.UpdateSingle({args, rows.Slice(i * kLeafRows, (i + 1) * kLeafRows), arena_}, Node(0, i));
  }
  std::vector<uint8_t*> from, to;
  for (size_t level = 1; nodes >= kFanOut; ++level) {
    nodes /= kFanOut;
    levels_.emplace_back(nodes * stride_, tracker);
    from.clear();
    to.clear();
    for (uint32_t i = 0; i < nodes; ++i) {
      ops.Init(Node(level, i));
      for (uint32_t k = 0; k < kFanOut; ++k) {
        from.push_back(Node(level - 1, i * kFanOut + k));
        to.push_back(Node(level, i));
      }
    }
    ops.Merge(from.data(), to.data(), from.size(), arena_);
    arena_bytes_.Resize(static_cast<int64_t>(arena_.bytes()));
  }
  arena_bytes_.Resize(static_cast<int64_t>(arena_.bytes()));
}

StateTree::Cover StateTree::Find(uint32_t begin, uint32_t end, std::vector<uint8_t*>& states) const {
  states.clear();
  uint32_t low = (begin + kLeafRows - 1) / kLeafRows;
  uint32_t high = end / kLeafRows;
  if (low >= high) return {end, end};
  const Cover cover{low * kLeafRows, high * kLeafRows};
  // From both ends upwards; what the right end gives comes last first.
  std::vector<uint8_t*> right;
  for (size_t level = 0;; ++level) {
    const bool is_top = level + 1 == levels_.size();
    while (low < high && (is_top || low % kFanOut != 0)) states.push_back(Node(level, low++));
    while (low < high && high % kFanOut != 0) right.push_back(Node(level, --high));
    if (low >= high) break;
    low /= kFanOut;
    high /= kFanOut;
  }
  states.insert(states.end(), right.rbegin(), right.rend());
  return cover;
}

}  // namespace weir
