// What windows make of a SELECT's plan: their nodes, QUALIFY, and DISTINCT ON, which keeps the first row of each key.
#include <algorithm>

#include "sql/binder/select_binder.h"

namespace weir {

void SelectBinder::ComputeWindows() {
  std::vector<PendingApply> later;
  if (!windows_.windows.empty()) {
    for (PendingApply& apply : pending_) {
      if (apply.condition != nullptr && windows_.FindIn(*apply.condition) != nullptr) later.push_back(std::move(apply));
    }
    std::erase_if(pending_, [](const PendingApply& apply) { return apply.right == nullptr; });
  }
  plan_ = binder_.FlushApplies(std::move(plan_), pending_);
  // The window that QUALIFY looks at comes last, next to its filter, which may limit it.
  if (qualify_ != nullptr) {
    std::stable_partition(windows_.windows.begin(), windows_.windows.end(), [&](const WindowCollector::Window& window) {
      WindowCollector alone;
      alone.windows.push_back(window);
      return alone.FindIn(*qualify_) == nullptr;
    });
  }
  for (WindowCollector::Window& window : windows_.windows) {
    plan_ = std::make_shared<LogicalWindow>(std::move(plan_), std::move(window.partition_by),
                                            std::move(window.order_by), std::move(window.calls), window.columns);
  }
  plan_ = binder_.FlushApplies(std::move(plan_), later);
  if (qualify_ != nullptr) plan_ = std::make_shared<LogicalFilter>(std::move(plan_), qualify_);
}

void SelectBinder::BindDistinctOn() {
  for (const ast::Expr* expr : select_.distinct_on) {
    if (const auto ordinal = OrdinalOf(*expr, items_.size(), "SELECT DISTINCT ON")) {
      distinct_on_.push_back(items_[*ordinal].expr);
    } else if (const auto item = ItemNamed(*expr, "DISTINCT ON")) {
      distinct_on_.push_back(items_[*item].expr);
    } else {
      distinct_on_.push_back(ItemBinder("DISTINCT ON").Bind(*expr));
    }
  }
  // The keys come first in ORDER BY, in any order.
  size_t matched = 0;
  bool other = false;
  std::vector<bool> seen(distinct_on_.size());
  for (const Order& order : order_) {
    bool is_key = false;
    for (size_t i = 0; i < distinct_on_.size(); ++i) {
      if (!distinct_on_[i]->Equals(*order.key.expr) &&
          !(distinct_on_[i]->type().is_jsonb() &&
            binder_.registry_.BindCall("jsonb_sort_key", {distinct_on_[i]})->Equals(*order.key.expr))) {
        continue;
      }
      is_key = true;
      if (!seen[i]) ++matched;
      seen[i] = true;
    }
    if ((is_key && other) || (!is_key && matched < distinct_on_.size())) {
      if (distinct_on_.empty()) return;
      throw Error::User(sqlstate::kInvalidColumnReference,
                        "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
          .WithPosition(select_.distinct_on[0]->offset);
    }
    other = other || !is_key;
  }
}

LogicalPtr SelectBinder::FirstOfEach(LogicalPtr plan, const std::vector<ExprPtr>& keys,
                                     const std::vector<SortKey>& order) {
  WindowCall number;
  number.function = WindowFunction::kRowNumber;
  number.call.name = "row_number";
  number.call.type = TypeKind::kInt64;
  const PlanColumn column = binder_.NewColumn(TypeKind::kInt64, "row_number");
  plan = std::make_shared<LogicalWindow>(std::move(plan), keys, order, std::vector<WindowCall>{std::move(number)},
                                         std::vector<PlanColumn>{column});
  ExprPtr first = binder_.registry_.BindCall(
      "=", {Expr::Column(column.id, column.type, column.name), Expr::Literal(Value::Int64(1))});
  return std::make_shared<LogicalFilter>(std::move(plan), std::move(first));
}

}  // namespace weir
