#include <algorithm>
#include <unordered_set>

#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

void RequireAppendTable(const TableDef& table, int64_t position) {
  if (table.kind == TableKind::kDuplicateKey) return;
  throw Error::Unsupported("Create it with DUPLICATE KEY.", "{} tables cannot be written to yet: {}",
                           TableKindName(table.kind), table.name)
      .WithPosition(position);
}

// Replaces DEFAULT in VALUES by the default of the column it stands for.
std::vector<std::vector<const ast::Expr*>> DefaultsOf(const ast::Values& values) {
  std::vector<std::vector<const ast::Expr*>> rows;
  for (const auto& row : values.rows) rows.emplace_back(row.begin(), row.end());
  return rows;
}

}  // namespace

BoundStatement Binder::BindInsert(const ast::Insert& insert) {
  if (insert.table_function != nullptr)
    throw Error::Unsupported("Use COPY (query) TO 'file'.", "INSERT INTO FILES is not available");
  if (insert.overwrite) throw Error::Unsupported("Use TRUNCATE and INSERT.", "INSERT OVERWRITE is not available");
  if (insert.replace || insert.on_conflict != nullptr) {
    throw Error::Unsupported("Rows of DUPLICATE KEY tables never conflict; leave it out.",
                             "ON CONFLICT and REPLACE are not available");
  }
  if (insert.by_name) throw Error::Unsupported("List the columns.", "INSERT BY NAME is not available");
  if (!insert.returning.empty()) throw Error::Unsupported("Query the rows afterwards.", "RETURNING is not available");
  const TablePtr table = context_.catalog->GetTable(ToCatalogName(insert.table), context_.names, insert.table.offset);
  RequireAppendTable(*table, insert.table.offset);

  // The table columns that the query's columns go to, in the query's order.
  std::vector<size_t> targets;
  for (const ast::QualifiedName& name : insert.columns) {
    if (name.parts.size() > 1) {
      throw Error::Unsupported("Insert the whole struct.", "assigning to a field of a struct is not available")
          .WithPosition(name.offset);
    }
    const ColumnDef* column = table->FindColumn(name.last());
    if (column == nullptr) {
      std::vector<std::string> names;
      for (const ColumnDef& each : table->columns) names.push_back(each.name);
      throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", name.last(),
                        table->name)
          .WithHint(DidYouMean(name.last(), names))
          .WithPosition(name.offset);
    }
    const size_t index = table->ColumnIndex(column->id);
    if (std::find(targets.begin(), targets.end(), index) != targets.end()) {
      throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", name.last())
          .WithPosition(name.offset);
    }
    targets.push_back(index);
  }
  const size_t first_cte = insert.with == nullptr ? ctes_.size() : BindCtes(*insert.with, nullptr);

  const auto check_width = [&](size_t width) {
    const size_t available = insert.columns.empty() ? table->columns.size() : targets.size();
    if (width > available || (!insert.columns.empty() && width < available)) {
      throw Error::User(sqlstate::kSyntaxError, "INSERT has more {}",
                        width > available ? "expressions than target columns" : "target columns than expressions")
          .WithPosition(insert.table.offset);
    }
    if (insert.columns.empty()) {
      targets.clear();
      for (size_t i = 0; i < width; ++i) targets.push_back(i);
    }
  };

  LogicalPtr source;
  if (insert.default_values) {
    check_width(0);
    source = OneRow();
  } else if (const auto* values = insert.query->body->TryAs<ast::Values>();
             values != nullptr && insert.query->with == nullptr && insert.query->order_by.empty() &&
             insert.query->limit == nullptr && insert.query->offset_rows == nullptr) {
    // Each value takes its column's type by itself: VALUES (1, 'x'), (2.5, DEFAULT).
    check_width(values->rows[0].size());
    Scope scope;
    std::vector<PendingApply> pending;
    ExpressionBinder binder(*this, scope, "VALUES", values->rows.size() == 1 ? &pending : nullptr);
    std::vector<std::vector<ExprPtr>> rows;
    for (const auto& row : DefaultsOf(*values)) {
      std::vector<ExprPtr> exprs;
      for (size_t i = 0; i < row.size(); ++i) {
        const ColumnDef& column = table->columns[targets[i]];
        if (row[i]->kind == ast::ExprKind::kDefaultExpr) {
          exprs.push_back(DefaultOf(column));
          continue;
        }
        ExprPtr expr = binder.Bind(*row[i]);
        if (expr->is(ExprKind::kParameter) && expr->type().is(TypeKind::kUnknown)) {
          parameter_types_[expr->parameter_index()] = column.type;
          expr = Expr::Parameter(expr->parameter_index(), column.type);
        }
        exprs.push_back(registry_.BindCast(expr, column.type, CastRule::kAssignment, row[i]->offset));
      }
      rows.push_back(std::move(exprs));
    }
    std::vector<PlanColumn> columns;
    for (const size_t target : targets)
      columns.push_back(NewColumn(table->columns[target].type, table->columns[target].name));
    if (pending.empty()) {
      source = std::make_shared<LogicalValues>(std::move(rows), std::move(columns));
    } else {
      LogicalPtr input = FlushApplies(OneRow(), pending);
      source = std::make_shared<LogicalProject>(std::move(input), std::move(rows[0]), std::move(columns));
    }
  } else {
    std::vector<std::string> names;
    std::vector<ColumnId> correlated;
    source = BindQuery(*insert.query, nullptr, names, correlated);
    check_width(source->columns().size());
  }

  // One column per table column, in table order.
  std::vector<ExprPtr> exprs;
  std::vector<PlanColumn> columns;
  for (size_t i = 0; i < table->columns.size(); ++i) {
    const ColumnDef& column = table->columns[i];
    const auto at = std::find(targets.begin(), targets.end(), i);
    ExprPtr expr;
    if (at == targets.end()) {
      expr = DefaultOf(column);
    } else {
      const PlanColumn& from = source->columns()[static_cast<size_t>(at - targets.begin())];
      expr = Expr::Column(from.id, from.type, from.name);
      if (!(from.type == column.type)) {
        if (registry_.FindCast(from.type, column.type) < CastRule::kAssignment && !from.type.is(TypeKind::kUnknown)) {
          throw Error::User(sqlstate::kDatatypeMismatch, "column \"{}\" is of type {} but expression is of type {}",
                            column.name, column.type.ToString(), from.type.ToString())
              .WithHint("You will need to rewrite or cast the expression.")
              .WithPosition(insert.table.offset);
        }
        expr = registry_.BindCast(expr, column.type, CastRule::kAssignment);
      }
    }
    exprs.push_back(std::move(expr));
    columns.push_back(NewColumn(column.type, column.name));
  }
  LogicalPtr plan = std::make_shared<LogicalProject>(std::move(source), std::move(exprs), std::move(columns));
  plan = FinishCtes(std::move(plan), first_cte);
  plan = std::make_shared<LogicalInsert>(std::move(plan), table->id.value(), table->name, std::string(insert.label),
                                         NewColumn(TypeKind::kInt64, "count"));
  return Finish(std::move(plan), {"count"});
}

BoundStatement Binder::BindDelete(const ast::Delete& statement) {
  if (statement.with != nullptr || !statement.using_tables.empty()) {
    throw Error::Unsupported("Use WHERE with IN (SELECT ...) over literals, or delete by key.",
                             "DELETE with USING or WITH is not available");
  }
  if (!statement.returning.empty()) throw Error::Unsupported("Query the rows before.", "RETURNING is not available");
  if (!statement.partitions.empty()) {
    throw Error::Unsupported("Filter on the partition's columns.", "DELETE FROM ... PARTITION is not available");
  }
  const TablePtr table =
      context_.catalog->GetTable(ToCatalogName(statement.table), context_.names, statement.table.offset);
  RequireAppendTable(*table, statement.table.offset);
  Relation relation{table, context_.names.database, "public", table->name};
  const ast::Name alias = statement.alias.empty() ? statement.table.last() : statement.alias;
  Bound bound = BindRelation(relation, alias);
  if (statement.where != nullptr) {
    std::vector<PendingApply> pending;
    ExprPtr predicate = ExpressionBinder(*this, bound.scope, "WHERE", &pending).BindPredicate(*statement.where);
    if (!pending.empty()) {
      throw Error::Unsupported("Compute the values first and delete by a list.",
                               "subqueries in DELETE are not available")
          .WithPosition(statement.where->offset);
    }
    bound.plan = bound.plan->as<LogicalScan>().WithFilters(SplitConjunction(predicate));
  }
  LogicalPtr plan = std::make_shared<LogicalDelete>(std::move(bound.plan), table->id.value(), table->name,
                                                    NewColumn(TypeKind::kInt64, "count"));
  return Finish(std::move(plan), {"count"});
}

}  // namespace weir
