#pragma once

#include <memory>
#include <vector>

#include "plan/physical.h"
#include "runtime/cancellation.h"
#include "runtime/memory_tracker.h"
#include "storage/scan.h"

namespace weir {

// Columns of a scan below a TopN that neither order nor filter, and are read when it is known which few rows come out.
// Instead of them the scan says where each row is: its unit, its part and its position there.
//
// The scan sets the plan before it runs; from then on immutable.
class LateColumns {
 public:
  // Null when this is not possible or does not pay.
  static std::shared_ptr<LateColumns> Of(const PhysicalTopN& node, std::shared_ptr<MemoryTracker> tracker);

  // Of the scan's output: columns that it delivers, and those that come late.
  const std::vector<size_t>& kept() const { return kept_; }
  const std::vector<size_t>& late() const { return late_; }
  // Of what the scan delivers, and the ordering as keys over that.
  const std::vector<Type>& types() const { return types_; }
  const std::vector<SortKey>& keys() const { return keys_; }

  // `plan`: of the late columns and the scan's units.
  void set_plan(ScanPlanPtr plan) { plan_ = std::move(plan); }
  // The scan's output from what it has delivered.
  Chunk Complete(const Chunk& rows, const CancellationToken& token) const;

 private:
  Chunk ReadLate(const Chunk& rows, const CancellationToken& token) const;

  std::shared_ptr<MemoryTracker> tracker_;
  std::vector<size_t> kept_;
  std::vector<size_t> late_;
  std::vector<Type> types_;
  std::vector<Type> late_types_;
  std::vector<SortKey> keys_;
  ScanPlanPtr plan_;
};

}  // namespace weir
