#include <algorithm>

#include "sql/binder/expression_binder.h"

namespace weir {

// What a column gets that a statement does not name.
ExprPtr Binder::DefaultOf(const ColumnDef& column) {
  if (column.default_value.has_value()) return Expr::Literal(*column.default_value);
  if (column.default_sql.empty()) return Expr::Literal(Value::Null(column.type));
  const ast::ExprPtr parsed = ParseExpression(column.default_sql);
  return registry_.BindCast(BindStandalone(*parsed), column.type, CastRule::kAssignment);
}

BoundCopy Binder::BindCopy(const TableDef& table, const std::vector<size_t>& targets, const ast::Expr* where) {
  BoundCopy out;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const auto at = std::ranges::find(targets, i);
    const auto input = static_cast<size_t>(at - targets.begin());
    out.values.push_back(at == targets.end() ? DefaultOf(table.columns[i]) : Expr::Input(input, table.columns[i].type));
  }
  if (where == nullptr) return out;
  Scope scope;
  std::vector<ColumnId> ids;
  for (const ColumnDef& column : table.columns) {
    ids.push_back(ids_.Next());
    scope.Add({"", table.name, column.name, ids.back(), column.type});
  }
  const ExprPtr filter = ExpressionBinder(*this, scope, "COPY FROM WHERE", nullptr).BindPredicate(*where);
  out.filter = RewriteExpr(filter, [&](const ExprPtr& node) {
    if (!node->is(ExprKind::kColumn)) return node;
    const auto input = std::ranges::find(ids, node->column_id()) - ids.begin();
    return Expr::Input(static_cast<size_t>(input), node->type());
  });
  return out;
}

}  // namespace weir
