#pragma once

#include <vector>

#include "plan/logical.h"

namespace weir {

// The sort that a window needs: partition keys, then order keys that are not constant within a partition.
std::vector<SortKey> SortKeysOf(const LogicalWindow& window);

// How many of the leading sort keys make its partitions, and its peers.
struct WindowKeyCounts {
  size_t partition_keys = 0;
  size_t order_keys = 0;
};
WindowKeyCounts KeyCountsOf(const LogicalWindow& window);

// `plan` (a window) and windows directly below it that one sort serves, the lowest last.
struct WindowChain {
  std::vector<const LogicalWindow*> members;
  const LogicalWindow* longest;  // the one whose keys say how to sort
};
WindowChain WindowsOfOneSort(const LogicalPtr& plan);

// Whether call `i` is what the window's limit counts.
inline bool IsLimitOf(const LogicalWindow& window, size_t i) {
  return window.limit.has_value() && window.limit->call == i;
}

// Arguments that may fail are not computed for rows that the call's FILTER removes.
void GuardArguments(WindowCall& call);

}  // namespace weir
