// Values that bodies put in place of calls use more than once: each is computed once per row all the same, and written
// once into the expression, so that calls within calls do not double it.
#include <algorithm>

#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

// What is no larger may be written out as often as it is used: filters on it prune, and the evaluator computes equal
// parts once.
constexpr size_t kWrittenOutMax = 64;
// Of a body in whose place values were written out.
constexpr size_t kExpressionNodesMax = 200'000;

// Nodes written out, counted up to `limit`; parts that are shared count each time.
size_t CountNodes(const Expr& expr, size_t limit) {
  size_t count = 1;
  for (const ExprPtr& child : expr.children()) {
    if (count >= limit) return limit;
    count += CountNodes(*child, limit - count);
  }
  return std::min(count, limit);
}

}  // namespace

std::vector<ExpressionBinder::HeldValue> ExpressionBinder::Hold(std::vector<ExprPtr>& values) {
  std::vector<HeldValue> held;
  for (ExprPtr& value : values) {
    if (value->type().is(TypeKind::kUnknown) || value->children().empty()) continue;
    if (value->volatility() != Volatility::kVolatile && CountNodes(*value, kWrittenOutMax) < kWrittenOutMax) continue;
    PlanColumn column = binder_.NewColumn(value->type(), "value");
    held.push_back({column, value});
    value = Expr::Column(column.id, column.type, column.name);
  }
  return held;
}

ExprPtr ExpressionBinder::Release(ExprPtr body, std::vector<HeldValue> held, int64_t position) {
  for (HeldValue& value : held) {
    size_t uses = 0;
    VisitExpr(*body, [&](const Expr& node) {
      if (node.is(ExprKind::kColumn) && node.column_id() == value.column.id) ++uses;
      return uses < 2;
    });
    if (uses == 0) continue;
    if (uses == 1) {
      body = RewriteExpr(body, [&](const ExprPtr& node) {
        return node->is(ExprKind::kColumn) && node->column_id() == value.column.id ? value.value : node;
      });
    } else {
      body = MakeLambdaCall("let", {std::move(value.value)}, {value.column}, std::move(body), position);
    }
  }
  return body;
}

void ExpressionBinder::CheckSize(const Expr& expr, std::string_view what, int64_t position) {
  if (CountNodes(expr, kExpressionNodesMax) < kExpressionNodesMax) return;
  throw Error::User(sqlstate::kStatementTooComplex, "too large an expression once calls are replaced by bodies: {}",
                    what)
      .WithHint("Compute its arguments in a subquery in FROM.")
      .WithPosition(position);
}

}  // namespace weir
