#include <algorithm>

#include "expr/evaluator_impl.h"
#include "expr/row_select.h"

// Boolean expressions as filters: rows narrowed conjunct by conjunct, comparisons straight to row lists.

namespace weir {

SelectionPtr EvaluatorImpl::Filter(size_t i, const Chunk& chunk) {
  Begin(chunk);
  const RowSet rows = chunk.rows();
  ScratchRows out(scratch_, rows.count());
  const size_t count = Select(*roots_[i], rows, true, out.data());
  End();
  if (count == rows.count()) return nullptr;
  return std::make_shared<const Selection>(out.data(), out.data() + count);
}

// Writes the rows of `rows` for which the node is true (or false, when `want` is false), never those where it is NULL.
// `out` may be the list that `rows` borrows.
size_t EvaluatorImpl::Select(EvalNode& node, const RowSet& rows, bool want, uint32_t* out) {
  if (rows.empty()) return 0;
  if (node.constant == nullptr) {
    switch (node.kind) {
      case NodeKind::kAnd:
      case NodeKind::kOr: {
        if ((node.kind == NodeKind::kAnd) != want) return SelectUnion(node, rows, want, out);
        RowSet left = rows;
        for (EvalNode* child : node.children) {
          const size_t count = Select(*child, left, want, out);
          if (count == 0) return 0;
          left = count == chunk_->size() ? RowSet::All(count) : RowSet::Of({out, count});
        }
        if (!left.is_dense()) return left.count();
        for (size_t i = 0; i < left.count(); ++i) out[i] = static_cast<uint32_t>(i);
        return left.count();
      }
      case NodeKind::kKernel:
        if (node.expr->is(ExprKind::kNot)) return Select(*node.children[0], rows, !want, out);
        if (node.expr->is(ExprKind::kIsNull)) {
          const ColumnPtr column = Eval(*node.children[0], rows);
          return want ? SelectNull(*column, rows, out) : SelectValid(*column, rows, out);
        }
        if (node.compare) return SelectComparison(node, rows, want, out);
        break;
      default:
        break;
    }
  }
  const ColumnPtr column = Eval(node, rows);
  return SelectByDictionary(node, *column, rows, want, out);
}

// The rows that any child selects.
size_t EvaluatorImpl::SelectUnion(EvalNode& node, const RowSet& rows, bool want, uint32_t* out) {
  std::vector<uint8_t> selected(chunk_->size(), 0);
  ScratchRows open(scratch_, rows.count());
  ScratchRows found(scratch_, rows.count());
  RowSet left = rows;
  for (size_t i = 0; i < node.children.size() && !left.empty(); ++i) {
    const size_t count = Select(*node.children[i], left, want, found.data());
    if (count == 0) continue;
    for (size_t k = 0; k < count; ++k) selected[found.data()[k]] = 1;
    if (i + 1 < node.children.size()) left = open.Set(SelectRows(selected.data(), nullptr, 0, left, open.data()));
  }
  return SelectRows(selected.data(), nullptr, 1, rows, out);
}

size_t EvaluatorImpl::SelectComparison(EvalNode& node, const RowSet& rows, bool want, uint32_t* out) {
  const ColumnPtr left = Eval(*node.children[0], rows);
  const ColumnPtr right = Eval(*node.children[1], rows);
  const ColumnView left_view(*left);
  const ColumnView right_view(*right);
  if (left->is_dictionary() || right->is_dictionary() || (left->is_constant() && right->is_constant())) {
    return SelectByDictionary(node, *EvalKernel(node, rows), rows, want, out);
  }
  const auto null_constant = [](const ColumnView& view) { return view.is_constant() && view.IsNull(0); };
  if (null_constant(left_view) || null_constant(right_view)) return 0;
  const size_t size = chunk_->size();
  if (mask_.size() < size) mask_.resize(size + kRowListPadding);
  const uint64_t* left_valid = left_view.is_identity() ? left_view.validity() : nullptr;
  const uint64_t* right_valid = right_view.is_identity() ? right_view.validity() : nullptr;
  RowSet valid_rows = rows;
  if (left_valid != nullptr && right_valid != nullptr) {
    const size_t count = SelectValid(*left, rows, out);
    if (count == 0) return 0;
    valid_rows = RowSet::Of({out, count});
    left_valid = nullptr;
  }
  CompareColumns(*node.compare, *left, *right, size, valid_rows, mask_.data());
  return SelectRows(mask_.data(), left_valid != nullptr ? left_valid : right_valid, want ? 1 : 0, valid_rows, out);
}

// A boolean column whose dictionary is the node's remembered one needs no look at values and NULLs per row.
size_t EvaluatorImpl::SelectByDictionary(EvalNode& node, const Column& column, const RowSet& rows, bool want,
                                         uint32_t* out) {
  DictionaryMemo& memo = node.dictionary;
  if (!column.is_dictionary() || memo.result == nullptr || column.base() != memo.result) {
    return SelectRows(column, want ? 1 : 0, rows, out);
  }
  std::vector<uint8_t>& passes = want ? memo.passes : memo.passes_negated;
  const Column& base = *column.base();
  if (passes.size() != base.size()) {
    passes.resize(base.size());
    const auto* values = base.values<uint8_t>();
    for (size_t i = 0; i < base.size(); ++i) {
      const bool valid = base.validity() == nullptr || GetBit(base.validity(), i);
      passes[i] = static_cast<uint8_t>(valid && values[i] == (want ? 1 : 0));
    }
  }
  return SelectCodes(column.indices(), passes, rows, out);
}

}  // namespace weir
