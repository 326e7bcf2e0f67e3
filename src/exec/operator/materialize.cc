#include "exec/operator/materialize.h"

#include <utility>

namespace weir {

void MaterializedRows::Append(std::vector<Chunk> chunks, int64_t bytes) {
  const std::scoped_lock lock(mutex_);
  reservation_.Grow(bytes);
  for (Chunk& chunk : chunks) {
    rows_ += chunk.row_count();
    chunks_.push_back(std::move(chunk));
  }
}

namespace {

// Bytes that drivers keep to themselves before they count them with the shared rows.
constexpr int64_t kBatchBytes = int64_t{1} << 20;

class Materializer final : public SinkOperator {
 public:
  explicit Materializer(MaterializedRows& rows) : rows_(rows) {}
  Step Push(DriverContext& context, Chunk input) override {
    // Flat, so that large dictionaries and dropped rows are not kept alive.
    chunks_.push_back(input.Flatten());
    bytes_ += static_cast<int64_t>(chunks_.back().MemoryBytes());
    if (bytes_ >= kBatchBytes) Finish(context);
    return Step::kNeedInput;
  }
  Step Finish(DriverContext& /*context*/) override {
    rows_.Append(std::exchange(chunks_, {}), std::exchange(bytes_, 0));
    return Step::kFinished;
  }

 private:
  MaterializedRows& rows_;
  std::vector<Chunk> chunks_;
  int64_t bytes_ = 0;
};

}  // namespace

class MaterializedReader final : public SourceOperator {
 public:
  explicit MaterializedReader(MaterializedSource& shared) : shared_(shared) {}
  Step Pull(DriverContext& /*context*/, Chunk& out) override {
    const std::vector<Chunk>& chunks = shared_.rows_->chunks();
    const size_t at = shared_.next_.fetch_add(1, std::memory_order_relaxed);
    if (at >= chunks.size()) return Step::kFinished;
    std::vector<ColumnPtr> columns;
    columns.reserve(shared_.columns_.size());
    for (const size_t column : shared_.columns_) columns.push_back(chunks[at].column(column));
    out = chunks[at].WithColumns(std::move(columns));
    return Step::kHasOutput;
  }

 private:
  MaterializedSource& shared_;
};

std::unique_ptr<SinkOperator> MaterializeSink::Make(DriverContext& /*context*/) {
  return std::make_unique<Materializer>(*rows_);
}

std::unique_ptr<SourceOperator> MaterializedSource::Make(DriverContext& /*context*/) {
  return std::make_unique<MaterializedReader>(*this);
}

}  // namespace weir
