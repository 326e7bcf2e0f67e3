#include "optimizer/rule/inline_rows.h"

#include <algorithm>

#include "optimizer/columns.h"
#include "optimizer/rule/push_filters.h"
#include "optimizer/rule/simplify.h"

namespace weir {

namespace {

// The one row of literals that the plan is, by column.
std::optional<ColumnMap> OnlyRow(const LogicalNode& plan) {
  if (plan.kind() == LogicalKind::kProject) {
    auto below = OnlyRow(*plan.child());
    if (!below.has_value()) return std::nullopt;
    ColumnMap out;
    for (size_t i = 0; i < plan.columns().size(); ++i) {
      ExprPtr value = Substitute(plan.as<LogicalProject>().exprs[i], *below);
      // What may fail is left where it is asked for, if ever.
      if (value->volatility() == Volatility::kVolatile || value->CanFail()) return std::nullopt;
      out.emplace(plan.columns()[i].id, std::move(value));
    }
    return out;
  }
  if (plan.kind() != LogicalKind::kValues || plan.as<LogicalValues>().rows.size() != 1) return std::nullopt;
  ColumnMap out;
  for (size_t i = 0; i < plan.columns().size(); ++i) {
    const ExprPtr& value = plan.as<LogicalValues>().rows[0][i];
    if (!value->is(ExprKind::kLiteral)) return std::nullopt;
    out.emplace(plan.columns()[i].id, value);
  }
  return out;
}

LogicalPtr Inline(const LogicalPtr& plan) {
  const auto& join = plan->as<LogicalJoin>();
  const bool always = join.condition->is_true();
  for (const size_t side : {size_t{1}, size_t{0}}) {
    const bool kept =
        join.join_kind == JoinKind::kInner ||
        (always && side == 1 && (join.join_kind == JoinKind::kSingle || join.join_kind == JoinKind::kLeft));
    if (!kept) continue;
    const auto row = OnlyRow(*join.child(side));
    if (!row.has_value()) continue;
    LogicalPtr rows = join.child(1 - side);
    if (!always) rows = std::make_shared<LogicalFilter>(std::move(rows), Substitute(join.condition, *row));
    std::vector<ExprPtr> exprs;
    for (const PlanColumn& column : join.columns()) {
      const auto found = row->find(column.id);
      exprs.push_back(found == row->end() ? ToExpr(column) : found->second);
    }
    return std::make_shared<LogicalProject>(std::move(rows), std::move(exprs), join.columns());
  }
  return plan;
}

LogicalPtr Rewrite(const LogicalPtr& plan) {
  std::vector<LogicalPtr> children;
  bool changed = false;
  for (const LogicalPtr& child : plan->children()) {
    children.push_back(Rewrite(child));
    changed = changed || children.back() != child;
  }
  const LogicalPtr node = changed ? plan->WithChildren(std::move(children)) : plan;
  return node->kind() == LogicalKind::kJoin ? Inline(node) : node;
}

}  // namespace

LogicalPtr InlineRows(const LogicalPtr& plan, const OptimizerContext& context) {
  LogicalPtr out = Rewrite(plan);
  // The constants are what conditions above have been waiting for.
  return out == plan ? plan : SimplifyPlan(PushFilters(out, context), context);
}

}  // namespace weir
