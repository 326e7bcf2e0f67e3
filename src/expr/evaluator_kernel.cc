#include <algorithm>
#include <cstring>

#include "column/builder.h"
#include "expr/evaluator_impl.h"
#include "expr/row_select.h"
#include "runtime/cancellation_scope.h"

// Nodes that take argument columns and make one: NULL handling, failures, and running over a dictionary's values
// instead of over its rows.

namespace weir {

namespace {

// Validity words of `size` rows: 1 where every argument is valid, defined at `rows`. Null when no argument has NULLs.
BufferPtr CombineValidity(std::span<const ColumnPtr> args, size_t size, const RowSet& rows) {
  BufferPtr shared;
  MutableBufferPtr own;
  const size_t words = WordsForBits(size);
  const auto make_own = [&] {
    if (own != nullptr) return own->as<uint64_t>();
    own = Buffer::Allocate(words * sizeof(uint64_t));
    auto* out = own->as<uint64_t>();
    if (shared != nullptr) {
      std::memcpy(out, shared->data(), words * sizeof(uint64_t));
    } else {
      std::memset(out, 0xFF, words * sizeof(uint64_t));
    }
    return out;
  };
  for (const ColumnPtr& arg : args) {
    const ColumnView view(*arg);
    if (!view.may_have_nulls()) continue;
    if (view.is_constant()) {
      if (view.IsValid(0)) continue;
      return Buffer::AllocateZeroed(words * sizeof(uint64_t));
    }
    if (view.is_identity() && shared == nullptr && own == nullptr) {
      shared = view.base().validity_buffer();
      continue;
    }
    uint64_t* out = make_own();
    if (view.is_identity()) {
      for (size_t i = 0; i < words; ++i) out[i] &= view.validity()[i];
    } else {
      rows.ForEach([&](size_t row) {
        if (view.IsNull(row)) ClearBit(out, row);
      });
    }
  }
  return own != nullptr ? own : shared;
}

bool IsNullConstant(const ColumnPtr& column) {
  return column->is_constant() && column->IsNull(0);
}

// `column` with NULL also where `validity` says so.
ColumnPtr WithNulls(const ColumnPtr& column, const BufferPtr& validity) {
  const ColumnPtr flat = Column::Flatten(column);
  if (flat->validity() == nullptr) return Column::WithValidity(flat, validity);
  const size_t words = WordsForBits(flat->size());
  auto merged = Buffer::Allocate(words * sizeof(uint64_t));
  const auto* more = validity->as<uint64_t>();
  for (size_t i = 0; i < words; ++i) merged->as<uint64_t>()[i] = flat->validity()[i] & more[i];
  return Column::WithValidity(flat, std::move(merged));
}

ColumnPtr WithNullRows(const ColumnPtr& column, const std::vector<uint32_t>& rows) {
  const size_t words = WordsForBits(column->size());
  auto validity = Buffer::Allocate(words * sizeof(uint64_t));
  std::memset(validity->data(), 0xFF, words * sizeof(uint64_t));
  for (const uint32_t row : rows) ClearBit(validity->as<uint64_t>(), row);
  return WithNulls(column, std::move(validity));
}

std::vector<ColumnPtr> Resized(const std::vector<ColumnPtr>& args, size_t size) {
  std::vector<ColumnPtr> out;
  out.reserve(args.size());
  for (const ColumnPtr& arg : args) {
    out.push_back(arg->is_constant() ? Column::ConstantOf(arg, 0, size) : arg->base());
  }
  return out;
}

}  // namespace

ColumnPtr EvaluatorImpl::EvalKernel(EvalNode& node, const RowSet& rows) {
  std::vector<ColumnPtr> args;
  args.reserve(node.children.size());
  bool all_constant = node.deterministic;
  for (EvalNode* child : node.children) {
    args.push_back(Eval(*child, rows));
    all_constant = all_constant && args.back()->is_constant();
  }
  Prepare(node);
  if (all_constant) return EvalConstantCall(node, std::move(args), rows);
  if (node.deterministic) {
    if (ColumnPtr out = EvalOverDictionary(node, args, rows)) return out;
  }
  ColumnPtr out = RunKernel(node, args, chunk_->size(), rows);
  if (!context_.has_failures()) return out;
  std::optional<Error> error;
  const std::vector<uint32_t> failed = context_.TakeFailures(&error);
  if (node.failure_is_null) return WithNullRows(out, failed);
  ReportFailures(node, failed, std::move(error));
  return out;
}

void EvaluatorImpl::Prepare(EvalNode& node) {
  if (node.prepared) return;
  node.prepared = true;
  if (!node.expr->is(ExprKind::kCall) || !node.expr->overload().prepare) return;
  std::vector<std::optional<Value>> constants;
  for (const EvalNode* child : node.children) {
    constants.push_back(child->constant == nullptr ? std::nullopt : std::optional(child->constant->GetValue(0)));
  }
  node.prepared = false;
  try {
    node.state = node.expr->overload().prepare(constants);
  } catch (Error& error) {
    error.set_position_if_unset(node.expr->position());
    throw;
  }
  node.prepared = true;
}

// One value for all rows.
ColumnPtr EvaluatorImpl::EvalConstantCall(EvalNode& node, std::vector<ColumnPtr> args, const RowSet& rows) {
  CancellationScope::Check();
  const size_t size = chunk_->size();
  for (ColumnPtr& arg : args) arg = Column::ConstantOf(arg, 0, 1);
  ColumnPtr out = RunKernel(node, args, 1, RowSet::All(1));
  if (context_.has_failures()) {
    std::optional<Error> error;
    context_.TakeFailures(&error);
    if (!node.failure_is_null) {
      std::vector<uint32_t> failed;
      rows.ForEach([&](size_t row) { failed.push_back(static_cast<uint32_t>(row)); });
      ReportFailures(node, failed, std::move(error));
    }
    return Column::ConstantNull(node.expr->type(), size);
  }
  out = Column::Flatten(out);
  const bool always = std::all_of(node.children.begin(), node.children.end(),
                                  [](const EvalNode* child) { return child->constant != nullptr; });
  if (always && out->type() == node.expr->type()) node.constant = out;
  return Column::ConstantOf(out, 0, size);
}

// Empty when the arguments are no dictionaries over one set of indices, or computing all of their values would cost
// more than the rows do.
ColumnPtr EvaluatorImpl::EvalOverDictionary(EvalNode& node, const std::vector<ColumnPtr>& args, const RowSet& rows) {
  const ColumnPtr* first = nullptr;
  size_t dictionaries = 0;
  for (const ColumnPtr& arg : args) {
    if (arg->is_constant()) continue;
    if (!arg->is_dictionary()) return nullptr;
    if (first == nullptr) first = &arg;
    if ((*first)->indices() != arg->indices() || (*first)->base()->size() != arg->base()->size()) return nullptr;
    ++dictionaries;
  }
  if (first == nullptr) return nullptr;
  const ColumnPtr& index_column = *first;
  const size_t base_size = index_column->base()->size();

  DictionaryMemo& memo = node.dictionary;
  bool same = memo.bases.size() == dictionaries;
  for (size_t i = 0, at = 0; same && i < args.size(); ++i) {
    if (!args[i]->is_constant()) same = memo.bases[at++] == args[i]->base();
  }
  // Constant arguments that are no constants of the expression may differ from chunk to chunk.
  for (size_t i = 0; same && i < args.size(); ++i) {
    same = !args[i]->is_constant() || node.children[i]->constant != nullptr;
  }
  if (!same) {
    memo = DictionaryMemo{};
    for (const ColumnPtr& arg : args) {
      if (!arg->is_constant()) memo.bases.push_back(arg->base());
    }
  }
  if (memo.result == nullptr) {
    memo.rows_seen += rows.count();
    if (base_size > memo.rows_seen) return nullptr;
    const std::vector<ColumnPtr> base_args = Resized(args, base_size);
    ColumnPtr result = RunKernel(node, base_args, base_size, RowSet::All(base_size));
    if (context_.has_failures()) {
      std::optional<Error> error;
      const std::vector<uint32_t> failed = context_.TakeFailures(&error);
      if (node.failure_is_null) {
        result = WithNullRows(result, failed);
      } else {
        memo.failed.assign(WordsForBits(base_size), 0);
        for (const uint32_t slot : failed) SetBit(memo.failed.data(), slot);
      }
    }
    memo.result = result->is_constant() ? result : Column::Flatten(result);
    if (!(memo.result->type() == node.expr->type())) {
      memo.result = Column::Reinterpret(memo.result, node.expr->type());
    }
  }
  if (!memo.failed.empty()) {
    // Slots that no row asked for may have failed for nothing.
    std::vector<uint32_t> failed;
    rows.ForEach([&](size_t row) {
      if (GetBit(memo.failed.data(), index_column->indices()[row])) failed.push_back(static_cast<uint32_t>(row));
    });
    if (!failed.empty()) {
      std::optional<Error> error;
      if (try_frame_ == nullptr) {
        const uint32_t slot = index_column->indices()[failed[0]];
        RunKernel(node, Resized(args, base_size), base_size, RowSet::Of({&slot, 1}));
        context_.TakeFailures(&error);
      }
      ReportFailures(node, failed, std::move(error));
    }
  }
  if (memo.result->is_constant()) return Column::ConstantOf(memo.result, 0, chunk_->size());
  return Column::Dictionary(memo.result, index_column->indices_buffer(), chunk_->size());
}

ColumnPtr EvaluatorImpl::RunKernel(EvalNode& node, std::span<const ColumnPtr> args, size_t size, const RowSet& rows) {
  const Type& type = node.expr->type();
  const auto run = [&](const RowSet& at) {
    return node.kernel(KernelArgs{args, size, at, type, context_, node.state.get()});
  };
  const bool total = node.fixed_width && !node.can_fail && IsDenseEnough(rows, size);
  if (node.nulls == NullBehavior::kSpecial) return run(rows);
  if (std::any_of(args.begin(), args.end(), IsNullConstant)) return Column::ConstantNull(type, size);
  const bool all = total || (node.fixed_width && node.optimistic && IsDenseEnough(rows, size));
  const BufferPtr validity = CombineValidity(args, size, all ? RowSet::All(size) : rows);
  if (validity == nullptr) return run(total ? RowSet::All(size) : rows);
  if (total) return WithNulls(run(RowSet::All(size)), validity);
  if (all) {
    ColumnPtr out = run(RowSet::All(size));
    if (!context_.has_failures()) return WithNulls(out, validity);
    // Some row failed, perhaps one that is NULL. Values under NULL that fail tend to come again.
    std::optional<Error> ignored;
    context_.TakeFailures(&ignored);
    node.optimistic = false;
  }
  ScratchRows valid(scratch_, rows.count());
  size_t count = 0;
  const auto* words = validity->as<uint64_t>();
  rows.ForEach([&](size_t row) {
    valid.data()[count] = static_cast<uint32_t>(row);
    count += static_cast<size_t>(GetBit(words, row));
  });
  if (count == 0) return Column::ConstantNull(type, size);
  return WithNulls(run(count == size ? RowSet::All(size) : valid.Set(count)), validity);
}

void EvaluatorImpl::ReportFailures(EvalNode& node, const std::vector<uint32_t>& rows, std::optional<Error> error) {
  if (try_frame_ != nullptr) {
    for (const uint32_t row : rows) SetBit(try_frame_->failed.data(), row);
    try_frame_->any = true;
    return;
  }
  if (!error) error = Error::Internal("a row failed without an error: {}", node.expr->ToString());
  error->set_position_if_unset(node.expr->position());
  throw *error;
}

}  // namespace weir
