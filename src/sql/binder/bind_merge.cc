// MERGE: the source joined with the target (one-sided or both-sided outer where clauses ask for rows without a match),
// the number of the first WHEN clause that applies to each row, and by it what is done and with which values.
#include <algorithm>

#include "sql/binder/change_binder.h"

namespace weir {

namespace {

bool HasClause(const ast::Merge& merge, ast::MergeMatch match) {
  return std::any_of(merge.clauses.begin(), merge.clauses.end(),
                     [&](const ast::MergeClause& clause) { return clause.match == match; });
}

// A clause that takes all rows leaves none to a later one of its kind.
void RequireReachable(ast::List<ast::MergeClause> clauses) {
  bool done[3] = {};
  for (const ast::MergeClause& clause : clauses) {
    bool& taken = done[static_cast<size_t>(clause.match)];
    if (taken) {
      throw Error::User(sqlstate::kSyntaxError, "unreachable WHEN clause specified after unconditional WHEN clause")
          .WithPosition(clause.offset);
    }
    taken = clause.condition == nullptr;
  }
}

MergeAction ActionOf(ast::MergeActionKind kind) {
  switch (kind) {
    case ast::MergeActionKind::kDoNothing:
      break;
    case ast::MergeActionKind::kUpdate:
      return MergeAction::kUpdate;
    case ast::MergeActionKind::kDelete:
      return MergeAction::kDelete;
    case ast::MergeActionKind::kInsert:
      return MergeAction::kInsert;
  }
  return MergeAction::kNothing;
}

void RequireAction(const ast::MergeClause& clause) {
  const bool inserts = clause.action == ast::MergeActionKind::kInsert;
  const bool changes = clause.action == ast::MergeActionKind::kUpdate || clause.action == ast::MergeActionKind::kDelete;
  const bool without_target = clause.match == ast::MergeMatch::kNotMatchedByTarget;
  if (without_target ? !changes : !inserts) return;
  throw Error::User(sqlstate::kSyntaxError, "WHEN {} takes {} or DO NOTHING",
                    without_target ? "NOT MATCHED" : "MATCHED", without_target ? "INSERT" : "UPDATE, DELETE")
      .WithPosition(clause.offset);
}

}  // namespace

ChangeBinder::Rows ChangeBinder::MergeJoin(const ast::Merge& merge) {
  Binder::Bound source = binder_.BindTableRef(*merge.source, nullptr, nullptr);
  if (source.scope.HasRelation(alias_)) {
    throw Error::User(sqlstate::kDuplicateAlias, "name \"{}\" specified more than once", alias_)
        .WithPosition(merge.source->offset);
  }
  const bool keeps_source = HasClause(merge, ast::MergeMatch::kNotMatchedByTarget);
  const bool keeps_target = HasClause(merge, ast::MergeMatch::kNotMatchedBySource);
  if (keeps_target) {
    Rows marked{std::move(source.plan), Scope()};
    const PlanColumn mark = binder_.NewColumn(TypeKind::kBoolean, "$source");
    Project(marked, {Expr::Literal(Value::Boolean(true))}, {mark});
    source.plan = std::move(marked.plan);
    source_mark_ = Expr::Column(mark.id, mark.type, mark.name);
  }
  Rows target_rows = TargetRows();
  Binder::Bound target{std::move(target_rows.plan), std::move(target_rows.scope)};
  Scope both;
  both.Add(source.scope);
  both.Add(target.scope);
  std::vector<PendingApply> pending;
  ExprPtr condition = ExpressionBinder(binder_, both, "MERGE ON", &pending).BindPredicate(*merge.on);
  if (!pending.empty() && !binder_.ApplyToSides(pending, source, target, /*lateral=*/false)) {
    throw Error::Unsupported("Move the subquery into the source.",
                             "subqueries over both sides in ON of MERGE are not available")
        .WithPosition(merge.on->offset);
  }
  const JoinKind kind = keeps_source && keeps_target ? JoinKind::kFull
                        : keeps_source               ? JoinKind::kLeft
                        : keeps_target               ? JoinKind::kRight
                                                     : JoinKind::kInner;
  return {std::make_shared<LogicalJoin>(kind, std::move(source.plan), std::move(target.plan), std::move(condition)),
          std::move(both)};
}

// Whether a row of the join is one that such clauses are for.
ExprPtr ChangeBinder::MergeMatch(ast::MergeMatch match) const {
  ExprPtr no_target = Expr::IsNull(row_part_);
  if (match == ast::MergeMatch::kNotMatchedByTarget) return no_target;
  if (match == ast::MergeMatch::kNotMatchedBySource) return Expr::IsNull(source_mark_);
  ExprPtr has_target = Expr::Not(std::move(no_target));
  if (source_mark_ == nullptr) return has_target;
  return Expr::And({std::move(has_target), Expr::Not(Expr::IsNull(source_mark_))});
}

void ChangeBinder::BindMergeInsert(const ast::MergeClause& clause, ExpressionBinder& values,
                                   std::vector<ExprPtr>& out) {
  out.assign(table_->columns.size(), nullptr);
  const size_t available = clause.columns.empty() ? table_->columns.size() : clause.columns.size();
  const bool too_few = !clause.default_values && !clause.columns.empty() && clause.values.size() < available;
  if (clause.values.size() > available || too_few) {
    throw Error::User(sqlstate::kSyntaxError, "INSERT has more {}",
                      too_few ? "target columns than expressions" : "expressions than target columns")
        .WithPosition(clause.offset);
  }
  for (size_t i = 0; i < clause.values.size(); ++i) {
    size_t at = i;
    if (!clause.columns.empty()) {
      const ColumnDef* column = table_->FindColumn(clause.columns[i]);
      if (column == nullptr) {
        throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist",
                          clause.columns[i], table_->name)
            .WithPosition(clause.offset);
      }
      at = table_->ColumnIndex(column->id);
    }
    if (out[at] != nullptr) {
      throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", table_->columns[at].name)
          .WithPosition(clause.offset);
    }
    out[at] = BindValue(*clause.values[i], table_->columns[at], values);
  }
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == nullptr) out[i] = binder_.DefaultOf(table_->columns[i]);
  }
}

LogicalPtr ChangeBinder::BindMerge(const ast::Merge& merge) {
  SetTarget(merge.table, merge.alias);
  RequireReachable(merge.clauses);
  if (merge.with != nullptr) binder_.BindCtes(*merge.with);
  Rows rows = MergeJoin(merge);
  // Each kind of clause sees what there is for its rows.
  Scope source, target;
  for (const ScopeColumn& column : rows.scope.columns()) {
    const bool own = std::find(target_ids_.begin(), target_ids_.end(), column.id) != target_ids_.end();
    (own ? target : source).Add(column);
  }
  const auto scope_of = [&](ast::MergeMatch match) -> Scope& {
    if (match == ast::MergeMatch::kNotMatchedByTarget) return source;
    return match == ast::MergeMatch::kNotMatchedBySource ? target : rows.scope;
  };

  std::vector<PendingApply> pending;
  std::vector<ExprPtr> choice;
  for (size_t i = 0; i < merge.clauses.size(); ++i) {
    const ast::MergeClause& clause = merge.clauses[i];
    RequireAction(clause);
    ExprPtr applies = MergeMatch(clause.match);
    if (clause.condition != nullptr) {
      ExpressionBinder binder(binder_, scope_of(clause.match), "MERGE WHEN AND", &pending);
      applies = Expr::And({std::move(applies), binder.BindPredicate(*clause.condition)});
    }
    choice.push_back(std::move(applies));
    choice.push_back(Expr::Literal(Value::Int32(static_cast<int32_t>(i) + 1)));
  }
  choice.push_back(Expr::Literal(Value::Int32(0)));
  rows.plan = binder_.FlushApplies(std::move(rows.plan), pending);
  const PlanColumn chosen = binder_.NewColumn(TypeKind::kInt32, "$clause");
  Project(rows, {Expr::Case(std::move(choice), TypeKind::kInt32)}, {chosen});

  // What each clause makes of the target's columns; those of a deleted row stay, for RETURNING.
  std::vector<std::vector<ExprPtr>> made;
  for (const ast::MergeClause& clause : merge.clauses) {
    std::vector<ExprPtr>& values = made.emplace_back(table_->columns.size());
    ExpressionBinder binder(binder_, scope_of(clause.match), "MERGE", &pending);
    if (clause.action == ast::MergeActionKind::kUpdate) values = BindAssignments(clause.assignments, binder);
    if (clause.action == ast::MergeActionKind::kInsert) BindMergeInsert(clause, binder, values);
  }
  rows.plan = binder_.FlushApplies(std::move(rows.plan), pending);
  const ExprPtr clause_number = Expr::Column(chosen.id, chosen.type, chosen.name);
  const auto by_clause = [&](const auto& value_of, ExprPtr otherwise) {
    std::vector<ExprPtr> parts;
    for (size_t i = 0; i < merge.clauses.size(); ++i) {
      ExprPtr value = value_of(i);
      if (value == nullptr) continue;
      const ExprPtr number = Expr::Literal(Value::Int32(static_cast<int32_t>(i) + 1));
      parts.push_back(binder_.registry_.BindCall("=", {clause_number, number}, -1));
      parts.push_back(std::move(value));
    }
    if (parts.empty()) return otherwise;
    const Type type = otherwise->type();
    parts.push_back(std::move(otherwise));
    return Expr::Case(std::move(parts), type);
  };
  std::vector<ExprPtr> values;
  for (size_t column = 0; column < table_->columns.size(); ++column) {
    const ColumnDef& def = table_->columns[column];
    const ExprPtr own = Expr::Column(target_id(column), def.type, def.name);
    ExprPtr value = by_clause([&](size_t i) { return made[i][column]; }, own);
    values.push_back(value == own ? nullptr : std::move(value));
  }
  AddTargetValues(rows, std::move(values));
  ExprPtr action = by_clause(
      [&](size_t i) { return Expr::Literal(Value::Int32(static_cast<int32_t>(ActionOf(merge.clauses[i].action)))); },
      Expr::Literal(Value::Int32(0)));
  binder_.merge_action_ = by_clause(
      [&](size_t i) -> ExprPtr {
        constexpr std::string_view kNames[] = {"", "INSERT", "UPDATE", "DELETE"};
        const auto what = static_cast<size_t>(ActionOf(merge.clauses[i].action));
        return what == 0 ? nullptr : Expr::Literal(Value::String(std::string(kNames[what])));
      },
      Expr::Literal(Value::Null(TypeKind::kVarchar)));
  LogicalPtr plan = Finish(ChangeKind::kMerge, std::move(rows), {std::move(action)}, merge.returning);
  binder_.merge_action_ = nullptr;
  return plan;
}

}  // namespace weir
