#pragma once

#include <memory>
#include <span>
#include <vector>

#include "algo/sort.h"
#include "plan/physical.h"

namespace weir {

// The rows of one side of an ASOF join: the child's columns, then those keys that are computed, each key in a column of
// its own; sorted by the keys and then by nearness: what is found for a row is before it. Immutable.
class AsofSide {
 public:
  AsofSide(const std::vector<Type>& types, const std::vector<ExprPtr>& keys, const ExprPtr& order, bool descending);
  const std::shared_ptr<const SortLayout>& layout() const { return layout_; }
  // Expressions of the further columns.
  const std::vector<ExprPtr>& computed() const { return computed_; }
  size_t key_count() const { return layout_->keys().size() - 1; }
  // The keys, then the order.
  size_t key_column(size_t key) const { return layout_->keys()[key].column; }
  std::vector<ColumnPtr> KeysOf(const Chunk& chunk) const;

 private:
  std::vector<ExprPtr> computed_;
  std::shared_ptr<const SortLayout> layout_;
};

class AsofPlan {
 public:
  explicit AsofPlan(const PhysicalAsofJoin& node);
  const AsofSide& left() const { return left_; }
  const AsofSide& right() const { return right_; }
  const std::vector<bool>& null_safe() const { return node_.condition.null_safe; }
  bool strict() const { return IsStrict(node_.condition.nearest); }
  bool keeps_left() const { return node_.join_kind == JoinKind::kLeft || node_.join_kind == JoinKind::kFull; }
  bool keeps_right() const { return node_.join_kind == JoinKind::kRight || node_.join_kind == JoinKind::kFull; }
  const std::vector<size_t>& left_output() const { return node_.left_output; }
  const std::vector<size_t>& right_output() const { return node_.right_output; }

  // Those of the chunk's rows that may have a partner: without a NULL that matches nothing. Borrows `scratch`, as
  // ValidRows does.
  RowSet Matchable(const std::vector<ColumnPtr>& keys, const RowSet& rows, Selection& scratch) const;
  // A side's columns of output for rows without a partner on the other one.
  std::vector<ColumnPtr> NullColumns(bool of_right, size_t size) const;

 private:
  const PhysicalAsofJoin& node_;
  AsofSide left_;
  AsofSide right_;
};

}  // namespace weir
