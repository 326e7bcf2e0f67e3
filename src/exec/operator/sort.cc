#include "exec/operator/sort.h"

#include <algorithm>
#include <utility>

#include "exec/operator/computed_columns.h"

namespace weir {

SortPlan::SortPlan(const std::vector<Type>& types, const std::vector<SortKey>& keys) : output_columns_(types.size()) {
  std::vector<Type> all = types;
  std::vector<SortColumn> columns;
  for (const SortKey& key : keys) {
    SortColumn column{.descending = key.descending, .nulls_first = key.nulls_first};
    if (key.expr->is(ExprKind::kInput)) {
      column.column = key.expr->input_index();
    } else {
      column.column = all.size();
      all.push_back(key.expr->type());
      computed_.push_back(key.expr);
    }
    columns.push_back(column);
  }
  layout_ = std::make_shared<const SortLayout>(std::move(all), std::move(columns));
}

Chunk SortPlan::Output(Chunk sorted) const {
  if (computed_.empty()) return sorted;
  std::vector<ColumnPtr> columns(sorted.columns().begin(),
                                 sorted.columns().begin() + static_cast<ptrdiff_t>(output_columns_));
  return sorted.WithColumns(std::move(columns));
}

namespace {

class Sorter final : public SinkOperator {
 public:
  Sorter(SortSink& shared, const QueryContext& query)
      : append_keys_(shared.plan().computed(), query),
        rows_(shared.runs(), shared.info.tracker, query.options.forced_spill) {}
  Step Push(DriverContext& context, Chunk input) override {
    return rows_.Push(context, append_keys_(std::move(input)));
  }
  Step Poll(DriverContext& context) override { return rows_.Poll(context); }
  Step Finish(DriverContext& context) override { return rows_.Finish(context); }

 private:
  ComputedColumns append_keys_;
  RunCollector rows_;
};

class SortReader final : public SourceOperator {
 public:
  explicit SortReader(const SortSink& shared) : shared_(shared) {}
  Step Pull(DriverContext& context, Chunk& out) override {
    for (;;) {
      if (scan_.has_value()) {
        std::optional<Chunk> chunk = scan_->Next(context.query.chunk_rows());
        if (chunk.has_value()) {
          out = shared_.plan().Output(std::move(*chunk));
          return Step::kHasOutput;
        }
        scan_.reset();
      }
      if (next_ == shared_.merge().partition_count()) return Step::kFinished;
      scan_.emplace(shared_.merge().Partition(next_++));
    }
  }

 private:
  const SortSink& shared_;
  size_t next_ = 0;
  std::optional<SortedScan> scan_;
};

class ExternalSortReader final : public SourceOperator {
 public:
  explicit ExternalSortReader(const SortSink& shared) : shared_(shared), reader_(shared.runs(), shared.info.tracker) {}
  Step Pull(DriverContext& context, Chunk& out) override {
    const Step step = reader_.Pull(context, out);
    if (step == Step::kHasOutput) out = shared_.plan().Output(std::move(out));
    return step;
  }
  void ReportTo(obs::ProfileNode& profile) override { shared_.runs()->ReportTo(profile); }

 private:
  const SortSink& shared_;
  SortedRunsReader reader_;
};

class TopNKeeper final : public SinkOperator {
 public:
  TopNKeeper(TopNSink& shared, const QueryContext& query)
      : shared_(shared),
        append_keys_(shared.plan().computed(), query),
        rows_(std::make_unique<TopN>(shared.plan().layout(), shared.rows_max(), shared.info.tracker)) {}
  Step Push(DriverContext& /*context*/, Chunk input) override {
    if (shared_.rows_max() == 0) return Step::kFinished;
    rows_->Append(append_keys_(std::move(input)));
    if (rows_->bound() != offered_) {
      offered_ = rows_->bound();
      if (shared_.bound() != nullptr) shared_.bound()->Offer(offered_->value(0));
      if (shared_.group_bound() != nullptr) shared_.group_bound()->Offer(*offered_);
    }
    return Step::kNeedInput;
  }
  Step Finish(DriverContext& /*context*/) override {
    shared_.Take(std::move(rows_));
    return Step::kFinished;
  }

 private:
  TopNSink& shared_;
  ComputedColumns append_keys_;
  std::unique_ptr<TopN> rows_;
  std::shared_ptr<const RowBound> offered_;  // the bound that was offered last
};

class TopNReader final : public SourceOperator {
 public:
  TopNReader(TopNSink& shared, const LateColumns* late)
      : shared_(shared), late_(late), scan_(shared.Finish()), to_skip_(shared.offset()) {}
  Step Pull(DriverContext& context, Chunk& out) override {
    if (!scan_.has_value()) return Step::kFinished;
    while (std::optional<Chunk> chunk = scan_->Next(context.query.chunk_rows())) {
      const auto skip = static_cast<size_t>(std::min<uint64_t>(to_skip_, chunk->row_count()));
      to_skip_ -= skip;
      if (skip == chunk->row_count()) continue;
      out = shared_.plan().Output(chunk->Slice(skip, chunk->row_count() - skip));
      if (late_ != nullptr) out = late_->Complete(out, context.query.token);
      return Step::kHasOutput;
    }
    return Step::kFinished;
  }

 private:
  TopNSink& shared_;
  const LateColumns* late_;
  std::optional<SortedScan> scan_;
  uint64_t to_skip_;
};

}  // namespace

std::unique_ptr<SinkOperator> SortSink::Make(DriverContext& context) {
  return std::make_unique<Sorter>(*this, context.query);
}

std::optional<size_t> SortSink::PrepareStage(QueryContext& /*query*/, size_t stage) {
  switch (stage) {
    case 0:  // when some runs are on disk the others follow, so that there is memory for bringing them together
      return runs_->files().empty() ? 0 : runs_->in_memory_count();
    case 1:
      merge_.emplace(plan_.layout(), runs_->TakeAll());
      return 0;
    default:
      return std::nullopt;
  }
}

// Writes on a worker: a run each at most, into the system's cache.
void SortSink::RunTask(QueryContext& /*query*/, size_t /*stage*/, size_t /*task*/) {
  runs_->Write(runs_->TakeBack());
}

std::unique_ptr<SourceOperator> SortSource::Make(DriverContext& /*context*/) {
  if (!sink_->runs()->files().empty()) return std::make_unique<ExternalSortReader>(*sink_);
  return std::make_unique<SortReader>(*sink_);
}

TopNSink::TopNSink(const std::vector<Type>& types, const std::vector<SortKey>& keys, uint64_t limit, uint64_t offset)
    : plan_(types, keys),
      rows_max_(limit == 0 ? 0 : static_cast<size_t>(limit + std::min(offset, UINT64_MAX - limit))),
      offset_(offset) {}

std::unique_ptr<SinkOperator> TopNSink::Make(DriverContext& context) {
  return std::make_unique<TopNKeeper>(*this, context.query);
}

void TopNSink::Take(std::unique_ptr<TopN> rows) {
  // Many rows take long: nobody waits with a worker for two that are being brought together.
  for (;;) {
    std::unique_ptr<TopN> other;
    {
      const std::scoped_lock lock(mutex_);
      if (best_ == nullptr) {
        best_ = std::move(rows);
        return;
      }
      other = std::move(best_);
    }
    rows->Merge(*other);
  }
}

std::optional<SortedScan> TopNSink::Finish() {
  if (best_ == nullptr || rows_max_ == 0) return std::nullopt;
  return best_->Finish();
}

std::unique_ptr<SourceOperator> TopNSource::Make(DriverContext& /*context*/) {
  return std::make_unique<TopNReader>(*sink_, late_.get());
}

}  // namespace weir
