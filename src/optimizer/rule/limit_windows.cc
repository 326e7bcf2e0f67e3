#include "optimizer/rule/limit_windows.h"

#include <algorithm>

namespace weir {

namespace {

// Their results do not change when later rows are missing.
bool IsRanking(const WindowCall& call) {
  return call.function == WindowFunction::kRowNumber || call.function == WindowFunction::kRank ||
         call.function == WindowFunction::kDenseRank;
}

// The rows that `column op literal` lets through when the column counts from 1; nullopt for other conditions.
std::optional<uint64_t> RowsOf(const Expr& condition, ColumnId column) {
  if (!condition.is(ExprKind::kCall) || condition.children().size() != 2) return std::nullopt;
  std::string_view op = condition.name();
  const Expr* left = condition.child(0).get();
  const Expr* right = condition.child(1).get();
  if (left->is(ExprKind::kLiteral)) {
    std::swap(left, right);
    if (op == ">") {
      op = "<";
    } else if (op == ">=") {
      op = "<=";
    } else if (op != "=") {
      return std::nullopt;
    }
  }
  if (!left->is(ExprKind::kColumn) || left->column_id() != column || !right->is(ExprKind::kLiteral) ||
      right->literal().is_null() || !right->type().is_integer()) {
    return std::nullopt;
  }
  const int128_t value = right->literal().wide();
  if (value > INT64_MAX) return std::nullopt;
  const auto bound = static_cast<uint64_t>(std::max<int128_t>(value, 0));
  if (op == "<") return bound == 0 ? 0 : bound - 1;
  if (op == "<=" || op == "=") return bound;
  return std::nullopt;
}

}  // namespace

LogicalPtr LimitWindows(const LogicalPtr& plan, const OptimizerContext& context) {
  std::vector<LogicalPtr> children;
  bool changed = false;
  for (const LogicalPtr& child : plan->children()) {
    children.push_back(LimitWindows(child, context));
    changed = changed || children.back() != child;
  }
  const LogicalPtr node = changed ? plan->WithChildren(std::move(children)) : plan;
  if (node->kind() != LogicalKind::kFilter || node->child()->kind() != LogicalKind::kWindow) return node;
  const auto& window = node->child()->as<LogicalWindow>();
  if (!std::all_of(window.calls.begin(), window.calls.end(), IsRanking)) return node;
  std::optional<WindowLimit> best = window.limit;
  const std::vector<PlanColumn> columns = window.call_columns();
  for (const ExprPtr& conjunct : SplitConjunction(node->as<LogicalFilter>().predicate)) {
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::optional<uint64_t> rows = RowsOf(*conjunct, columns[i].id);
      if (rows.has_value() && (!best.has_value() || *rows < best->rows)) best = WindowLimit{i, *rows};
    }
  }
  if (!best.has_value()) return node;
  LogicalPtr limited = std::make_shared<LogicalWindow>(window.child(), window.partition_by, window.order_by,
                                                       window.calls, columns, best);
  return node->WithChildren({std::move(limited)});
}

}  // namespace weir
