#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "column/chunk.h"
#include "meta/commit.h"
#include "runtime/memory_tracker.h"

namespace weir {

// The rows of one table that a statement takes away, by the row ids that a scan with_row_ids has delivered: each counts
// for who claims it first. A bit per row of the parts that are touched. Any thread.
class RowClaims {
 public:
  RowClaims() = default;
  explicit RowClaims(std::shared_ptr<MemoryTracker> tracker) : reservation_(std::move(tracker)) {}

  // Of `rows`, those that nobody had claimed, in their order.
  Selection Claim(const Column& part_ids, const Column& positions, const RowSet& rows);
  // All claims as deletions; once nobody claims any more.
  TableDelta Finish(TableId table) const;

 private:
  struct Part {
    std::mutex mutex;  // guards the below
    std::vector<uint64_t> words;
  };
  Part& Find(PartId id);

  std::shared_mutex mutex_;  // guards the map, not the parts
  std::map<PartId, std::unique_ptr<Part>> parts_;
  std::mutex reservation_mutex_;
  ScopedReservation reservation_;
};

}  // namespace weir
