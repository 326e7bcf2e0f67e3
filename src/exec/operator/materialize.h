#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "exec/operator.h"

namespace weir {

// Rows kept in memory: a CTE, the right side of a nested loop join. Filled by the drivers of a sink; read when that is
// complete, by any number of threads.
class MaterializedRows {
 public:
  explicit MaterializedRows(std::shared_ptr<MemoryTracker> tracker) : reservation_(std::move(tracker)) {}
  void Append(std::vector<Chunk> chunks, int64_t bytes);  // thread-safe
  const std::vector<Chunk>& chunks() const { return chunks_; }
  size_t row_count() const { return rows_; }

 private:
  std::mutex mutex_;  // guards all while it is being filled
  std::vector<Chunk> chunks_;
  size_t rows_ = 0;
  ScopedReservation reservation_;
};

class MaterializeSink final : public SinkFactory {
 public:
  explicit MaterializeSink(std::shared_ptr<MaterializedRows> rows) : rows_(std::move(rows)) {}
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;

 private:
  const std::shared_ptr<MaterializedRows> rows_;
};

// Puts out the given columns of materialised rows.
class MaterializedSource final : public SourceFactory {
 public:
  MaterializedSource(std::shared_ptr<MaterializedRows> rows, std::vector<size_t> columns)
      : rows_(std::move(rows)), columns_(std::move(columns)) {}
  size_t drivers_max() const override { return rows_->chunks().size(); }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  friend class MaterializedReader;
  const std::shared_ptr<MaterializedRows> rows_;
  const std::vector<size_t> columns_;
  std::atomic<size_t> next_{0};
};

}  // namespace weir
