#include "exec/operator/hash_join_probe.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "algo/row_compare.h"
#include "column/builder.h"
#include "expr/evaluator.h"
#include "expr/subquery_error.h"
#include "runtime/cancellation_scope.h"

namespace weir {

namespace {

std::vector<ColumnPtr> Pick(const Chunk& chunk, const std::vector<size_t>& columns) {
  std::vector<ColumnPtr> out;
  out.reserve(columns.size());
  for (const size_t column : columns) out.push_back(chunk.column(column));
  return out;
}

// What every kind of probe starts with.
class ProbeBase : public TransformOperator {
 protected:
  ProbeBase(const JoinProbeTarget& target, const QueryContext& query, const JoinPasses* passes)
      : target_(target),
        plan_(target.plan),
        table_(target.table),
        passes_(passes),
        key_exprs_(plan_.probe_keys(), query.registry(), query.statement),
        probe_(table_) {}

  void EvaluateKeys(const Chunk& input) {
    keys_.clear();
    for (size_t i = 0; i < key_exprs_.size(); ++i) keys_.push_back(key_exprs_.Evaluate(i, input));
  }
  bool KeyIsNull(size_t row) const {
    return std::ranges::any_of(keys_, [&](const ColumnPtr& key) { return key->IsNull(row); });
  }

  // With one key and no further condition: is it unknown whether a row without a partner has one?
  bool IsUnknownByKey(size_t row) const { return target_.has_rows && (target_.has_null_key || KeyIsNull(row)); }
  bool in_last_pass() const { return passes_ == nullptr || passes_->last; }

  const JoinProbeTarget target_;
  const HashJoinPlan& plan_;
  const JoinTable& table_;
  const JoinPasses* const passes_;
  Evaluator key_exprs_;
  JoinProbe probe_;
  std::vector<ColumnPtr> keys_;
};

// For probe rows without a partner under null-aware semantics: is the whole condition NULL, rather than false, for
// some build row? Compares with build rows one by one where NULLs are involved; right for any number of keys and any
// residual, and slow, which only multi-column NOT IN over NULLs meets.
class UnknownFinder {
 public:
  UnknownFinder(const JoinProbeTarget& target, const QueryContext& query) : plan_(target.plan), table_(target.table) {
    if (plan_.has_residual()) {
      residual_.emplace(std::vector<ExprPtr>{plan_.residual().expr}, query.registry(), query.statement);
    }
  }

  bool IsUnknown(const Chunk& probe, const std::vector<ColumnPtr>& keys, size_t row) {
    const bool null_key = std::ranges::any_of(keys, [&](const ColumnPtr& key) { return key->IsNull(row); });
    for (size_t block = 0; block < table_.block_count(); ++block) {
      // Without NULLs on either side only the residual can be NULL.
      if (!null_key && !table_.IsNullBlock(block) && !plan_.has_residual()) continue;
      if (IsUnknownIn(block, probe, keys, row)) return true;
    }
    return false;
  }

 private:
  static constexpr size_t kBatchRows = 1024;

  bool IsUnknownIn(size_t block, const Chunk& probe, const std::vector<ColumnPtr>& keys, size_t row) {
    for (size_t begin = 0; begin < table_.BlockRows(block); begin += kBatchRows) {
      const size_t count = std::min(kBatchRows, table_.BlockRows(block) - begin);
      std::vector<const uint8_t*> rows(count);
      for (size_t i = 0; i < count; ++i) rows[i] = table_.BlockRow(block, begin + i);
      std::vector<uint8_t> different(count);
      std::vector<uint8_t> null(count);
      for (size_t k = 0; k < keys.size(); ++k) {
        const ColumnPtr column = table_.GatherKey(k, rows.data(), count);
        const bool probe_null = keys[k]->IsNull(row);
        for (size_t i = 0; i < count; ++i) {
          if (probe_null || column->IsNull(i)) {
            null[i] = 1;
          } else if (CompareValues(*keys[k], row, *column, i) != 0) {
            different[i] = 1;
          }
        }
      }
      if (!residual_.has_value()) {
        for (size_t i = 0; i < count; ++i) {
          if (null[i] != 0 && different[i] == 0) return true;
        }
        continue;
      }
      std::vector<ColumnPtr> columns;
      for (const size_t column : plan_.residual().left) {
        columns.push_back(Column::ConstantOf(probe.column(column), row, count));
      }
      for (const size_t column : plan_.residual().right) {
        columns.push_back(plan_.BuildColumn(table_, column, rows.data(), count));
      }
      auto candidates = std::make_shared<Selection>();
      for (size_t i = 0; i < count; ++i) {
        if (different[i] == 0) candidates->push_back(static_cast<uint32_t>(i));
      }
      if (candidates->empty()) continue;
      const Chunk chunk(std::move(columns), count, candidates);
      const ColumnPtr value = residual_->Evaluate(0, chunk);
      for (const uint32_t i : *candidates) {
        const bool residual_null = value->IsNull(i);
        // NULL unless something is false; all true would have been a match.
        if (residual_null || (null[i] != 0 && value->GetValue(i).boolean())) return true;
      }
    }
    return false;
  }

  const HashJoinPlan& plan_;
  const JoinTable& table_;
  std::optional<Evaluator> residual_;
};

// Semi, anti and mark joins on keys alone.
class ExistenceProbe final : public ProbeBase {
 public:
  ExistenceProbe(const JoinProbeTarget& target, const QueryContext& query, const JoinPasses* passes)
      : ProbeBase(target, query, passes) {}

  Step Push(DriverContext& /*context*/, Chunk input, Chunk& out) override {
    EvaluateKeys(input);
    const bool anti = plan_.kind() == HashJoinKind::kAnti;
    auto selection = std::make_shared<Selection>();
    selection->reserve(input.row_count());
    if (passes_ == nullptr) {
      probe_.Exists(keys_, input.rows(), anti, *selection);
    } else {
      probe_.Exists(keys_, input.rows(), /*anti=*/false, *selection);
      for (const uint32_t row : *selection) passes_->found[row] = JoinPasses::kMatched;
      if (!passes_->last) return Step::kNeedInput;
      selection->clear();
      for (size_t row = 0; row < input.size(); ++row) {
        if ((passes_->found[row] == 0) == anti) selection->push_back(static_cast<uint32_t>(row));
      }
    }
    if (plan_.kind() == HashJoinKind::kMark) {
      std::vector<ColumnPtr> columns = Pick(input, plan_.probe_output());
      columns.push_back(Mark(input, *selection));
      out = input.WithColumns(std::move(columns));
      return Step::kHasOutput;
    }
    if (anti && plan_.null_aware() && target_.has_rows) {
      if (target_.has_null_key) return Step::kFinished;  // no value is known not to be among them
      std::erase_if(*selection, [&](uint32_t row) { return KeyIsNull(row); });
    }
    if (selection->empty()) return Step::kNeedInput;
    const bool all = selection->size() == input.row_count();
    out = Chunk(Pick(input, plan_.probe_output()), input.size(), all ? input.selection() : std::move(selection));
    return Step::kHasOutput;
  }

 private:
  ColumnPtr Mark(const Chunk& input, const Selection& matches) const {
    FlatWriter<uint8_t> mark(TypeKind::kBoolean, input.size());
    std::memset(mark.values(), 0, input.size());
    for (const uint32_t row : matches) mark.Set(row, 1);
    if (plan_.null_aware() && target_.has_rows) {
      input.rows().ForEach([&](size_t row) {
        if (mark.values()[row] == 0 && IsUnknownByKey(row)) mark.SetNull(row);
      });
    }
    return mark.Finish();
  }
};

// All other joins: goes through the pairs of matching rows.
class PairProbe final : public ProbeBase {
 public:
  PairProbe(const JoinProbeTarget& target, const QueryContext& query, const JoinPasses* passes)
      : ProbeBase(target, query, passes),
        capacity_(query.chunk_rows()),
        probe_rows_(capacity_),
        build_rows_(capacity_),
        unknown_(target, query) {
    if (plan_.has_residual()) {
      residual_.emplace(std::vector<ExprPtr>{plan_.residual().expr}, query.registry(), query.statement);
    }
  }

  Step Push(DriverContext& context, Chunk input, Chunk& out) override {
    input_ = std::move(input);
    EvaluateKeys(input_);
    if (plan_.tracks_probe_rows()) {
      matched_.assign(input_.size(), 0);
      for (size_t row = 0; passes_ != nullptr && row < input_.size(); ++row) {
        matched_[row] = passes_->found[row] & JoinPasses::kMatched;
      }
    }
    probe_.Start(keys_, input_.rows());
    pairs_left_ = true;
    return Pull(context, out);
  }

  Step Pull(DriverContext& /*context*/, Chunk& out) override {
    while (pairs_left_) {
      // A condition may let none of many pairs pass.
      CancellationScope::Check();
      size_t count = probe_.Next(capacity_, probe_rows_.data(), build_rows_.data());
      if (count == 0) {
        pairs_left_ = false;
        if (!plan_.tracks_probe_rows()) break;
        if (!in_last_pass()) {
          Remember();
        } else if (PutOutRest(out)) {
          return Step::kHasOutput;
        }
        break;
      }
      if (residual_.has_value()) count = ApplyResidual(count);
      if (count == 0) continue;
      if (plan_.emits_build_rows()) table_.MarkMatched(build_rows_.data(), count);
      if (plan_.tracks_probe_rows()) NoteMatches(count);
      if (puts_out_pairs()) {
        out = Pairs(count);
        return Step::kHasOutput;
      }
    }
    input_ = Chunk();
    keys_.clear();
    return Step::kNeedInput;
  }

 private:
  bool puts_out_pairs() const {
    switch (plan_.kind()) {
      case HashJoinKind::kInner:
      case HashJoinKind::kLeft:
      case HashJoinKind::kRight:
      case HashJoinKind::kFull:
      case HashJoinKind::kSingle:
        return true;
      default:
        return false;
    }
  }

  BufferPtr ProbeIndices(size_t count) const {
    auto indices = Buffer::Allocate(count * sizeof(uint32_t));
    std::memcpy(indices->data(), probe_rows_.data(), count * sizeof(uint32_t));
    return indices;
  }

  size_t ApplyResidual(size_t count) {
    std::vector<ColumnPtr> columns;
    const BufferPtr indices = plan_.residual().left.empty() ? nullptr : ProbeIndices(count);
    for (const size_t column : plan_.residual().left) {
      columns.push_back(Column::Take(input_.column(column), indices, count));
    }
    for (const size_t column : plan_.residual().right) {
      columns.push_back(plan_.BuildColumn(table_, column, build_rows_.data(), count));
    }
    const SelectionPtr passing = residual_->Filter(0, Chunk(std::move(columns), count));
    if (passing == nullptr) return count;
    for (size_t i = 0; i < passing->size(); ++i) {
      probe_rows_[i] = probe_rows_[(*passing)[i]];
      build_rows_[i] = build_rows_[(*passing)[i]];
    }
    return passing->size();
  }

  void NoteMatches(size_t count) {
    if (plan_.kind() == HashJoinKind::kSingle) {
      for (size_t i = 0; i < count; ++i) {
        if (matched_[probe_rows_[i]] != 0) {
          throw SubqueryHasSeveralRows();
        }
        matched_[probe_rows_[i]] = 1;
      }
      return;
    }
    for (size_t i = 0; i < count; ++i) matched_[probe_rows_[i]] = 1;
  }

  Chunk Pairs(size_t count) {
    std::vector<ColumnPtr> columns;
    columns.reserve(plan_.probe_output().size() + plan_.build_output().size());
    if (!plan_.probe_output().empty()) {
      const bool all = count == input_.size() && input_.selection() == nullptr &&
                       std::ranges::equal(IdentityRows(count), std::span(probe_rows_.data(), count));
      const BufferPtr indices = all ? nullptr : ProbeIndices(count);
      for (const size_t column : plan_.probe_output()) {
        const ColumnPtr& from = input_.column(column);
        columns.push_back(all ? from : Column::Take(from, indices, count));
      }
    }
    for (const size_t column : plan_.build_output()) {
      columns.push_back(plan_.BuildColumn(table_, column, build_rows_.data(), count));
    }
    return {std::move(columns), count};
  }

  bool IsUnknown(size_t row) {
    if (passes_ != nullptr && (passes_->found[row] & JoinPasses::kUnknown) != 0) return true;
    return unknown_.IsUnknown(input_, keys_, row);
  }

  // For the next pass.
  void Remember() {
    for (size_t row = 0; row < input_.size(); ++row) {
      if (matched_[row] != 0) {
        passes_->found[row] = JoinPasses::kMatched;
      } else if (plan_.null_aware() && IsUnknown(row)) {
        passes_->found[row] = JoinPasses::kUnknown;
      }
    }
  }

  // What is known when all pairs of the chunk have been seen. False: nothing comes out.
  bool PutOutRest(Chunk& out) {
    const HashJoinKind kind = plan_.kind();
    if (kind == HashJoinKind::kMark) {
      FlatWriter<uint8_t> mark(TypeKind::kBoolean, input_.size());
      std::memcpy(mark.values(), matched_.data(), input_.size());
      if (plan_.null_aware()) {
        input_.rows().ForEach([&](size_t row) {
          if (matched_[row] == 0 && IsUnknown(row)) mark.SetNull(row);
        });
      }
      std::vector<ColumnPtr> columns = Pick(input_, plan_.probe_output());
      columns.push_back(mark.Finish());
      out = input_.WithColumns(std::move(columns));
      return true;
    }
    const uint8_t wanted = kind == HashJoinKind::kSemi ? 1 : 0;
    auto selection = std::make_shared<Selection>();
    input_.rows().ForEach([&](size_t row) {
      if (matched_[row] != wanted) return;
      if (kind == HashJoinKind::kAnti && plan_.null_aware() && IsUnknown(row)) return;
      selection->push_back(static_cast<uint32_t>(row));
    });
    if (selection->empty()) return false;
    std::vector<ColumnPtr> columns = Pick(input_, plan_.probe_output());
    if (kind != HashJoinKind::kSemi && kind != HashJoinKind::kAnti) {
      for (const size_t column : plan_.build_output()) {
        columns.push_back(Column::ConstantNull(plan_.build_types()[column], input_.size()));
      }
    }
    out = Chunk(std::move(columns), input_.size(), std::move(selection));
    return true;
  }

  const size_t capacity_;
  std::vector<uint32_t> probe_rows_;
  std::vector<const uint8_t*> build_rows_;
  std::optional<Evaluator> residual_;
  UnknownFinder unknown_;
  Chunk input_;
  std::vector<uint8_t> matched_;  // per physical probe row
  bool pairs_left_ = false;
};

}  // namespace

std::unique_ptr<TransformOperator> MakeHashJoinProbe(const JoinProbeTarget& target, const QueryContext& query,
                                                     const JoinPasses* passes) {
  switch (target.plan.kind()) {
    case HashJoinKind::kSemi:
    case HashJoinKind::kAnti:
    case HashJoinKind::kMark:
      if (target.plan.has_residual() || target.plan.needs_null_rows()) break;
      return std::make_unique<ExistenceProbe>(target, query, passes);
    default:
      break;
  }
  return std::make_unique<PairProbe>(target, query, passes);
}

}  // namespace weir
