#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "algo/group_table.h"
#include "exec/cache/query_cache.h"
#include "exec/cache/scan_fragment.h"
#include "exec/operator.h"
#include "exec/operator/aggregate_plan.h"
#include "exec/operator/storage_scan.h"

namespace weir {

// Pre-aggregation by row group, before the sink of an aggregation over a table: the states of each row group go into
// the cache, and those that are there already are not computed again, so that the query costs by what is new. Puts out
// keys and serialised states; the sink brings them together (HashAggregateSink with takes_states).
//
// It has the scan leave out the row groups that it has the states of, follows by DriverContext::unit which one the rows
// are of, and its drivers put the cached states out at their end. A row group's states are kept when they are within
// the limit of bytes; the first that are not make it pass on what it has from time to time, and the next query of the
// kind does without it. Shared: the atomics, and units_, whose elements belong to the driver that reads the unit.
class SegmentPartials final : public TransformFactory, public ScanUnits {
 public:
  // Null where it is not to be used.
  static std::shared_ptr<SegmentPartials> Of(const PhysicalHashAggregate& node, QueryContext& query);

  const PhysicalScan& scan() const { return fragment_->scan(); }
  std::vector<Type> types() const;

  std::unique_ptr<TransformOperator> Make(DriverContext& context) override;

  // ---- of the scan
  void Choose(QueryContext& query, std::vector<ScanUnit>& units) override;
  size_t more_drivers() const override;
  void Ended(size_t unit) override;
  void ReportTo(obs::ProfileNode& profile) override;

 private:
  friend class SegmentPartialsOperator;
  struct Unit {
    CacheKey key;  // without text: not to be kept
    CacheSource source;
    std::atomic<bool> ended{false};
    std::atomic<bool> seen{false};  // a row of it has come
  };

  SegmentPartials(const PhysicalHashAggregate& node, std::unique_ptr<ScanFragment> fragment, CacheTextPtr covered,
                  QueryCache& cache, const QueryOptions& options);
  // Where the unit's states are kept; without text: nowhere.
  CacheKey KeyOf(const ScanUnit& unit, CacheSource& source);
  void Keep(size_t unit, CachedRowsPtr rows);
  void NoteTooLarge();

  const AggregatePlan plan_;
  const std::unique_ptr<ScanFragment> fragment_;
  const CacheTextPtr covered_;  // what is noted as too large
  QueryCache& cache_;
  const int64_t entry_bytes_max_;
  const bool with_inline_;
  std::vector<std::unique_ptr<Unit>> units_;
  std::vector<CachedRowsPtr> found_;
  std::atomic<size_t> next_found_{0};
  std::atomic<bool> too_large_{false};
  std::atomic<int64_t> kept_{0};
};

}  // namespace weir
