// PIVOT: aggregates with a filter per value, grouped by the columns that it does not name. UNPIVOT: a row per column.
#include <algorithm>
#include <set>

#include "sql/binder/expression_binder.h"
#include "sql/parser/to_sql.h"

namespace weir {

namespace {

constexpr size_t kPivotColumnsMax = 10'000;

void AddColumns(const ExprPtr& expr, std::set<ColumnId>& out) {
  if (expr == nullptr) return;
  VisitExpr(*expr, [&](const Expr& part) {
    if (part.is(ExprKind::kColumn)) out.insert(part.column_id());
    return true;
  });
}

// What a value makes its columns' name.
std::string NameOf(const ast::SelectItem& item, const Value& value) {
  if (!item.alias.empty()) return std::string(item.alias);
  return value.is_null() ? "NULL" : value.type().is_string() ? value.bytes() : value.ToString();
}

ExprPtr ColumnOf(const ScopeColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

bool Reads(const LogicalNode& plan, CteId id) {
  if (plan.kind() == LogicalKind::kCteScan && plan.as<LogicalCteScan>().id == id) return true;
  return std::ranges::any_of(plan.children(), [&](const LogicalPtr& child) { return Reads(*child, id); });
}

void CheckWidth(size_t columns, const ast::PivotTable& pivot) {
  if (columns <= kPivotColumnsMax) return;
  throw Error::User(sqlstate::kTooManyColumns, "PIVOT makes too many columns: more than {}", kPivotColumnsMax)
      .WithPosition(pivot.offset);
}

}  // namespace

// The values that are not listed: those of IN (SELECT ...), or all that the columns have, in order and without NULL.
// They are needed before the columns of the result are known, so they are looked up at once.
std::vector<std::vector<Value>> Binder::FindPivotValues(const ast::PivotTable& pivot, const ast::PivotColumn& column,
                                                        const std::vector<ExprPtr>& subjects, const LogicalPtr& source,
                                                        const Scope& source_scope) {
  LogicalPtr plan;
  if (column.query != nullptr) {
    std::vector<std::string> names;
    std::vector<ColumnId> correlated;
    plan = BindQuery(*column.query, nullptr, names, correlated);
    if (names.size() != subjects.size()) {
      throw Error::User(sqlstate::kSyntaxError, "PIVOT needs as many values as columns: {} instead of {}", names.size(),
                        subjects.size())
          .WithPosition(pivot.offset);
    }
    std::vector<Type> types;
    types.reserve(subjects.size());
    for (const ExprPtr& subject : subjects) types.push_back(subject->type());
    plan = CastColumns(std::move(plan), types);
  } else {
    std::vector<ExprPtr> present;
    std::vector<PlanColumn> columns;
    std::vector<SortKey> keys;
    for (const ExprPtr& subject : subjects) {
      present.push_back(Expr::Not(Expr::IsNull(subject)));
      columns.push_back(NewColumn(subject->type(), "value"));
      keys.push_back({Expr::Column(columns.back().id, columns.back().type, columns.back().name), false, false});
    }
    plan = std::make_shared<LogicalFilter>(source, CombineConjunction(std::move(present)));
    plan = std::make_shared<LogicalAggregate>(std::move(plan), subjects, std::vector<AggregateCall>{}, columns);
    plan = std::make_shared<LogicalSort>(std::move(plan), std::move(keys));
    plan = std::make_shared<LogicalLimit>(std::move(plan), kPivotColumnsMax + 1, 0);
  }
  bool known = context_.run_query && source_scope.correlated().empty() &&
               parameter_types_.size() <= context_.parameter_values.size();
  for (size_t i = ctes_.size(); i-- > 0;) {
    const Cte& cte = *ctes_[i];
    if (!Reads(*plan, cte.id)) continue;
    known = known && !cte.recursive && !cte.changes_rows;
    plan = std::make_shared<LogicalCte>(cte.id, cte.name, cte.definition, std::move(plan));
  }
  if (!known) {
    throw Error::Unsupported("List the values: FOR column IN (1, 2, ...).",
                             "PIVOT without a list of values is not available where its source depends on parameters "
                             "or on queries around it")
        .WithPosition(pivot.offset);
  }
  return context_.run_query(plan);
}

Binder::Bound Binder::BindPivot(const ast::PivotTable& pivot, Scope* outer, Scope* lateral) {
  Bound source = BindTableRef(*pivot.source, outer, lateral);
  Scope scope(outer);
  scope.Add(source.scope);
  std::set<ColumnId> named;

  // Each combination of values, with the condition that selects its rows.
  struct Combination {
    std::string name;
    std::vector<ExprPtr> conditions;
  };
  std::vector<Combination> combinations = {{}};
  for (const ast::PivotColumn& column : pivot.columns) {
    std::vector<ExprPtr> subjects;
    for (const ast::Expr* expr : column.columns) {
      subjects.push_back(ExpressionBinder(*this, scope, "PIVOT", nullptr).Bind(*expr));
      AddColumns(subjects.back(), named);
    }
    std::vector<Combination> next;
    if (column.values.empty()) {
      const std::vector<std::vector<Value>> found = FindPivotValues(pivot, column, subjects, source.plan, source.scope);
      for (const Combination& before : combinations) {
        for (const std::vector<Value>& row : found) {
          Combination made = before;
          for (size_t i = 0; i < row.size(); ++i) {
            made.conditions.push_back(registry_.BindCall("is_not_distinct_from", {subjects[i], Expr::Literal(row[i])}));
            made.name += (made.name.empty() ? "" : "_") + NameOf({}, row[i]);
          }
          next.push_back(std::move(made));
        }
        CheckWidth(next.size() * pivot.aggregates.size(), pivot);
      }
      combinations = std::move(next);
      continue;
    }
    for (const Combination& before : combinations) {
      for (const ast::SelectItem& item : column.values) {
        std::vector<const ast::Expr*> values = {item.expr};
        if (const auto* row = item.expr->TryAs<ast::RowExpr>()) values.assign(row->fields.begin(), row->fields.end());
        if (values.size() != subjects.size()) {
          throw Error::User(sqlstate::kSyntaxError, "PIVOT needs as many values as columns: {} instead of {}",
                            values.size(), subjects.size())
              .WithPosition(item.offset);
        }
        Combination made = before;
        std::string name;
        for (size_t i = 0; i < values.size(); ++i) {
          const Value value = BindConstant(*values[i], subjects[i]->type());
          made.conditions.push_back(
              registry_.BindCall("is_not_distinct_from", {subjects[i], Expr::Literal(value)}, values[i]->offset));
          if (i == 0 || item.alias.empty()) name += (i == 0 ? "" : "_") + NameOf(item, value);
        }
        made.name += (made.name.empty() ? "" : "_") + name;
        next.push_back(std::move(made));
        CheckWidth(next.size() * pivot.aggregates.size(), pivot);
      }
    }
    combinations = std::move(next);
  }

  AggregateCollector collected;
  std::vector<ExprPtr> results;
  std::vector<PendingApply> pending;
  for (const ast::SelectItem& item : pivot.aggregates) {
    results.push_back(ExpressionBinder(*this, scope, "PIVOT", nullptr, &collected, &pending).Bind(*item.expr));
  }
  for (const AggregateCall& call : collected.calls) {
    for (const ExprPtr& arg : call.args) AddColumns(arg, named);
    AddColumns(call.filter, named);
    for (const auto& order : call.order_by) AddColumns(order.expr, named);
  }
  LogicalPtr plan = FlushApplies(std::move(source.plan), pending);

  Bound out{nullptr, Scope()};
  for (const ColumnId id : scope.correlated()) out.scope.AddCorrelated(id);
  std::vector<ExprPtr> groups, exprs;
  std::vector<PlanColumn> columns, output;
  const auto add_output = [&](ExprPtr expr, const std::string& name) {
    output.push_back(NewColumn(expr->type(), name));
    out.scope.Add({"", "", name, output.back().id, output.back().type});
    exprs.push_back(std::move(expr));
  };
  const auto group_by = [&](ExprPtr expr, const std::string& name) {
    columns.push_back(NewColumn(expr->type(), name));
    groups.push_back(std::move(expr));
    add_output(Expr::Column(columns.back().id, columns.back().type, name), name);
  };
  if (!pivot.group_by.empty()) {
    for (const ast::Expr* expr : pivot.group_by) {
      group_by(ExpressionBinder(*this, scope, "PIVOT", nullptr).Bind(*expr), ResultColumnName(*expr));
    }
  } else {
    for (const ScopeColumn& column : source.scope.columns()) {
      if (!column.hidden && !named.contains(column.id)) group_by(ColumnOf(column), column.name);
    }
  }
  std::vector<AggregateCall> calls;
  for (const Combination& combination : combinations) {
    // The same calls again, over this combination's rows.
    std::map<ColumnId, ExprPtr> of_call;
    for (size_t i = 0; i < collected.calls.size(); ++i) {
      AggregateCall call = collected.calls[i];
      std::vector<ExprPtr> filter = combination.conditions;
      if (call.filter != nullptr) filter.push_back(call.filter);
      call.filter = CombineConjunction(std::move(filter));
      columns.push_back(NewColumn(call.type, combination.name));
      of_call[collected.columns[i].id] = Expr::Column(columns.back().id, columns.back().type, columns.back().name);
      calls.push_back(std::move(call));
    }
    for (size_t i = 0; i < results.size(); ++i) {
      ExprPtr expr = RewriteExpr(results[i], [&](const ExprPtr& part) -> ExprPtr {
        if (!part->is(ExprKind::kColumn)) return part;
        const auto found = of_call.find(part->column_id());
        if (found == of_call.end()) {
          throw Error::User(sqlstate::kGroupingError, "PIVOT takes aggregates: column \"{}\" is outside of one",
                            part->name())
              .WithPosition(pivot.aggregates[i].offset);
        }
        return found->second;
      });
      std::string name = combination.name;
      const ast::SelectItem& item = pivot.aggregates[i];
      if (!item.alias.empty()) {
        name += "_" + std::string(item.alias);
      } else if (results.size() > 1) {
        name += "_" + ToSql(*item.expr);
      }
      add_output(std::move(expr), name);
    }
  }
  plan = std::make_shared<LogicalAggregate>(std::move(plan), std::move(groups), std::move(calls), std::move(columns));
  out.plan = std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), std::move(output));
  return out;
}

Binder::Bound Binder::BindUnpivot(const ast::UnpivotTable& unpivot, Scope* outer, Scope* lateral) {
  Bound source = BindTableRef(*unpivot.source, outer, lateral);
  Scope scope(outer);
  scope.Add(source.scope);
  std::set<ColumnId> named;
  std::vector<Value> labels;
  std::vector<std::vector<ExprPtr>> values(unpivot.value_names.size());  // per value column, one per group
  for (const ast::UnpivotGroup& group : unpivot.groups) {
    std::string label(group.alias);
    for (size_t i = 0; i < group.columns.size(); ++i) {
      values[i].push_back(ExpressionBinder(*this, scope, "UNPIVOT", nullptr).Bind(*group.columns[i]));
      AddColumns(values[i].back(), named);
      if (group.alias.empty()) label += (i == 0 ? "" : "_") + ResultColumnName(*group.columns[i]);
    }
    labels.push_back(Value::String(label));
  }
  Bound out{nullptr, Scope()};
  for (const ColumnId id : scope.correlated()) out.scope.AddCorrelated(id);
  for (const ScopeColumn& column : source.scope.columns()) {
    if (!column.hidden && !named.contains(column.id)) out.scope.Add({"", "", column.name, column.id, column.type});
  }
  std::vector<ExprPtr> lists = {Expr::Literal(Value::Nested(Type::List(TypeKind::kVarchar), std::move(labels)))};
  std::vector<PlanColumn> made = {NewColumn(TypeKind::kVarchar, std::string(unpivot.name_column))};
  for (size_t i = 0; i < values.size(); ++i) {
    std::vector<Type> types;
    for (const ExprPtr& value : values[i]) types.push_back(value->type());
    const auto common = registry_.CommonType(types);
    if (!common.has_value()) {
      throw Error::User(sqlstate::kDatatypeMismatch, "UNPIVOT types {} and {} cannot be matched", types[0].Name(),
                        types[1].Name())
          .WithHint("Cast the columns to one type in a subquery.")
          .WithPosition(unpivot.offset);
    }
    const Type type = common->is(TypeKind::kUnknown) ? Type(TypeKind::kVarchar) : *common;
    for (ExprPtr& value : values[i]) value = registry_.BindCast(value, type, CastRule::kImplicit);
    lists.push_back(registry_.BindCall("array", std::move(values[i]), unpivot.offset));
    made.push_back(NewColumn(type, std::string(unpivot.value_names[i])));
  }
  for (const PlanColumn& column : made) out.scope.Add({"", "", column.name, column.id, column.type});
  std::vector<PlanColumn> all = source.plan->columns();
  all.insert(all.end(), made.begin(), made.end());
  out.plan = std::make_shared<LogicalUnnest>(std::move(source.plan), std::move(lists), std::move(all), false);
  if (!unpivot.include_nulls) {
    // A row goes when all of its values are NULL.
    std::vector<ExprPtr> present;
    for (size_t i = 1; i < made.size(); ++i) {
      present.push_back(Expr::Not(Expr::IsNull(Expr::Column(made[i].id, made[i].type, made[i].name))));
    }
    ExprPtr any = present.size() == 1 ? present[0] : Expr::Or(std::move(present));
    out.plan = std::make_shared<LogicalFilter>(std::move(out.plan), std::move(any));
  }
  return out;
}

}  // namespace weir
