#include "exec/operator/asof_join.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "exec/operator/asof_merge.h"
#include "exec/operator/computed_columns.h"

namespace weir {

namespace {

// Right rows that one driver looks through at a time for those without a partner.
constexpr size_t kRangeRows = size_t{1} << 16;

SelectionPtr ToSelection(const RowSet& rows) {
  auto out = std::make_shared<Selection>(rows.count());
  for (size_t i = 0; i < rows.count(); ++i) (*out)[i] = static_cast<uint32_t>(rows[i]);
  return out;
}

class AsofCollector final : public SinkOperator {
 public:
  AsofCollector(AsofBuild& shared, const QueryContext& query)
      : plan_(shared.plan()),
        compute_(plan_.right().computed(), query),
        rows_(shared.right_runs(), shared.info.tracker, query.options.forced_spill) {}
  Step Push(DriverContext& context, Chunk input) override {
    Chunk rows = compute_(std::move(input));
    if (!plan_.keeps_right()) {
      const RowSet matchable = plan_.Matchable(plan_.right().KeysOf(rows), rows.rows(), scratch_);
      if (matchable.empty()) return Step::kNeedInput;
      if (matchable.count() != rows.row_count()) rows = rows.WithSelection(ToSelection(matchable));
    }
    return rows_.Push(context, std::move(rows));
  }
  Step Poll(DriverContext& context) override { return rows_.Poll(context); }
  Step Finish(DriverContext& context) override { return rows_.Finish(context); }

 private:
  const AsofPlan& plan_;
  ComputedColumns compute_;
  RunCollector rows_;
  Selection scratch_;
};

// Left rows as they come.
class AsofProber final : public TransformOperator {
 public:
  AsofProber(const AsofBuild& build, const QueryContext& query)
      : plan_(build.plan()), table_(build.table()), compute_(plan_.left().computed(), query), finder_(table_) {}

  Step Push(DriverContext& /*context*/, Chunk input, Chunk& out) override {
    const Chunk rows = compute_(std::move(input));
    const std::vector<ColumnPtr> keys = plan_.left().KeysOf(rows);
    const RowSet all = rows.rows();
    const RowSet matchable = plan_.Matchable(keys, all, scratch_);
    positions_.resize(matchable.count());
    finder_.Find(keys, matchable, positions_.data());
    if (plan_.keeps_right()) {
      for (const uint64_t position : positions_) {
        if (position != AsofTable::kNone) table_.MarkMatched(position);
      }
    }
    left_rows_.clear();
    right_rows_.clear();
    const bool keeps_left = plan_.keeps_left();
    for (size_t i = 0, next = 0; i < (keeps_left ? all.count() : matchable.count()); ++i) {
      const size_t row = keeps_left ? all[i] : matchable[i];
      uint64_t position = AsofTable::kNone;
      if (next < matchable.count() && matchable[next] == row) position = positions_[next++];
      if (position == AsofTable::kNone && !keeps_left) continue;
      left_rows_.push_back(static_cast<uint32_t>(row));
      right_rows_.push_back(position == AsofTable::kNone ? nullptr : table_.row(position));
      if (right_rows_.back() != nullptr) __builtin_prefetch(right_rows_.back());
    }
    if (left_rows_.empty()) return Step::kNeedInput;
    out = Pairs(rows);
    return Step::kHasOutput;
  }

 private:
  Chunk Pairs(const Chunk& rows) const {
    const size_t count = left_rows_.size();
    std::vector<ColumnPtr> columns;
    const bool all = count == rows.size();  // each row comes once at most, and in order
    BufferPtr indices;
    if (!all && !plan_.left_output().empty()) {
      auto buffer = Buffer::Allocate(count * sizeof(uint32_t));
      std::memcpy(buffer->data(), left_rows_.data(), count * sizeof(uint32_t));
      indices = std::move(buffer);
    }
    for (const size_t column : plan_.left_output()) {
      columns.push_back(all ? rows.column(column) : Column::Take(rows.column(column), indices, count));
    }
    for (const size_t column : plan_.right_output()) {
      columns.push_back(table_.Gather(column, right_rows_.data(), count));
    }
    return {std::move(columns), count};
  }

  const AsofPlan& plan_;
  const AsofTable& table_;
  ComputedColumns compute_;
  AsofFinder finder_;
  Selection scratch_;
  std::vector<uint64_t> positions_;
  std::vector<uint32_t> left_rows_;
  std::vector<const uint8_t*> right_rows_;
};

// Left rows of a join whose right ones are on disk go there, too; a worker writes a run at a time, into the system's
// cache.
class AsofSpiller final : public TransformOperator {
 public:
  AsofSpiller(const AsofBuild& build, std::shared_ptr<MemoryTracker> tracker, const QueryContext& query)
      : plan_(build.plan()),
        runs_(build.left_runs()),
        compute_(plan_.left().computed(), query),
        writer_(runs_, std::move(tracker), query.options.forced_spill) {}

  Step Push(DriverContext& /*context*/, Chunk input, Chunk& out) override {
    const Chunk rows = compute_(std::move(input));
    const RowSet all = rows.rows();
    const RowSet matchable = plan_.Matchable(plan_.left().KeysOf(rows), all, scratch_);
    if (matchable.count() == all.count()) {
      writer_.Append(rows);
      return Step::kNeedInput;
    }
    if (!matchable.empty()) writer_.Append(rows.WithSelection(ToSelection(matchable)));
    if (!plan_.keeps_left()) return Step::kNeedInput;
    auto rest = std::make_shared<Selection>();
    for (size_t i = 0, next = 0; i < all.count(); ++i) {
      if (next < matchable.count() && matchable[next] == all[i]) {
        ++next;
      } else {
        rest->push_back(static_cast<uint32_t>(all[i]));
      }
    }
    std::vector<ColumnPtr> columns;
    for (const size_t column : plan_.left_output()) columns.push_back(rows.column(column));
    for (ColumnPtr& column : plan_.NullColumns(/*of_right=*/true, rows.size())) columns.push_back(std::move(column));
    out = Chunk(std::move(columns), rows.size(), std::move(rest));
    return Step::kHasOutput;
  }
  Step Finish(DriverContext& /*context*/, Chunk& /*out*/) override {
    writer_.Finish();
    return Step::kFinished;
  }

 private:
  const AsofPlan& plan_;
  const std::shared_ptr<SortRuns> runs_;
  ComputedColumns compute_;
  RunWriter writer_;
  Selection scratch_;
};

}  // namespace

// ---- AsofBuild

std::unique_ptr<SinkOperator> AsofBuild::Make(DriverContext& context) {
  return std::make_unique<AsofCollector>(*this, context.query);
}

std::optional<size_t> AsofBuild::PrepareStage(QueryContext& /*query*/, size_t stage) {
  switch (stage) {
    case 0:
      has_spilled_ = !right_runs_->files().empty();
      if (right_runs_->can_spill() && info.tracker != nullptr) {
        has_spilled_ =
            has_spilled_ || info.tracker->available_bytes() < AsofTable::BytesFor(plan_, right_runs_->in_memory_rows());
      }
      return has_spilled_ ? right_runs_->in_memory_count() : 0;
    case 1:
      if (has_spilled_) return std::nullopt;
      return table_.PrepareOrder(right_runs_->TakeAll());
    case 2:
      return table_.PrepareGroups();
    case 3:
      return table_.PrepareBuild();
    default:
      return std::nullopt;
  }
}

void AsofBuild::RunTask(QueryContext& /*query*/, size_t stage, size_t task) {
  switch (stage) {
    case 0:
      return right_runs_->Write(right_runs_->TakeBack());
    case 1:
      return table_.Order(task);
    case 2:
      return table_.AddGroups(task);
    default:
      return table_.Build(task);
  }
}

// ---- AsofProbe

std::unique_ptr<TransformOperator> AsofProbe::Make(DriverContext& context) {
  if (build_->has_spilled()) return std::make_unique<AsofSpiller>(*build_, info.tracker, context.query);
  return std::make_unique<AsofProber>(*build_, context.query);
}

// ---- AsofRest

class AsofRightRows final : public SourceOperator {
 public:
  explicit AsofRightRows(AsofRest& shared)
      : shared_(shared), plan_(shared.build_->plan()), table_(shared.build_->table()) {}

  Step Pull(DriverContext& context, Chunk& out) override {
    for (;;) {
      std::vector<const uint8_t*> rows;
      for (; at_ < end_ && rows.size() < context.query.chunk_rows(); ++at_) {
        if (!table_.IsMatched(at_)) rows.push_back(table_.row(at_));
      }
      if (!rows.empty()) {
        std::vector<ColumnPtr> columns = plan_.NullColumns(/*of_right=*/false, rows.size());
        for (const size_t column : plan_.right_output()) {
          columns.push_back(table_.Gather(column, rows.data(), rows.size()));
        }
        out = Chunk(std::move(columns), rows.size());
        return Step::kHasOutput;
      }
      at_ = shared_.next_.fetch_add(1, std::memory_order_relaxed) * kRangeRows;
      if (!plan_.keeps_right() || at_ >= table_.row_count()) return Step::kFinished;
      end_ = std::min(at_ + kRangeRows, table_.row_count());
    }
  }

 private:
  AsofRest& shared_;
  const AsofPlan& plan_;
  const AsofTable& table_;
  size_t at_ = 0;
  size_t end_ = 0;
};

size_t AsofRest::drivers_max() const {
  if (build_->has_spilled()) return 1;
  return build_->plan().keeps_right() ? (build_->table().row_count() + kRangeRows - 1) / kRangeRows : 0;
}

std::unique_ptr<SourceOperator> AsofRest::Make(DriverContext& /*context*/) {
  if (!build_->has_spilled()) return std::make_unique<AsofRightRows>(*this);
  return std::make_unique<AsofMergeReader>(build_->plan(), build_->left_runs(), build_->right_runs(), info.tracker);
}

void AsofRest::ReportTo(obs::ProfileNode& profile) {
  build_->left_runs()->ReportTo(profile);
  build_->right_runs()->ReportTo(profile);
}

}  // namespace weir
