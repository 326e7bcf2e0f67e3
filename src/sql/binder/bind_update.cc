#include "sql/binder/change_binder.h"

namespace weir {

void ChangeBinder::Filter(Rows& rows, const ast::Expr* where) {
  if (where == nullptr) return;
  std::vector<PendingApply> pending;
  ExprPtr predicate = ExpressionBinder(binder_, rows.scope, "WHERE", &pending).BindPredicate(*where);
  rows.plan = binder_.FlushApplies(std::move(rows.plan), pending);
  rows.plan = std::make_shared<LogicalFilter>(std::move(rows.plan), std::move(predicate));
}

const ColumnDef& ChangeBinder::AssignedColumn(const ast::Expr& target) const {
  const auto* column = target.TryAs<ast::ColumnRef>();
  if (column == nullptr) {
    throw Error::Unsupported("Assign the whole value.", "assigning to a part of a column is not available")
        .WithPosition(target.offset);
  }
  const ast::Name name = column->parts[0];
  const ColumnDef* found = table_->FindColumn(name);
  if (found == nullptr) {
    throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", name, table_->name)
        .WithHint(column->parts.size() > 1 && name == alias_ ? "Name the column without its table." : "")
        .WithPosition(target.offset);
  }
  if (column->parts.size() > 1) {
    throw Error::Unsupported("Assign the whole value.", "assigning to a part of a column is not available")
        .WithPosition(target.offset);
  }
  return *found;
}

std::vector<ExprPtr> ChangeBinder::BindAssignments(ast::List<ast::Assignment> assignments, ExpressionBinder& values) {
  std::vector<ExprPtr> out(table_->columns.size());
  for (const ast::Assignment& assignment : assignments) {
    std::vector<const ColumnDef*> columns;
    for (const ast::Expr* target : assignment.targets) columns.push_back(&AssignedColumn(*target));
    const auto* row = columns.size() > 1 ? assignment.value->TryAs<ast::RowExpr>() : nullptr;
    std::vector<ExprPtr> made;
    if (columns.size() == 1) {
      made.push_back(BindValue(*assignment.value, *columns[0], values));
    } else if (row != nullptr) {
      for (size_t i = 0; i < columns.size(); ++i) made.push_back(BindValue(*row->fields[i], *columns[i], values));
    } else {
      // The parser takes nothing else for several columns.
      const auto& subquery = assignment.value->As<ast::SubqueryExpr>();
      made = values.BindRowSubquery(*subquery.query, columns.size(), subquery.offset);
      for (size_t i = 0; i < columns.size(); ++i) made[i] = Assigned(made[i], *columns[i], subquery.offset);
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      ExprPtr& value = out[table_->ColumnIndex(columns[i]->id)];
      if (value != nullptr) {
        throw Error::User(sqlstate::kSyntaxError, "multiple assignments to same column \"{}\"", columns[i]->name)
            .WithPosition(assignment.targets[i]->offset);
      }
      value = std::move(made[i]);
    }
  }
  return out;
}

LogicalPtr ChangeBinder::BindUpdate(const ast::Update& update) {
  SetTarget(update.table, update.alias);
  if (update.with != nullptr) binder_.BindCtes(*update.with);
  Rows target = TargetRows();
  Binder::Bound bound =
      binder_.AddToFrom({std::move(target.plan), std::move(target.scope)}, update.from, /*outer=*/nullptr);
  Rows rows{std::move(bound.plan), std::move(bound.scope)};
  Filter(rows, update.where);
  std::vector<PendingApply> pending;
  ExpressionBinder values(binder_, rows.scope, "UPDATE", &pending);
  std::vector<ExprPtr> assigned = BindAssignments(update.assignments, values);
  rows.plan = binder_.FlushApplies(std::move(rows.plan), pending);
  AddTargetValues(rows, std::move(assigned));
  return Finish(ChangeKind::kUpdate, std::move(rows), {}, update.returning);
}

LogicalPtr ChangeBinder::BindDelete(const ast::Delete& statement) {
  if (!statement.partitions.empty()) {
    throw Error::Unsupported("Filter on the partition's columns.", "DELETE FROM ... PARTITION is not available");
  }
  SetTarget(statement.table, statement.alias);
  if (statement.with != nullptr) binder_.BindCtes(*statement.with);
  Rows target = TargetRows();
  Binder::Bound bound =
      binder_.AddToFrom({std::move(target.plan), std::move(target.scope)}, statement.using_tables, /*outer=*/nullptr);
  Rows rows{std::move(bound.plan), std::move(bound.scope)};
  Filter(rows, statement.where);
  return Finish(ChangeKind::kDelete, std::move(rows), {}, statement.returning);
}

}  // namespace weir
