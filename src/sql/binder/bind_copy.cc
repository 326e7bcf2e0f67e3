#include <algorithm>

#include "sql/binder/expression_binder.h"

namespace weir {

// What a column gets that a statement does not name.
ExprPtr Binder::DefaultOf(const ColumnDef& column) {
  if (column.default_value.has_value()) return CheckDomain(Expr::Literal(*column.default_value), column.type);
  std::string sql = column.default_sql;
  // Without one of its own, the column has its domain's.
  for (uint32_t id = column.type.domain_id(); sql.empty() && id != 0;) {
    const std::optional<UserType> domain = FindUserType(*context_.catalog, id);
    if (!domain) break;
    sql = domain->default_sql;
    id = domain->type.domain_id();
  }
  if (sql.empty()) return CheckDomain(Expr::Literal(Value::Null(column.type)), column.type);
  const ast::ExprPtr parsed = ParseExpression(sql);
  return CheckDomain(registry_.BindCast(BindStandalone(*parsed), column.type, CastRule::kAssignment), column.type);
}

BoundCopy Binder::BindCopy(const TableDef& table, const std::vector<size_t>& targets, const ast::Expr* where) {
  BoundCopy out;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const auto at = std::ranges::find(targets, i);
    const auto input = static_cast<size_t>(at - targets.begin());
    const Type& type = table.columns[i].type;
    out.values.push_back(at == targets.end() ? DefaultOf(table.columns[i])
                                             : CheckDomain(Expr::Input(input, type), type));
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
