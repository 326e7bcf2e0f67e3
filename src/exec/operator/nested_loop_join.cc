#include "exec/operator/nested_loop_join.h"

#include <utility>

#include "column/builder.h"
#include "expr/evaluator.h"
#include "expr/subquery_error.h"

namespace weir {

NestedLoopShared::NestedLoopShared(const PhysicalNestedLoopJoin& node, std::shared_ptr<MaterializedRows> right)
    : kind_(node.join_kind),
      null_aware_(node.null_aware),
      condition_(PairCondition::Of(node.condition, node.child(0)->schema().size())),
      left_types_(node.child(0)->types()),
      right_types_(node.child(1)->types()),
      right_(std::move(right)) {}

void NestedLoopShared::PrepareMarks() {
  if (!emits_right_rows()) return;
  std::call_once(marks_made_, [this] {
    for (const Chunk& chunk : right_->chunks()) marks_.emplace_back(chunk.size(), 0);
  });
}

namespace {

class NestedLoopJoiner final : public TransformOperator {
 public:
  NestedLoopJoiner(NestedLoopShared& shared, const QueryContext& query) : shared_(shared) {
    shared_.PrepareMarks();
    if (shared_.condition().expr != nullptr) {
      condition_.emplace(std::vector<ExprPtr>{shared_.condition().expr}, query.registry(), query.statement);
    }
  }

  Step Push(DriverContext& context, Chunk input, Chunk& out) override {
    input_ = std::move(input);
    by_right_rows_ = shared_.right().row_count() <= input_.row_count();
    right_chunk_ = 0;
    outer_row_ = 0;
    busy_ = true;
    if (tracks_left()) {
      matched_.assign(input_.size(), 0);
      if (shared_.null_aware()) unknown_.assign(input_.size(), 0);
    }
    return Pull(context, out);
  }

  Step Pull(DriverContext& context, Chunk& out) override {
    if (!busy_) return Step::kNeedInput;
    const std::vector<Chunk>& right = shared_.right().chunks();
    while (right_chunk_ < right.size()) {
      context.query.token.ThrowIfCanceled();
      const Chunk& chunk = right[right_chunk_];
      const size_t outer = outer_row_;
      const size_t outer_count = by_right_rows_ ? chunk.size() : input_.row_count();
      if (++outer_row_ >= outer_count) {
        outer_row_ = 0;
        ++right_chunk_;
      }
      const size_t at = right_chunk_ - (outer_row_ == 0 ? 1 : 0);
      if (by_right_rows_ ? MeetRightRow(at, outer, out) : MeetLeftRow(at, input_.rows()[outer], out)) {
        return Step::kHasOutput;
      }
    }
    busy_ = false;
    if (tracks_left() && PutOutRest(out)) return Step::kHasOutput;
    return Step::kNeedInput;
  }

 private:
  bool puts_out_pairs() const {
    return shared_.kind() != JoinKind::kSemi && shared_.kind() != JoinKind::kAnti && shared_.kind() != JoinKind::kMark;
  }
  bool tracks_left() const { return shared_.kind() != JoinKind::kInner && shared_.kind() != JoinKind::kRight; }

  // The rows of a pair chunk (of `size` physical rows, `rows` selected) for which the condition is true; null: all.
  // `unknown` gets those where it is NULL.
  SelectionPtr Passing(std::vector<ColumnPtr> columns, size_t size, const SelectionPtr& rows, Selection* unknown) {
    if (!condition_.has_value()) return nullptr;
    const Chunk pairs(std::move(columns), size, rows);
    if (unknown == nullptr) return condition_->Filter(0, pairs);
    const ColumnPtr value = condition_->Evaluate(0, pairs);
    const ColumnView view(*value);
    auto passing = std::make_shared<Selection>();
    pairs.rows().ForEach([&](size_t row) {
      if (view.IsNull(row)) {
        unknown->push_back(static_cast<uint32_t>(row));
      } else if (view.At<uint8_t>(row) != 0) {
        passing->push_back(static_cast<uint32_t>(row));
      }
    });
    return passing;
  }

  void NoteLeft(size_t row) {
    if (matched_[row] != 0 && shared_.kind() == JoinKind::kSingle) {
      throw SubqueryHasSeveralRows();
    }
    matched_[row] = 1;
  }

  // All left rows with one right row.
  bool MeetRightRow(size_t right_chunk, size_t right_row, Chunk& out) {
    const Chunk& right = shared_.right().chunks()[right_chunk];
    std::vector<ColumnPtr> columns;
    for (const size_t column : shared_.condition().left) columns.push_back(input_.column(column));
    for (const size_t column : shared_.condition().right) {
      columns.push_back(Column::ConstantOf(right.column(column), right_row, input_.size()));
    }
    Selection unknown;
    SelectionPtr passing =
        Passing(std::move(columns), input_.size(), input_.selection(), shared_.null_aware() ? &unknown : nullptr);
    for (const uint32_t row : unknown) unknown_[row] = 1;
    if (passing == nullptr) passing = input_.selection();
    const RowSet rows = passing == nullptr ? RowSet::All(input_.size()) : RowSet::Of(*passing);
    if (rows.empty()) return false;
    if (tracks_left()) rows.ForEach([&](size_t row) { NoteLeft(row); });
    if (shared_.emits_right_rows()) shared_.MarkMatched(right_chunk, right_row);
    if (!puts_out_pairs()) return false;
    std::vector<ColumnPtr> output = input_.columns();
    for (const ColumnPtr& column : right.columns()) {
      output.push_back(Column::ConstantOf(column, right_row, input_.size()));
    }
    out = Chunk(std::move(output), input_.size(), std::move(passing));
    return true;
  }

  // One left row with all rows of a right chunk.
  bool MeetLeftRow(size_t right_chunk, size_t left_row, Chunk& out) {
    const Chunk& right = shared_.right().chunks()[right_chunk];
    std::vector<ColumnPtr> columns;
    for (const size_t column : shared_.condition().left) {
      columns.push_back(Column::ConstantOf(input_.column(column), left_row, right.size()));
    }
    for (const size_t column : shared_.condition().right) columns.push_back(right.column(column));
    Selection unknown;
    SelectionPtr passing =
        Passing(std::move(columns), right.size(), nullptr, shared_.null_aware() ? &unknown : nullptr);
    if (!unknown.empty()) unknown_[left_row] = 1;
    const RowSet rows = passing == nullptr ? RowSet::All(right.size()) : RowSet::Of(*passing);
    if (rows.empty()) return false;
    if (tracks_left()) {
      NoteLeft(left_row);
      if (shared_.kind() == JoinKind::kSingle && rows.count() > 1) NoteLeft(left_row);
    }
    if (shared_.emits_right_rows()) rows.ForEach([&](size_t row) { shared_.MarkMatched(right_chunk, row); });
    if (!puts_out_pairs()) return false;
    std::vector<ColumnPtr> output;
    for (const ColumnPtr& column : input_.columns()) {
      output.push_back(Column::ConstantOf(column, left_row, right.size()));
    }
    output.insert(output.end(), right.columns().begin(), right.columns().end());
    out = Chunk(std::move(output), right.size(), std::move(passing));
    return true;
  }

  bool PutOutRest(Chunk& out) {
    const JoinKind kind = shared_.kind();
    if (kind == JoinKind::kMark) {
      FlatWriter<uint8_t> mark(TypeKind::kBoolean, input_.size());
      std::memcpy(mark.values(), matched_.data(), input_.size());
      if (shared_.null_aware()) {
        for (size_t row = 0; row < input_.size(); ++row) {
          if (matched_[row] == 0 && unknown_[row] != 0) mark.SetNull(row);
        }
      }
      std::vector<ColumnPtr> columns = input_.columns();
      columns.push_back(mark.Finish());
      out = input_.WithColumns(std::move(columns));
      return true;
    }
    const uint8_t wanted = kind == JoinKind::kSemi ? 1 : 0;
    auto selection = std::make_shared<Selection>();
    input_.rows().ForEach([&](size_t row) {
      if (matched_[row] != wanted) return;
      if (kind == JoinKind::kAnti && shared_.null_aware() && unknown_[row] != 0) return;
      selection->push_back(static_cast<uint32_t>(row));
    });
    if (selection->empty()) return false;
    std::vector<ColumnPtr> columns = input_.columns();
    if (puts_out_pairs()) {
      for (const Type& type : shared_.right_types()) columns.push_back(Column::ConstantNull(type, input_.size()));
    }
    out = Chunk(std::move(columns), input_.size(), std::move(selection));
    return true;
  }

  NestedLoopShared& shared_;
  std::optional<Evaluator> condition_;
  Chunk input_;
  bool busy_ = false;
  bool by_right_rows_ = false;
  size_t right_chunk_ = 0;
  size_t outer_row_ = 0;
  std::vector<uint8_t> matched_;  // per physical left row
  std::vector<uint8_t> unknown_;
};

}  // namespace

std::unique_ptr<TransformOperator> NestedLoopJoinFactory::Make(DriverContext& context) {
  return std::make_unique<NestedLoopJoiner>(*shared_, context.query);
}

bool NestedLoopJoinFactory::wants_no_input() const {
  switch (shared_->kind()) {
    case JoinKind::kInner:
    case JoinKind::kRight:
    case JoinKind::kSemi:
      return shared_->right().row_count() == 0;
    default:
      return false;
  }
}

void UnmatchedRightSource::Prepare(QueryContext& /*query*/) {
  shared_->PrepareMarks();
}

class UnmatchedRightReader final : public SourceOperator {
 public:
  explicit UnmatchedRightReader(UnmatchedRightSource& shared) : shared_(shared) {}
  Step Pull(DriverContext& /*context*/, Chunk& out) override {
    const NestedLoopShared& join = *shared_.shared_;
    for (;;) {
      const size_t at = shared_.next_.fetch_add(1, std::memory_order_relaxed);
      if (at >= join.right().chunks().size()) return Step::kFinished;
      const Chunk& chunk = join.right().chunks()[at];
      auto selection = std::make_shared<Selection>();
      for (size_t row = 0; row < chunk.size(); ++row) {
        if (!join.IsMatched(at, row)) selection->push_back(static_cast<uint32_t>(row));
      }
      if (selection->empty()) continue;
      std::vector<ColumnPtr> columns;
      for (const Type& type : join.left_types()) columns.push_back(Column::ConstantNull(type, chunk.size()));
      columns.insert(columns.end(), chunk.columns().begin(), chunk.columns().end());
      out = Chunk(std::move(columns), chunk.size(), std::move(selection));
      return Step::kHasOutput;
    }
  }

 private:
  UnmatchedRightSource& shared_;
};

std::unique_ptr<SourceOperator> UnmatchedRightSource::Make(DriverContext& /*context*/) {
  return std::make_unique<UnmatchedRightReader>(*this);
}

}  // namespace weir
