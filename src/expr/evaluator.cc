#include "expr/evaluator.h"

#include <utility>

#include "column/builder.h"
#include "expr/branch_merge.h"
#include "expr/evaluator_impl.h"
#include "expr/row_select.h"
#include "runtime/cancellation_scope.h"

namespace weir {

void EvalContext::Fail(size_t row, Error error) {
  failed_rows_.push_back(static_cast<uint32_t>(row));
  if (row >= first_failed_row_) return;
  first_failed_row_ = row;
  first_error_ = std::move(error);
}

std::vector<uint32_t> EvalContext::TakeFailures(std::optional<Error>* first_error) {
  *first_error = std::move(first_error_);
  first_error_.reset();
  first_failed_row_ = SIZE_MAX;
  return std::exchange(failed_rows_, {});
}

Evaluator::Evaluator(std::vector<ExprPtr> exprs, const Registry& registry, const StatementContext& statement)
    : impl_(std::make_unique<EvaluatorImpl>(std::move(exprs), registry, statement)) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
size_t Evaluator::size() const {
  return impl_->size();
}
ColumnPtr Evaluator::Evaluate(size_t i, const Chunk& chunk) {
  return impl_->Evaluate(i, chunk);
}
Chunk Evaluator::EvaluateAll(const Chunk& chunk) {
  return impl_->EvaluateAll(chunk);
}
SelectionPtr Evaluator::Filter(size_t i, const Chunk& chunk) {
  return impl_->Filter(i, chunk);
}

Value EvaluateConstant(const ExprPtr& expr, const Registry& registry, const StatementContext& statement) {
  if (expr->is(ExprKind::kLiteral)) return expr->literal();
  // Long lists of constants widen each of them.
  if (expr->is(ExprKind::kCast) && expr->type().is(TypeKind::kInt64) && expr->child(0)->is(ExprKind::kLiteral) &&
      expr->child(0)->type().is(TypeKind::kInt32) && !expr->child(0)->literal().is_null()) {
    return Value::Int64(expr->child(0)->literal().integer());
  }
  // Long values take a while to compute, and to copy.
  CancellationScope::Check();
  EvaluatorImpl evaluator({expr}, registry, statement);
  const ColumnPtr value = evaluator.Evaluate(0, Chunk({}, 1));
  CancellationScope::Check();
  return value->GetValue(0);
}

ScratchRows::ScratchRows(std::vector<Selection>& pool, size_t size) : pool_(pool) {
  if (!pool.empty()) {
    rows_ = std::move(pool.back());
    pool.pop_back();
  }
  if (rows_.size() < size + kRowListPadding) rows_.resize(size + kRowListPadding);
}

EvaluatorImpl::EvaluatorImpl(std::vector<ExprPtr> exprs, const Registry& registry, const StatementContext& statement)
    : registry_(registry), statement_(statement), context_(statement), exprs_(std::move(exprs)) {
  for (const ExprPtr& expr : exprs_) roots_.push_back(Compile(expr, 0));
}

void EvaluatorImpl::Begin(const Chunk& chunk) {
  chunk_ = &chunk;
  const RowSet rows = chunk.rows();
  top_rows_ = rows.rows();
  top_count_ = rows.count();
  ++generation_;
  try_frame_ = nullptr;
  // Left over when the previous evaluation threw.
  std::optional<Error> ignored;
  if (context_.has_failures()) context_.TakeFailures(&ignored);
  End();
}

void EvaluatorImpl::End() {
  for (EvalNode* node : memoized_) node->memo = nullptr;
  memoized_.clear();
}

ColumnPtr EvaluatorImpl::Evaluate(size_t i, const Chunk& chunk) {
  Begin(chunk);
  ColumnPtr out = Eval(*roots_[i], chunk.rows());
  End();
  return out;
}

Chunk EvaluatorImpl::EvaluateAll(const Chunk& chunk) {
  Begin(chunk);
  std::vector<ColumnPtr> columns;
  columns.reserve(roots_.size());
  for (EvalNode* root : roots_) columns.push_back(Eval(*root, chunk.rows()));
  End();
  return chunk.WithColumns(std::move(columns));
}

ColumnPtr EvaluatorImpl::Eval(EvalNode& node, const RowSet& rows) {
  const size_t size = chunk_->size();
  if (node.constant != nullptr) return Column::ConstantOf(node.constant, 0, size);
  if (node.kind == NodeKind::kInput) {
    const ColumnPtr& column = chunk_->column(node.expr->input_index());
    WEIR_DCHECK(column->type().physical() == node.expr->type().physical(), "{} for {}", column->type().ToString(),
                node.expr->type().ToString());
    return column;
  }
  if (rows.empty()) return Column::ConstantNull(node.expr->type(), size);
  // Only results for all rows of the chunk are worth remembering, and serve for any of them; row lists of branches come
  // and go.
  if (node.uses > 1 && node.memo != nullptr && node.memo_generation == generation_) return node.memo;
  const bool whole = node.uses > 1 && rows.rows() == top_rows_ && rows.count() == top_count_;
  ColumnPtr out;
  switch (node.kind) {
    case NodeKind::kKernel:
      out = EvalKernel(node, rows);
      break;
    case NodeKind::kAnd:
    case NodeKind::kOr:
      out = EvalLogical(node, rows);
      break;
    case NodeKind::kCase:
      out = EvalCase(node, rows);
      break;
    case NodeKind::kCoalesce:
      out = EvalCoalesce(node, rows);
      break;
    default:
      out = EvalTry(node, rows);
      break;
  }
  WEIR_DCHECK(out->size() == size, "{} rows of {} from {}", out->size(), size, node.expr->ToString());
  if (!(out->type() == node.expr->type())) out = Column::Reinterpret(out, node.expr->type());
  if (whole) {
    node.memo = out;
    node.memo_generation = generation_;
    memoized_.push_back(&node);
  }
  return out;
}

ColumnPtr EvaluatorImpl::EvalLogical(EvalNode& node, const RowSet& rows) {
  // The value that settles a row: false for AND, true for OR.
  const uint8_t decisive = node.kind == NodeKind::kOr ? 1 : 0;
  FlatWriter<uint8_t> writer(node.expr->type(), chunk_->size());
  uint8_t* out = writer.values();
  rows.ForEach([&](size_t row) { out[row] = decisive ^ 1; });
  uint64_t* validity = nullptr;
  ScratchRows open(scratch_, rows.count());
  RowSet left = rows;
  for (EvalNode* child : node.children) {
    const ColumnPtr column = Eval(*child, left);
    const ColumnView view(*column);
    const auto* values = view.values<uint8_t>();
    uint32_t* next = open.data();
    size_t count = 0;
    left.ForEach([&](size_t row) {
      if (view.IsNull(row)) {
        if (validity == nullptr) validity = writer.EnsureValidity();
        ClearBit(validity, row);
        next[count++] = static_cast<uint32_t>(row);
      } else if (values[view.Index(row)] == decisive) {
        out[row] = decisive;
        if (validity != nullptr) SetBit(validity, row);
      } else {
        next[count++] = static_cast<uint32_t>(row);
      }
    });
    if (count == 0) break;
    left = open.Set(count);
  }
  return writer.Finish();
}

ColumnPtr EvaluatorImpl::EvalCase(EvalNode& node, const RowSet& rows) {
  const size_t size = chunk_->size();
  const size_t whens = node.children.size() / 2;
  // Text constants become a dictionary that later operators recognise from chunk to chunk.
  if (node.branches == nullptr && node.expr->type().physical() == PhysicalType::kString) {
    bool all_constant = true;
    for (size_t i = 0; i <= whens; ++i) {
      all_constant &= node.children[i < whens ? i * 2 + 1 : i * 2]->kind == NodeKind::kConstant;
    }
    if (all_constant) {
      ColumnBuilder builder(node.expr->type(), whens + 1);
      for (size_t i = 0; i <= whens; ++i) {
        builder.AppendRow(*node.children[i < whens ? i * 2 + 1 : i * 2]->constant, 0);
      }
      node.branches = builder.Finish();
    }
  }
  std::optional<BranchMerge> merge;
  MutableBufferPtr indices;
  if (node.branches != nullptr) {
    indices = Buffer::AllocateZeroed(size * sizeof(uint32_t));
  } else {
    merge.emplace(node.expr->type(), size);
  }
  const auto add = [&](size_t branch, EvalNode& value, const RowSet& at) {
    if (at.empty()) return;
    if (merge) {
      merge->Add(Eval(value, at), at);
      return;
    }
    auto* out = indices->as<uint32_t>();
    at.ForEach([&](size_t row) { out[row] = static_cast<uint32_t>(branch); });
  };
  ScratchRows chosen(scratch_, rows.count());
  ScratchRows open(scratch_, rows.count());
  std::vector<uint8_t> gone(size, 0);
  RowSet left = rows;
  for (size_t i = 0; i < whens && !left.empty(); ++i) {
    const size_t count = Select(*node.children[i * 2], left, true, chosen.data());
    if (count == 0) continue;
    if (count == left.count() && count == rows.count()) {
      // One branch for all: its column as it is, encoding included.
      if (merge) return Eval(*node.children[i * 2 + 1], rows);
    }
    add(i, *node.children[i * 2 + 1], chosen.Set(count));
    for (size_t k = 0; k < count; ++k) gone[chosen.data()[k]] = 1;
    left = open.Set(SelectRows(gone.data(), nullptr, 0, left, open.data()));
  }
  if (merge && left.count() == rows.count()) return Eval(*node.children.back(), rows);
  add(whens, *node.children.back(), left);
  if (merge) return merge->Finish();
  return Column::Dictionary(node.branches, std::move(indices), size);
}

ColumnPtr EvaluatorImpl::EvalCoalesce(EvalNode& node, const RowSet& rows) {
  ScratchRows present(scratch_, rows.count());
  ScratchRows open(scratch_, rows.count());
  std::optional<BranchMerge> merge;
  RowSet left = rows;
  for (size_t i = 0; i < node.children.size(); ++i) {
    ColumnPtr column = Eval(*node.children[i], left);
    const bool last = i + 1 == node.children.size();
    if (!merge && (last || !ColumnView(*column).may_have_nulls())) return column;
    if (!merge) merge.emplace(node.expr->type(), chunk_->size());
    if (last) {
      merge->Add(column, left);
      break;
    }
    const size_t count = SelectValid(*column, left, present.data());
    merge->Add(column, present.Set(count));
    if (count == left.count()) break;
    left = open.Set(SelectNull(*column, left, open.data()));
  }
  return merge->Finish();
}

ColumnPtr EvaluatorImpl::EvalTry(EvalNode& node, const RowSet& rows) {
  TryFrame frame;
  frame.failed.assign(WordsForBits(chunk_->size()), 0);
  TryFrame* const outer = std::exchange(try_frame_, &frame);
  ColumnPtr column;
  try {
    column = Eval(*node.children[0], rows);
  } catch (...) {
    try_frame_ = outer;
    throw;
  }
  try_frame_ = outer;
  if (!frame.any) return column;
  ScratchRows good(scratch_, rows.count());
  size_t count = 0;
  rows.ForEach([&](size_t row) {
    if (!GetBit(frame.failed.data(), row)) good.data()[count++] = static_cast<uint32_t>(row);
  });
  BranchMerge merged(node.expr->type(), chunk_->size());
  merged.Add(column, good.Set(count));
  count = 0;
  rows.ForEach([&](size_t row) {
    if (GetBit(frame.failed.data(), row)) good.data()[count++] = static_cast<uint32_t>(row);
  });
  merged.Add(Column::ConstantNull(node.expr->type(), chunk_->size()), good.Set(count));
  return merged.Finish();
}

}  // namespace weir
