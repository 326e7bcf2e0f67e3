#include "sql/binder/change_binder.h"

namespace weir {

void ChangeBinder::Filter(Rows& rows, const ast::Expr* where) {
  if (where == nullptr) return;
  std::vector<PendingApply> pending;
  ExprPtr predicate = ExpressionBinder(binder_, rows.scope, "WHERE", &pending).BindPredicate(*where);
  rows.plan = binder_.FlushApplies(std::move(rows.plan), pending);
  rows.plan = std::make_shared<LogicalFilter>(std::move(rows.plan), std::move(predicate));
}

// Parts of a column may be assigned one after the other, the whole only once.
std::vector<ExprPtr> ChangeBinder::BindAssignments(ast::List<ast::Assignment> assignments, ExpressionBinder& values) {
  std::vector<ExprPtr> out(table_->columns.size());
  std::vector<bool> in_parts(out.size());
  for (const ast::Assignment& assignment : assignments) {
    std::vector<Target> targets;
    for (const ast::Expr* target : assignment.targets) targets.push_back(FindTarget(*target));
    const auto* row = targets.size() > 1 ? assignment.value->TryAs<ast::RowExpr>() : nullptr;
    std::vector<ExprPtr> made;
    if (targets.size() == 1) {
      made.push_back(BindTargetValue(*assignment.value, targets[0], values));
    } else if (row != nullptr) {
      for (size_t i = 0; i < targets.size(); ++i) made.push_back(BindTargetValue(*row->fields[i], targets[i], values));
    } else {
      // The parser takes nothing else for several columns.
      const auto& subquery = assignment.value->As<ast::SubqueryExpr>();
      made = values.BindRowSubquery(*subquery.query, targets.size(), subquery.offset);
      for (size_t i = 0; i < targets.size(); ++i) made[i] = AssignedPart(made[i], targets[i], subquery.offset);
    }
    for (size_t i = 0; i < targets.size(); ++i) {
      const Target& target = targets[i];
      const ColumnDef& column = table_->columns[target.column];
      ExprPtr& value = out[target.column];
      if (value != nullptr && (target.steps.empty() || !in_parts[target.column])) {
        throw Error::User(sqlstate::kSyntaxError, "multiple assignments to same column \"{}\"", column.name)
            .WithPosition(assignment.targets[i]->offset);
      }
      if (target.steps.empty()) {
        value = std::move(made[i]);
        continue;
      }
      in_parts[target.column] = true;
      const ExprPtr whole =
          value == nullptr ? Expr::Column(target_id(target.column), column.type, column.name) : std::move(value);
      value = WithPart(whole, target.steps, std::move(made[i]), values);
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
