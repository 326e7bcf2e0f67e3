#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "exec/operator.h"
#include "exec/operator/late_columns.h"
#include "exec/operator/scan_filter.h"
#include "plan/physical.h"
#include "storage/scan.h"

namespace weir {

// Follows a scan of a table by its units. Threads: Choose and ReportTo from one, before and after the others.
class ScanUnits {
 public:
  virtual ~ScanUnits() = default;
  // Takes units away that need not be read. Those that stay are spoken of by position from then on.
  virtual void Choose(QueryContext& query, std::vector<ScanUnit>& units) = 0;
  // Drivers that have something to do besides reading units.
  virtual size_t more_drivers() const = 0;
  // All rows of the unit have been put out, or none passed. Called by the driver that has read it.
  virtual void Ended(size_t unit) = 0;
  virtual void ReportTo(obs::ProfileNode& profile) = 0;
};

// Tables and Parquet files, read through storage. Drivers take units (row groups) one by one; columns that are filtered
// on are read first, the others for the rows that pass. What is pruned is decided in Prepare, when the runtime
// filters that the scan waits for are there.
class StorageScanSource final : public SourceFactory {
 public:
  // `subfields` are those of the scan's columns that are used (see FindSubfieldUse), empty: all.
  // `filters` are the runtime filters of the scan's targets, in their order; `bound` is of the scan's column
  // `bound_column`, null: none.
  StorageScanSource(const PhysicalScan& scan, std::vector<std::shared_ptr<RuntimeFilterSlot>> filters,
                    std::shared_ptr<const TopNBound> bound = nullptr, size_t bound_column = 0,
                    std::vector<SubfieldPaths> subfields = {});
  // Before Prepare.
  void set_units(std::shared_ptr<ScanUnits> units) { units_ = std::move(units); }
  void set_late(std::shared_ptr<LateColumns> late) { late_ = std::move(late); }
  void Prepare(QueryContext& query) override;
  size_t drivers_max() const override;
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;
  void ReportTo(obs::ProfileNode& profile) override;

 private:
  friend class StorageScanReader;
  struct UnitBounds {
    size_t unit = 0;
    std::optional<Value> min, max;
    bool has_nulls = true;
  };
  // Drops runtime filters that hardly any row would fail, and brings the others in order.
  void ChooseFilters(const QueryContext& query);
  std::pair<std::optional<Value>, std::optional<Value>> RangeOf(const QueryContext& query, size_t column) const;
  void ChooseColumns();
  std::vector<ScanPredicate> Predicates() const;
  FieldId FieldOf(const QueryContext& query, size_t column) const;
  // Of the bound's column, so that units with rows that come early are read first and late ones not at all.
  void FindUnitBounds();
  UnitBounds BoundsOfUnit(const ScanUnit& unit, bool look_into_segments) const;
  bool UnitIsWanted(size_t unit) const;
  ScanPlanPtr Plan(const QueryContext& query, ScanSpec spec) const;
  void PlanLateColumns(const QueryContext& query) const;

  const PhysicalScan& scan_;  // kept alive by the query's plan
  const std::vector<SubfieldPaths> subfields_;
  std::vector<std::shared_ptr<RuntimeFilterSlot>> filters_;  // null: none
  std::vector<size_t> filter_order_;                         // those to apply to rows
  std::shared_ptr<const ParquetFiles> files_;                // not for tables
  // The scan's columns in the order in which storage delivers them, filtered ones first; row ids and file names are
  // not among them.
  std::vector<size_t> delivered_;
  std::vector<size_t> position_;  // of each scan column in what storage delivers; SIZE_MAX: not wanted
  bool with_row_ids_ = false;
  size_t filename_column_ = SIZE_MAX;
  ScanFilterPlan filter_;
  std::vector<FieldId> fields_;  // of the scan's columns
  ScanPlanPtr plan_;
  std::shared_ptr<ScanUnits> units_;     // null: nobody follows
  std::shared_ptr<LateColumns> late_;    // null: all columns are delivered at once
  std::vector<UnitBounds> unit_bounds_;  // with a bound: the order in which units are read
  std::atomic<uint64_t> units_skipped_{0};
  std::atomic<size_t> next_unit_{0};
};

// A scan column past the source's own ones: the part and the position of a row, for DELETE.
size_t SourceColumnCount(const ScanSource& source);

}  // namespace weir
