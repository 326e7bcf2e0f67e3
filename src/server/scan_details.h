#pragma once

#include <map>

#include "optimizer/stats/scan_details.h"
#include "server/engine.h"
#include "storage/snapshot.h"

namespace weir {

// What ANALYZE has found of a table, if it ran.
std::optional<TableDistribution> FindDistribution(const Catalog& catalog, TableId table);

// Of the tables at one snapshot, and of files as they are. For one statement, which borrows the engine.
class SnapshotDetails final : public ScanDetails {
 public:
  SnapshotDetails(Engine& engine, SnapshotPtr snapshot) : engine_(engine), snapshot_(std::move(snapshot)) {}
  std::vector<ColumnDistributionPtr> Distributions(const ScanSource& source) const override;
  std::vector<bool> ExactBounds(const ScanSource& source) const override;

 private:
  Engine& engine_;
  const SnapshotPtr snapshot_;
  mutable std::map<TableId, std::vector<ColumnDistributionPtr>> distributions_;  // that were asked for
};

}  // namespace weir
