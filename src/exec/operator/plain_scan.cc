#include "exec/operator/plain_scan.h"

#include <algorithm>
#include <utility>

#include "catalog/catalog.h"
#include "catalog/virtual_table.h"
#include "exec/query_context.h"

namespace weir {

PlainScanSource::PlainScanSource(const PhysicalScan& scan,
                                 const std::vector<std::shared_ptr<RuntimeFilterSlot>>& filters,
                                 std::shared_ptr<const TopNBound> bound, size_t bound_column)
    : scan_(scan) {
  filter_.bound = std::move(bound);
  filter_.bound_column = bound_column;
  filter_.conjuncts = scan.filters;
  for (size_t i = 0; i < filters.size(); ++i) {
    if (filters[i] != nullptr) filter_.runtime.push_back({filters[i], scan.runtime_filters[i].column});
  }
}

bool PlainScanSource::Picker::operator()(const Chunk& chunk, Chunk& out) {
  SelectionPtr selection = filter_(chunk);
  if (selection == nullptr) selection = chunk.selection();
  if (selection != nullptr && selection->empty()) return false;
  std::vector<ColumnPtr> columns;
  columns.reserve(scan_.scan_.output.size());
  for (const size_t column : scan_.scan_.output) columns.push_back(chunk.column(column));
  out = Chunk(std::move(columns), chunk.size(), std::move(selection));
  return true;
}

void VirtualScanSource::Prepare(QueryContext& query) {
  if (filter_.nothing_passes()) return;
  const auto& source = std::get<VirtualSource>(scan_.source);
  const CatalogPtr catalog = query.snapshot == nullptr ? Catalog::Initial() : query.snapshot->catalog();
  for (const Chunk& chunk : source.table->Scan(query.statement, *catalog)) {
    if (chunk.empty()) continue;
    std::vector<ColumnPtr> columns;
    for (const size_t ordinal : source.column_ordinals) columns.push_back(chunk.column(ordinal));
    const Chunk wanted(std::move(columns), chunk.size(), chunk.selection());
    // Tables make chunks of any size.
    for (size_t at = 0; at < wanted.row_count(); at += query.chunk_rows()) {
      Chunk part = wanted.Slice(at, std::min(query.chunk_rows(), wanted.row_count() - at));
      chunks_.push_back(part.row_count() == wanted.row_count() ? std::move(part) : part.Compact());
    }
  }
}

class VirtualScanSource::Reader final : public SourceOperator {
 public:
  Reader(VirtualScanSource& shared, const QueryContext& query) : shared_(shared), pick_(shared, query) {}
  Step Pull(DriverContext& /*context*/, Chunk& out) override {
    for (;;) {
      const size_t at = shared_.next_.fetch_add(1, std::memory_order_relaxed);
      if (at >= shared_.chunks_.size()) return Step::kFinished;
      if (pick_(shared_.chunks_[at], out)) return Step::kHasOutput;
    }
  }

 private:
  VirtualScanSource& shared_;
  Picker pick_;
};

std::unique_ptr<SourceOperator> VirtualScanSource::Make(DriverContext& context) {
  return std::make_unique<Reader>(*this, context.query);
}

void FormatScanSource::Prepare(QueryContext& query) {
  if (filter_.nothing_passes()) return;
  const auto& source = std::get<FileSource>(scan_.source);
  files_ = query.services.formats->open.at(source.format)(source, *query.services.files, info.tracker);
}

class FormatScanSource::Reader final : public SourceOperator {
 public:
  Reader(FormatScanSource& shared, const QueryContext& query) : shared_(shared), pick_(shared, query) {}
  Step Pull(DriverContext& context, Chunk& out) override {
    for (;;) {
      context.query.token.ThrowIfCanceled();
      if (unit_ == nullptr) {
        const size_t at = shared_.next_.fetch_add(1, std::memory_order_relaxed);
        if (shared_.files_ == nullptr || at >= shared_.files_->unit_count()) return Step::kFinished;
        unit_ = shared_.files_->OpenUnit(at, shared_.info.tracker);
      }
      Chunk chunk;
      if (!unit_->Next(context.query.chunk_rows(), chunk)) {
        unit_.reset();
        continue;
      }
      if (pick_(chunk, out)) return Step::kHasOutput;
    }
  }

 private:
  FormatScanSource& shared_;
  Picker pick_;
  std::unique_ptr<FileUnitReader> unit_;
};

std::unique_ptr<SourceOperator> FormatScanSource::Make(DriverContext& context) {
  return std::make_unique<Reader>(*this, context.query);
}

}  // namespace weir
