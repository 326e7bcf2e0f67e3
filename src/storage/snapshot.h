#pragma once

#include <memory>

#include "catalog/catalog.h"
#include "catalog/statistics.h"
#include "meta/state.h"

namespace weir {

// All tables at one version, which a statement reads from start to end. Cheap to copy and to hold: files that it
// needs stay until the last holder is gone.
class Snapshot : public StatisticsSource {
 public:
  explicit Snapshot(StatePtr state) : state_(std::move(state)) {}

  Version version() const { return state_->version(); }
  const CatalogPtr& catalog() const { return state_->catalog(); }
  const StatePtr& state() const { return state_; }
  uint64_t RowCount(TableId table) const;
  // Sums the statistics of the parts.
  std::shared_ptr<const TableStatistics> Statistics(TableId table) const override;

 private:
  const StatePtr state_;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace weir
