#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "exec/file_format.h"
#include "exec/operator.h"
#include "exec/operator/scan_filter.h"
#include "plan/physical.h"

namespace weir {

// Scans whose source delivers whole rows: virtual tables and files of formats besides Parquet. Filters are applied to
// the chunks that come.
class PlainScanSource : public SourceFactory {
 protected:
  PlainScanSource(const PhysicalScan& scan, const std::vector<std::shared_ptr<RuntimeFilterSlot>>& filters,
                  std::shared_ptr<const TopNBound> bound, size_t bound_column);

  // Filters a chunk of the scan's columns and picks the output; false: nothing is left.
  class Picker {
   public:
    Picker(const PlainScanSource& scan, const QueryContext& query) : scan_(scan), filter_(scan.filter_, query) {}
    bool operator()(const Chunk& chunk, Chunk& out);

   private:
    const PlainScanSource& scan_;
    ScanRowFilter filter_;
  };

  const PhysicalScan& scan_;  // kept alive by the query's plan
  ScanFilterPlan filter_;
};

class VirtualScanSource final : public PlainScanSource {
 public:
  VirtualScanSource(const PhysicalScan& scan, const std::vector<std::shared_ptr<RuntimeFilterSlot>>& filters,
                    std::shared_ptr<const TopNBound> bound, size_t bound_column)
      : PlainScanSource(scan, filters, std::move(bound), bound_column) {}
  void Prepare(QueryContext& query) override;
  size_t drivers_max() const override { return chunks_.size(); }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  class Reader;
  std::vector<Chunk> chunks_;
  std::atomic<size_t> next_{0};
};

class FormatScanSource final : public PlainScanSource {
 public:
  FormatScanSource(const PhysicalScan& scan, const std::vector<std::shared_ptr<RuntimeFilterSlot>>& filters,
                   std::shared_ptr<const TopNBound> bound, size_t bound_column)
      : PlainScanSource(scan, filters, std::move(bound), bound_column) {}
  void Prepare(QueryContext& query) override;
  size_t drivers_max() const override { return files_ == nullptr ? 0 : files_->unit_count(); }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  class Reader;
  std::unique_ptr<FileFormatScan> files_;
  std::atomic<size_t> next_{0};
};

}  // namespace weir
