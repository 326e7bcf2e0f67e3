#pragma once

#include <span>
#include <string>
#include <vector>

#include "sql/binder/expression_binder.h"

namespace weir {

// Binds INSERT, UPDATE, DELETE and MERGE: one query whose rows say what to change (plan/change.h). The table to change
// is scanned with the ids of its rows, joined with whatever the statement names besides.
class ChangeBinder {
 public:
  explicit ChangeBinder(Binder& binder) : binder_(binder) {}
  // `commits` is false for a change in WITH. `names` are of the columns of RETURNING; without it they stay empty.
  LogicalPtr Bind(const ast::Statement& statement, bool commits, std::vector<std::string>& names);

 private:
  // The change under way: its rows so far, and what names mean there.
  struct Rows {
    LogicalPtr plan;
    Scope scope;
  };

  // A column that is assigned to, or a part of it: s.a, a[1], m['k'].
  struct Step {
    const ast::SubscriptExpr* subscript = nullptr;  // or null
    ast::Name field;
    int64_t position = -1;
  };
  struct Target {
    size_t column = 0;        // ordinal
    std::vector<Step> steps;  // none: the whole
    Type type;                // of what is assigned
    int64_t position = -1;
  };

  // bind_target.cc
  Target WholeColumn(size_t column, int64_t position = -1) const;
  Target FindTarget(const ast::Expr& target) const;
  const ColumnDef& FindColumn(ast::Name name, int64_t position) const;
  void FindPart(Target& target) const;
  ExprPtr BindTargetValue(const ast::Expr& value, const Target& target, ExpressionBinder& binder);
  ExprPtr AssignedPart(ExprPtr value, const Target& target, int64_t position);
  // `whole` with another value in the place that the steps lead to.
  ExprPtr WithPart(const ExprPtr& whole, std::span<const Step> steps, ExprPtr value, ExpressionBinder& binder) const;
  // bind_insert.cc
  LogicalPtr BindInsert(const ast::Insert& insert);
  std::vector<Target> InsertTargets(const ast::Insert& insert) const;
  LogicalPtr InsertedValues(const ast::Insert& insert, std::vector<Target>& targets);
  LogicalPtr BindValues(const ast::Values& values, const std::vector<Target>& targets);
  // bind_update.cc
  LogicalPtr BindUpdate(const ast::Update& update);
  LogicalPtr BindDelete(const ast::Delete& statement);
  void Filter(Rows& rows, const ast::Expr* where);
  // The values of the table's columns after the assignments; null where a column keeps its own.
  std::vector<ExprPtr> BindAssignments(ast::List<ast::Assignment> assignments, ExpressionBinder& values);
  // bind_merge.cc
  LogicalPtr BindMerge(const ast::Merge& merge);
  Rows MergeJoin(const ast::Merge& merge);
  ExprPtr MergeMatch(ast::MergeMatch match) const;
  void BindMergeInsert(const ast::MergeClause& clause, ExpressionBinder& values, std::vector<ExprPtr>& out);

  void SetTarget(const ast::QualifiedName& name, ast::Name alias);
  // The target's rows with their ids.
  Rows TargetRows();
  ColumnId target_id(size_t column) const { return target_ids_[column]; }
  // The value as the column's, by an assignment cast; 42804 when there is none.
  ExprPtr Assigned(ExprPtr value, const ColumnDef& column, int64_t position);
  ExprPtr BindValue(const ast::Expr& value, const ColumnDef& column, ExpressionBinder& binder);
  // A projection that keeps all columns of the rows and adds these, which stand for the target's from then on.
  void AddTargetValues(Rows& rows, std::vector<ExprPtr> values);
  void Project(Rows& rows, const std::vector<ExprPtr>& exprs, std::vector<PlanColumn> columns);
  // Puts the columns in the order that the change wants them in.
  LogicalPtr Finish(ChangeKind kind, Rows rows, std::vector<ExprPtr> leading, ast::List<ast::SelectItem> returning,
                    std::string label = {});

  Binder& binder_;
  TablePtr table_;
  std::string alias_;
  std::string schema_;                // of the table when it has no alias
  std::vector<ColumnId> target_ids_;  // the target's columns, in the table's order
  ExprPtr row_part_, row_position_;
  ExprPtr source_mark_;                 // of MERGE: NULL where a target row has no source row
  std::vector<PlanColumn> new_values_;  // what is written, in the table's order
  size_t first_cte_ = 0;
  bool commits_ = true;
  std::vector<std::string> names_;
};

}  // namespace weir
