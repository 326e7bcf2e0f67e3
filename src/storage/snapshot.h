#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "catalog/catalog.h"
#include "catalog/statistics.h"
#include "meta/state.h"

namespace weir {

// Sums of the statistics of a table's parts, kept as long as the table does not change. Shared by the snapshots of
// one storage. Threads: any.
class StatisticsCache {
 public:
  std::shared_ptr<const TableStatistics> Get(const TableStatePtr& table);

 private:
  struct Entry {
    std::weak_ptr<const TableState> of;  // not held: its segments may have to go
    std::shared_ptr<const TableStatistics> statistics;
  };
  std::mutex mutex_;
  std::map<TableId, Entry> entries_;
};

// All tables at one version, which a statement reads from start to end. Cheap to copy and to hold: files that it
// needs stay until the last holder is gone.
class Snapshot : public StatisticsSource {
 public:
  explicit Snapshot(StatePtr state, std::shared_ptr<StatisticsCache> statistics = std::make_shared<StatisticsCache>())
      : state_(std::move(state)), statistics_(std::move(statistics)) {}

  Version version() const { return state_->version(); }
  const CatalogPtr& catalog() const { return state_->catalog(); }
  const StatePtr& state() const { return state_; }
  uint64_t RowCount(TableId table) const;
  std::shared_ptr<const TableStatistics> Statistics(TableId table) const override;

 private:
  const StatePtr state_;
  const std::shared_ptr<StatisticsCache> statistics_;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// Bounds, NULLs and a count of distinct values of a batch held in memory.
void AddInlineStatistics(const InlineBatch& batch, std::map<FieldId, ColumnStatistics>& columns);

}  // namespace weir
