#include "exec/operator/join_aside.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "exec/background_step.h"
#include "expr/evaluator.h"

namespace weir {

namespace {

class ProbeWithAside final : public TransformOperator {
 public:
  ProbeWithAside(const JoinProbeTarget& target, std::shared_ptr<JoinSpill> spill, const QueryContext& query)
      : plan_(target.plan),
        table_(target.table),
        spill_(std::move(spill)),
        inner_(MakeHashJoinProbe(target, query)),
        key_exprs_(plan_.probe_keys(), query.registry(), query.statement),
        rows_(std::make_shared<SpillPartitionRows>(plan_.ProbeUsedTypes(), spill_->tracker())),
        file_(std::make_shared<SpillPartitionFile>(spill_->area(), spill_->probe())),
        flush_bytes_(spill_->FlushBytes(query.threads)) {}

  Step Push(DriverContext& context, Chunk input, Chunk& out) override {
    const SelectionPtr here = Divide(input);
    if (!here->empty()) {
      const bool all = here->size() == input.row_count();
      const Step step = inner_->Push(context, all ? std::move(input) : input.WithSelection(here), out);
      inner_busy_ = step == Step::kHasOutput;
      if (step != Step::kNeedInput) return step;
    }
    return PutAside(context);
  }

  Step Pull(DriverContext& context, Chunk& out) override {
    if (inner_busy_) {
      const Step step = inner_->Pull(context, out);
      inner_busy_ = step == Step::kHasOutput;
      if (step != Step::kNeedInput) return step;
    }
    return PutAside(context);
  }

  Step Finish(DriverContext& context, Chunk& /*out*/) override {
    if (PutAside(context) == Step::kBlocked) return Step::kBlocked;
    if (file_ == nullptr) return Step::kFinished;
    writing_.Start(context.query.services.io, *context.waker,
                   [spill = spill_, rows = rows_, file = std::exchange(file_, nullptr)] {
                     rows->WriteTo(*file, *spill->probe());
                     file->Finish();
                   });
    return Blocked(context);
  }

 private:
  static Step Blocked(DriverContext& context) {
    context.block_reason = BlockReason::kIo;
    return Step::kBlocked;
  }

  // The rows that can be probed now; the others are noted.
  SelectionPtr Divide(const Chunk& input) {
    std::vector<ColumnPtr> keys;
    for (size_t i = 0; i < key_exprs_.size(); ++i) keys.push_back(key_exprs_.Evaluate(i, input));
    auto here = std::make_shared<Selection>();
    aside_rows_.clear();
    aside_hashes_.clear();
    RowSet rows = input.rows();
    // Rows whose key can match nothing are done with at once, unless they are compared one by one.
    if (!plan_.needs_null_rows() && table_.SplitMatchable(keys, rows, matchable_, null_rows_)) {
      rows = RowSet::Of(matchable_);
      *here = null_rows_;
    }
    hashes_.resize(rows.count());
    hasher_.Hash(keys, rows, hashes_.data());
    const SpillPartitions& partitions = *spill_->probe();
    for (size_t i = 0; i < rows.count(); ++i) {
      if (spill_->IsResident(partitions.Of(hashes_[i]))) {
        here->push_back(static_cast<uint32_t>(rows[i]));
      } else {
        aside_rows_.push_back(static_cast<uint32_t>(rows[i]));
        aside_hashes_.push_back(hashes_[i]);
      }
    }
    std::ranges::sort(*here);
    if (!aside_rows_.empty()) aside_ = input;
    return here;
  }

  Step PutAside(DriverContext& context) {
    for (;;) {
      if (writing_.running() && !writing_.Done()) return Blocked(context);
      if (rows_->MemoryBytes() < flush_bytes_ || rows_->empty()) {
        if (!aside_.has_value()) return Step::kNeedInput;
        if (TryAppend()) continue;
      }
      writing_.Start(context.query.services.io, *context.waker,
                     [spill = spill_, rows = rows_, file = file_] { rows->WriteTo(*file, *spill->probe()); });
      flush_bytes_ = spill_->FlushBytes(context.query.threads);
    }
  }

  bool TryAppend() {
    std::vector<ColumnPtr> columns;
    for (const size_t column : plan_.probe_used()) columns.push_back(aside_->column(column));
    const std::unique_ptr<Error> error =
        CatchError([&] { rows_->Append(columns, RowSet::Of(aside_rows_), aside_hashes_); });
    if (error != nullptr && (error->sqlstate() != sqlstate::kOutOfMemory || rows_->empty())) throw Error(*error);
    if (error == nullptr) aside_.reset();
    return error == nullptr;
  }

  const HashJoinPlan& plan_;
  const JoinTable& table_;
  const std::shared_ptr<JoinSpill> spill_;
  const std::unique_ptr<TransformOperator> inner_;
  Evaluator key_exprs_;
  bool inner_busy_ = false;
  std::optional<Chunk> aside_;  // has rows to be put aside
  std::vector<uint32_t> aside_rows_;
  std::vector<uint64_t> aside_hashes_;
  const std::shared_ptr<SpillPartitionRows> rows_;
  std::shared_ptr<SpillPartitionFile> file_;
  size_t flush_bytes_;
  BackgroundStep writing_;
  KeyHasher hasher_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> matchable_, null_rows_;
};

}  // namespace

std::unique_ptr<TransformOperator> MakeProbeWithAside(const JoinProbeTarget& target, std::shared_ptr<JoinSpill> spill,
                                                      const QueryContext& query) {
  return std::make_unique<ProbeWithAside>(target, std::move(spill), query);
}

}  // namespace weir
