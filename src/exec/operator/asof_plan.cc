#include "exec/operator/asof_plan.h"

#include <algorithm>
#include <utility>

#include "exec/valid_rows.h"

namespace weir {

AsofSide::AsofSide(const std::vector<Type>& types, const std::vector<ExprPtr>& keys, const ExprPtr& order,
                   bool descending) {
  std::vector<Type> all = types;
  std::vector<SortColumn> columns;
  const auto add = [&](const ExprPtr& expr, bool reversed) {
    SortColumn key{.column = 0, .descending = reversed, .nulls_first = false};
    const bool is_free = expr->is(ExprKind::kInput) && std::ranges::none_of(columns, [&](const SortColumn& other) {
                           return other.column == expr->input_index();
                         });
    if (is_free) {
      key.column = expr->input_index();
    } else {
      key.column = all.size();
      all.push_back(expr->type());
      computed_.push_back(expr);
    }
    columns.push_back(key);
  };
  for (const ExprPtr& key : keys) add(key, false);
  add(order, descending);
  layout_ = std::make_shared<const SortLayout>(std::move(all), std::move(columns));
}

std::vector<ColumnPtr> AsofSide::KeysOf(const Chunk& chunk) const {
  std::vector<ColumnPtr> out;
  for (const SortColumn& key : layout_->keys()) out.push_back(chunk.column(key.column));
  return out;
}

AsofPlan::AsofPlan(const PhysicalAsofJoin& node)
    : node_(node),
      left_(node.child(0)->types(), node.condition.left_keys, node.condition.left_order,
            LooksAhead(node.condition.nearest)),
      right_(node.child(1)->types(), node.condition.right_keys, node.condition.right_order,
             LooksAhead(node.condition.nearest)) {}

RowSet AsofPlan::Matchable(const std::vector<ColumnPtr>& keys, const RowSet& rows, Selection& scratch) const {
  std::vector<ColumnPtr> needed;
  for (size_t k = 0; k < keys.size(); ++k) {
    if (k == null_safe().size() || !null_safe()[k]) needed.push_back(keys[k]);
  }
  return ValidRows(needed, rows, scratch);
}

std::vector<ColumnPtr> AsofPlan::NullColumns(bool of_right, size_t size) const {
  std::vector<ColumnPtr> out;
  const std::vector<Type>& types = (of_right ? right_ : left_).layout()->types();
  for (const size_t column : of_right ? right_output() : left_output()) {
    out.push_back(Column::ConstantNull(types[column], size));
  }
  return out;
}

}  // namespace weir
