#include <algorithm>

#include "catalog/shredding.h"
#include "sql/binder/bind_type.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/select_binder.h"

namespace weir {

namespace {

constexpr int kViewDepthMax = 50;

ExprPtr True() {
  return Expr::Literal(Value::Boolean(true));
}

ExprPtr ColumnOf(const ScopeColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

// The columns among `correlated` that `scope` has.
std::vector<ColumnId> OwnColumns(const Scope& scope, const std::vector<ColumnId>& correlated) {
  std::vector<ColumnId> own;
  for (const ColumnId id : correlated) {
    for (const ScopeColumn& column : scope.columns()) {
      if (column.id == id) {
        own.push_back(id);
        break;
      }
    }
  }
  return own;
}

}  // namespace

Binder::Bound Binder::BindFrom(ast::List<const ast::TableRef*> from, Scope* outer) {
  Bound bound{OneRow(), Scope(outer)};
  if (from.empty()) return bound;
  Bound first = BindTableRef(*from[0], outer, nullptr);
  bound.plan = std::move(first.plan);
  bound.scope.Add(first.scope);
  for (const ColumnId id : first.scope.correlated()) bound.scope.AddCorrelated(id);
  return AddToFrom(std::move(bound), from.subspan(1), outer);
}

Binder::Bound Binder::AddToFrom(Bound bound, ast::List<const ast::TableRef*> from, Scope* outer) {
  for (const ast::TableRef* table : from) {
    Bound next = BindTableRef(*table, outer, &bound.scope);
    for (const ScopeColumn& column : next.scope.columns()) {
      if (!column.relation.empty() && bound.scope.HasRelation(column.relation)) {
        throw Error::User(sqlstate::kDuplicateAlias, "table name \"{}\" specified more than once", column.relation)
            .WithPosition(table->offset);
      }
    }
    std::vector<ColumnId> correlated = OwnColumns(bound.scope, next.scope.correlated());
    bound = Combine(JoinKind::kInner, std::move(bound), std::move(next), std::move(correlated), True());
  }
  return bound;
}

Binder::Bound Binder::Combine(JoinKind kind, Bound left, Bound right, std::vector<ColumnId> correlated,
                              ExprPtr condition) {
  Bound out{nullptr, std::move(left.scope)};
  for (const ColumnId id : right.scope.correlated()) {
    if (std::find(correlated.begin(), correlated.end(), id) == correlated.end()) out.scope.AddCorrelated(id);
  }
  if (kind != JoinKind::kSemi && kind != JoinKind::kAnti) out.scope.Add(right.scope);
  if (correlated.empty()) {
    out.plan = std::make_shared<LogicalJoin>(kind, std::move(left.plan), std::move(right.plan), std::move(condition));
  } else {
    out.plan = std::make_shared<LogicalApply>(kind, std::move(left.plan), std::move(right.plan), std::move(correlated),
                                              std::move(condition));
  }
  return out;
}

Binder::Bound Binder::BindTableRef(const ast::TableRef& table, Scope* outer, Scope* lateral) {
  Bound bound{nullptr, Scope(outer)};
  switch (table.kind) {
    case ast::TableRefKind::kNamedTable:
      bound = BindNamedTable(table.As<ast::NamedTable>());
      break;
    case ast::TableRefKind::kDerivedTable:
      bound = BindDerived(table.As<ast::DerivedTable>(), outer, lateral);
      break;
    case ast::TableRefKind::kTableFunction:
      bound = BindTableFunction(table.As<ast::TableFunction>(), outer, lateral);
      break;
    case ast::TableRefKind::kJoinedTable:
      bound = BindJoin(table.As<ast::JoinedTable>(), outer, lateral);
      break;
    case ast::TableRefKind::kPivotTable:
      bound = BindPivot(table.As<ast::PivotTable>(), outer, lateral);
      break;
    case ast::TableRefKind::kUnpivotTable:
      bound = BindUnpivot(table.As<ast::UnpivotTable>(), outer, lateral);
      break;
  }
  if (table.sample != nullptr) bound.plan = Sample(std::move(bound.plan), *table.sample);
  if (!table.alias.empty()) ApplyAlias(bound, table.alias, table.offset);
  return bound;
}

void Binder::ApplyAlias(Bound& bound, const ast::TableAlias& alias, int64_t position) {
  size_t visible = 0;
  for (ScopeColumn& column : bound.scope.columns()) {
    if (!alias.name.empty()) {
      column.relation = std::string(alias.name);
      column.schema.clear();
    }
    if (column.hidden) continue;
    if (visible < alias.columns.size()) column.name = std::string(alias.columns[visible]);
    ++visible;
  }
  if (!alias.name.empty())
    std::erase_if(bound.scope.columns(), [](const ScopeColumn& column) { return column.hidden; });
  if (alias.columns.size() > visible) {
    throw Error::User(sqlstate::kInvalidColumnReference,
                      "table \"{}\" has {} columns available but {} columns specified", alias.name, visible,
                      alias.columns.size())
        .WithPosition(position);
  }
}

Binder::Bound Binder::BindNamedTable(const ast::NamedTable& table) {
  if (table.as_of_kind != ast::AsOfKind::kNone) {
    throw Error::Unsupported("Query the current version.", "AS OF is not available").WithPosition(table.offset);
  }
  if (!table.partitions.empty()) {
    throw Error::Unsupported("Filter on the partition's columns.", "PARTITION in FROM is not available")
        .WithPosition(table.offset);
  }
  if (table.is_path) {
    // FROM 'x.parquet': the file's ending says which reader.
    const std::string path(table.name.last());
    TableFunctionCall call{"read_auto", {Value::String(path)}, {}, static_cast<int64_t>(table.offset)};
    auto relation = context_.table_function ? context_.table_function(call) : std::nullopt;
    if (!relation.has_value()) {
      throw Error::User(sqlstate::kUndefinedTable, "no reader for the file: {}", path)
          .WithHint("Use read_parquet, read_csv or read_json.")
          .WithPosition(table.offset);
    }
    return BindExternal(std::move(*relation), path);
  }
  if (table.name.parts.size() == 1) {
    if (Cte* cte = FindCte(table.name.last())) {
      ++cte->uses;
      if (cte->recursive && cte->definition == nullptr) {
        throw Error::User(sqlstate::kInvalidRecursion,
                          "recursive reference to query \"{}\" must not appear within its non-recursive term",
                          cte->name)
            .WithPosition(table.offset);
      }
      if (cte->changes_rows && cte->names.empty()) {
        throw Error::User(sqlstate::kFeatureNotSupported, "WITH query \"{}\" does not have a RETURNING clause",
                          cte->name)
            .WithPosition(table.offset);
      }
      Bound bound{nullptr, Scope()};
      std::vector<PlanColumn> columns;
      std::vector<ColumnId> definition_columns;
      for (size_t i = 0; i < cte->names.size(); ++i) {
        const PlanColumn& from = cte->definition->columns()[i];
        columns.push_back(NewColumn(from.type, cte->names[i]));
        definition_columns.push_back(from.id);
        bound.scope.Add({"", cte->name, cte->names[i], columns.back().id, from.type});
      }
      bound.plan =
          std::make_shared<LogicalCteScan>(cte->id, cte->name, std::move(columns), std::move(definition_columns));
      return bound;
    }
  }
  const Relation relation = context_.catalog->GetRelation(ToCatalogName(table.name), context_.names, table.offset);
  return BindRelation(relation, table.name.last());
}

Binder::Bound Binder::BindRelation(const Relation& relation, std::string_view alias) {
  if (relation.view() != nullptr) {
    Bound bound = BindView(relation);
    for (ScopeColumn& column : bound.scope.columns()) column.relation = std::string(alias);
    return bound;
  }
  Bound bound{nullptr, Scope()};
  std::vector<PlanColumn> columns;
  std::vector<size_t> ordinals;
  const auto add = [&](const std::string& name, const Type& type) {
    ordinals.push_back(columns.size());
    columns.push_back(NewColumn(type, name));
    bound.scope.Add({relation.schema, std::string(alias), name, columns.back().id, type});
  };
  std::optional<double> rows;
  std::vector<ColumnStatistics> column_statistics;
  ScanSource source;
  std::vector<ShreddedEntry> shredded;
  if (const TablePtr* table = relation.table()) {
    for (const ColumnDef& column : (*table)->columns) add(column.name, column.type);
    for (ShreddedColumn& entry : ShreddedColumns(**table)) {
      shredded.push_back({columns[entry.map].id, std::move(entry.key), columns[entry.column].id});
    }
    source = TableSource{(*table)->id.value(), relation.name, std::move(ordinals)};
    if (context_.statistics != nullptr) {
      if (const auto statistics = context_.statistics->Statistics((*table)->id)) {
        rows = static_cast<double>(statistics->row_count);
        for (const ColumnDef& column : (*table)->columns) {
          const auto known = statistics->columns.find(column.id);
          column_statistics.push_back(known == statistics->columns.end() ? ColumnStatistics{} : known->second);
        }
      }
    }
  } else {
    const VirtualTablePtr& rows_on_demand = *relation.virtual_table();
    for (const Field& field : rows_on_demand->schema()) add(field.name, field.type);
    source = VirtualSource{rows_on_demand, relation.schema + "." + relation.name, std::move(ordinals)};
  }
  auto scan = std::make_shared<LogicalScan>(std::move(source), std::move(columns), std::vector<ExprPtr>{}, rows);
  scan->column_statistics = std::move(column_statistics);
  scan->shredded = std::move(shredded);
  bound.plan = std::move(scan);
  return bound;
}

Binder::Bound Binder::BindView(const Relation& relation) {
  const ViewDef& view = **relation.view();
  if (++view_depth_ > kViewDepthMax) {
    throw Error::User(sqlstate::kInvalidRecursion, "views nested too deeply: {}", view.name);
  }
  BindContext context = context_;
  context.names.database = relation.database;
  context.names.search_path = view.search_path;
  context.dialect = Dialect::kPostgres;
  const auto statements = ParseStatements(view.sql);
  WEIR_CHECK(statements.size() == 1 && statements[0]->kind == ast::StatementKind::kQueryStatement);
  // A binder of its own: the view sees neither our CTEs nor our parameters, but shares the ids.
  Binder binder(context);
  binder.ids_ = ids_;
  binder.view_depth_ = view_depth_;
  BoundStatement bound = binder.BindQueryStatement(*statements[0]->As<ast::QueryStatement>().query);
  ids_ = binder.ids_;
  --view_depth_;
  Bound out{bound.plan, Scope()};
  for (size_t i = 0; i < bound.names.size() && i < view.columns.size(); ++i) {
    const PlanColumn& column = bound.plan->columns()[i];
    out.scope.Add({relation.schema, view.name, view.columns[i].name, column.id, column.type});
  }
  return out;
}

Binder::Bound Binder::BindExternal(ExternalRelation relation, std::string name) {
  Bound bound{nullptr, Scope()};
  std::vector<PlanColumn> columns;
  std::vector<size_t> ordinals;
  for (const Field& field : relation.columns) {
    ordinals.push_back(columns.size());
    columns.push_back(NewColumn(field.type, field.name));
    bound.scope.Add({"", name, field.name, columns.back().id, field.type});
  }
  std::visit([&](auto& source) { source.column_ordinals = std::move(ordinals); }, relation.source);
  auto scan = std::make_shared<LogicalScan>(std::move(relation.source), std::move(columns), std::vector<ExprPtr>{},
                                            relation.rows);
  scan->column_statistics = std::move(relation.statistics);
  bound.plan = std::move(scan);
  return bound;
}

TableFunctionCall Binder::EvaluateTableFunctionCall(const ast::FunctionCall& call) {
  TableFunctionCall out;
  out.name = std::string(call.name.last());
  out.position = call.offset;
  for (const ast::Expr* arg : call.args) {
    const auto* named = arg->TryAs<ast::NamedArgument>();
    Value value = BindConstant(named == nullptr ? *arg : *named->value, {});
    if (value.type().is(TypeKind::kUnknown) && !value.is_null()) value = Value::String(value.bytes());
    if (named == nullptr) {
      out.args.push_back(std::move(value));
    } else {
      out.named.emplace_back(std::string(named->name), std::move(value));
    }
  }
  return out;
}

ExternalRelation Binder::BindTableFunctionRelation(const ast::FunctionCall& call) {
  auto relation = context_.table_function ? context_.table_function(EvaluateTableFunctionCall(call)) : std::nullopt;
  if (!relation.has_value()) {
    throw Error::User(sqlstate::kUndefinedFunction, "table function does not exist: {}", call.name.last())
        .WithPosition(call.offset);
  }
  return std::move(*relation);
}

Binder::Bound Binder::BindTableFunction(const ast::TableFunction& table, Scope* outer, Scope* lateral) {
  std::vector<const ast::FunctionCall*> calls;
  for (const ast::Expr* call : table.calls) calls.push_back(&call->As<ast::FunctionCall>());
  const std::string name(calls[0]->name.last());
  if (calls.size() == 1 && !table.rows_from) {
    if (auto rows = BindSqlTableFunction(*calls[0], lateral == nullptr ? outer : lateral, table.alias)) {
      if (table.with_ordinality) {
        throw Error::Unsupported("Use row_number() OVER ().", "WITH ORDINALITY is not available for: {}", name)
            .WithPosition(table.offset);
      }
      return std::move(*rows);
    }
  }
  // Set-returning functions over rows may use columns to their left.
  if (table.rows_from || name == "unnest" || name == "generate_series" || registry_.FindFunction(name) != nullptr) {
    Scope* around = lateral == nullptr ? outer : lateral;
    return BindUnnest(table, calls, around);
  }
  ExternalRelation relation = BindTableFunctionRelation(*calls[0]);
  if (table.with_ordinality) {
    throw Error::Unsupported("Use unnest WITH ORDINALITY.", "WITH ORDINALITY is not available for: {}", name)
        .WithPosition(table.offset);
  }
  return BindExternal(std::move(relation), name);
}

// Without a step it is 1, also where the end is before the start: then there is nothing.
ExprPtr Binder::BindSeries(std::vector<ExprPtr> bounds, int64_t position) const {
  if (bounds.size() == 2 && (bounds[0]->type().is_integer() || bounds[1]->type().is_integer())) {
    bounds.push_back(Expr::Literal(Value::Int32(1)));
  }
  return registry_.BindCall("array_generate", std::move(bounds), position);
}

Binder::Bound Binder::BindUnnest(const ast::TableFunction& table, const std::vector<const ast::FunctionCall*>& calls,
                                 Scope* outer) {
  Scope scope(outer);
  std::vector<PendingApply> pending;
  ExpressionBinder binder(*this, scope, "FROM", &pending);
  std::vector<ExprPtr> lists;
  std::vector<std::string> names;
  for (const ast::FunctionCall* call : calls) {
    const std::string name(call->name.last());
    if (name != "unnest") {
      ExprPtr list;
      if (name == "generate_series") {
        std::vector<ExprPtr> bounds;
        for (const ast::Expr* arg : call->args) bounds.push_back(binder.Bind(*arg));
        list = BindSeries(std::move(bounds), call->offset);
      } else {
        list = binder.Bind(*call);
      }
      // json_each and its like: rows of key and value.
      if (list->type().is(TypeKind::kMap) && name.find("_each") != std::string::npos) {
        lists.push_back(registry_.BindCall("map_keys", {list}, call->offset));
        lists.push_back(registry_.BindCall("map_values", {list}, call->offset));
        names.insert(names.end(), {"key", "value"});
        continue;
      }
      // A function that gives one value is a table of one row.
      if (!list->type().is(TypeKind::kList)) list = registry_.BindCall("array", {std::move(list)}, call->offset);
      lists.push_back(std::move(list));
      names.push_back(name);
      continue;
    }
    for (const ast::Expr* arg : call->args) {
      ExprPtr list = binder.Bind(*arg);
      if (list->type().is(TypeKind::kMap)) {
        lists.push_back(registry_.BindCall("map_keys", {list}, arg->offset));
        lists.push_back(registry_.BindCall("map_values", {list}, arg->offset));
        names.insert(names.end(), {"key", "value"});
        continue;
      }
      if (!list->type().is(TypeKind::kList)) {
        throw Error::User(sqlstate::kDatatypeMismatch, "unnest of a value that is not a list: {}",
                          list->type().ToString())
            .WithPosition(arg->offset);
      }
      lists.push_back(std::move(list));
      names.push_back(name);
    }
  }
  const std::string relation = table.alias.name.empty() ? names[0] : std::string(table.alias.name);
  Bound bound{nullptr, Scope()};
  for (const ColumnId id : scope.correlated()) bound.scope.AddCorrelated(id);
  std::vector<PlanColumn> columns;
  for (size_t i = 0; i < lists.size(); ++i) {
    // PostgreSQL: the single column of a function has the alias's name.
    const std::string column = lists.size() == 1 && !table.alias.name.empty() ? relation : names[i];
    columns.push_back(NewColumn(lists[i]->type().element(), column));
    bound.scope.Add({"", relation, column, columns.back().id, columns.back().type});
  }
  if (table.with_ordinality) {
    columns.push_back(NewColumn(TypeKind::kInt64, "ordinality"));
    bound.scope.Add({"", relation, "ordinality", columns.back().id, columns.back().type});
  }
  LogicalPtr input = FlushApplies(OneRow(), pending);
  std::vector<PlanColumn> all = input->columns();
  all.insert(all.end(), columns.begin(), columns.end());
  bound.plan =
      std::make_shared<LogicalUnnest>(std::move(input), std::move(lists), std::move(all), table.with_ordinality);
  return bound;
}

Binder::Bound Binder::BindDerived(const ast::DerivedTable& table, Scope* outer, Scope* lateral) {
  Scope* around = table.lateral && lateral != nullptr ? lateral : outer;
  std::vector<std::string> names;
  std::vector<ColumnId> correlated;
  Bound bound{BindQuery(*table.query, around, names, correlated), Scope()};
  for (const ColumnId id : correlated) bound.scope.AddCorrelated(id);
  const std::string relation(table.alias.name);
  for (size_t i = 0; i < names.size(); ++i) {
    const PlanColumn& column = bound.plan->columns()[i];
    bound.scope.Add({"", relation, names[i], column.id, column.type});
  }
  return bound;
}

namespace {

JoinKind ToJoinKind(const ast::JoinedTable& join) {
  switch (join.type) {
    case ast::JoinType::kInner:
    case ast::JoinType::kCross:
      return JoinKind::kInner;
    case ast::JoinType::kLeft:
      return JoinKind::kLeft;
    case ast::JoinType::kRight:
      return JoinKind::kRight;
    case ast::JoinType::kFull:
      return JoinKind::kFull;
    case ast::JoinType::kLeftSemi:
    case ast::JoinType::kRightSemi:
      return JoinKind::kSemi;
    case ast::JoinType::kLeftAnti:
    case ast::JoinType::kRightAnti:
      return JoinKind::kAnti;
    case ast::JoinType::kPositional:
      break;
  }
  throw Error::Unsupported("Join on a row number.", "POSITIONAL JOIN is not available").WithPosition(join.offset);
}

}  // namespace

Binder::Bound Binder::BindJoin(const ast::JoinedTable& join, Scope* outer, Scope* lateral) {
  // Chains lean to the left; they are walked in a loop so that their length is not a depth.
  std::vector<const ast::JoinedTable*> chain = {&join};
  while (const auto* left = chain.back()->left->TryAs<ast::JoinedTable>()) {
    if (!left->alias.empty() || left->sample != nullptr) break;
    chain.push_back(left);
  }
  Bound bound = BindTableRef(*chain.back()->left, outer, lateral);
  for (size_t i = chain.size(); i-- > 0;) {
    const ast::JoinedTable& node = *chain[i];
    const JoinKind kind = ToJoinKind(node);
    Scope around(lateral == nullptr ? outer : lateral);
    around.Add(bound.scope);
    Bound right = BindTableRef(*node.right, outer, &around);
    for (const ScopeColumn& column : right.scope.columns()) {
      if (!column.relation.empty() && bound.scope.HasRelation(column.relation)) {
        throw Error::User(sqlstate::kDuplicateAlias, "table name \"{}\" specified more than once", column.relation)
            .WithPosition(node.right->offset);
      }
    }
    std::vector<ColumnId> correlated = OwnColumns(bound.scope, right.scope.correlated());
    if (!correlated.empty() && kind != JoinKind::kInner && kind != JoinKind::kLeft) {
      throw Error::User(sqlstate::kInvalidColumnReference,
                        "the combining JOIN type must be INNER or LEFT for a LATERAL reference")
          .WithPosition(node.offset);
    }
    if (node.asof) {
      if (!correlated.empty()) {
        throw Error::Unsupported("Join with ORDER BY ... LIMIT 1 inside of the LATERAL subquery.",
                                 "ASOF joins with LATERAL are not available")
            .WithPosition(node.offset);
      }
      bound = BindAsof(node, kind, std::move(bound), std::move(right));
      continue;
    }
    if (node.type == ast::JoinType::kRightSemi || node.type == ast::JoinType::kRightAnti) std::swap(bound, right);
    std::vector<std::string> names(node.using_columns.begin(), node.using_columns.end());
    if (node.natural) {
      for (const ScopeColumn& column : bound.scope.columns()) {
        if (column.hidden) continue;
        const ast::Name name[] = {column.name};
        if (right.scope.FindHere(name, node.offset).has_value()) names.push_back(column.name);
      }
    }
    if (!names.empty()) {
      bound = JoinUsing(node, kind, std::move(bound), std::move(right), names);
      continue;
    }
    ExprPtr condition = True();
    if (node.on != nullptr) {
      Scope both(outer);
      both.Add(bound.scope);
      both.Add(right.scope);
      std::vector<PendingApply> pending;
      condition = ExpressionBinder(*this, both, "JOIN/ON", &pending).BindPredicate(*node.on);
      for (const ColumnId id : both.correlated()) bound.scope.AddCorrelated(id);
      if (!pending.empty()) {
        if (kind != JoinKind::kInner && ApplyToSides(pending, bound, right, !correlated.empty())) {
          bound = Combine(kind, std::move(bound), std::move(right), std::move(correlated), std::move(condition));
          continue;
        }
        if (kind != JoinKind::kInner) {
          throw Error::Unsupported("Move the subquery into a derived table.",
                                   "subqueries over both sides in ON of an outer join are not available")
              .WithPosition(node.on->offset);
        }
        // For an inner join ON is a filter over the pairs.
        bound = Combine(kind, std::move(bound), std::move(right), std::move(correlated), True());
        bound.plan = FlushApplies(std::move(bound.plan), pending);
        bound.plan = std::make_shared<LogicalFilter>(std::move(bound.plan), std::move(condition));
        continue;
      }
    }
    bound = Combine(kind, std::move(bound), std::move(right), std::move(correlated), std::move(condition));
  }
  return bound;
}

// Subqueries of a join condition that look at one side only are computed for that side's rows. False: some look at
// both.
bool Binder::ApplyToSides(std::vector<PendingApply>& pending, Bound& left, Bound& right, bool lateral) {
  std::vector<PendingApply> of_left, of_right;
  for (PendingApply& apply : pending) {
    std::vector<ColumnId> used = apply.correlated;
    if (apply.condition != nullptr) {
      VisitExpr(*apply.condition, [&](const Expr& part) {
        if (part.is(ExprKind::kColumn)) used.push_back(part.column_id());
        return true;
      });
    }
    const bool on_left = !OwnColumns(left.scope, used).empty();
    const bool on_right = !OwnColumns(right.scope, used).empty();
    if (on_left && on_right) return false;
    (on_left || lateral ? of_left : of_right).push_back(apply);
    if (lateral && on_right) return false;
  }
  left.plan = FlushApplies(std::move(left.plan), of_left);
  right.plan = FlushApplies(std::move(right.plan), of_right);
  pending.clear();
  return true;
}

// Merged columns come first and are found without a qualifier; each side's own are found by theirs only.
Binder::Bound Binder::JoinUsing(const ast::JoinedTable& join, JoinKind kind, Bound left, Bound right,
                                const std::vector<std::string>& names) {
  std::vector<ExprPtr> conditions;
  std::vector<ScopeColumn> merged;
  std::vector<std::pair<ScopeColumn, ScopeColumn>> pairs;
  for (const std::string& name : names) {
    const ast::Name parts[] = {name};
    const auto in_left = left.scope.FindHere(parts, join.offset);
    const auto in_right = right.scope.FindHere(parts, join.offset);
    if (!in_left.has_value() || !in_right.has_value()) {
      throw Error::User(sqlstate::kUndefinedColumn,
                        "column \"{}\" specified in USING clause does not exist in {} table", name,
                        in_left.has_value() ? "right" : "left")
          .WithPosition(join.offset);
    }
    conditions.push_back(registry_.BindCall("=", {ColumnOf(*in_left), ColumnOf(*in_right)}, join.offset));
    pairs.emplace_back(*in_left, *in_right);
  }
  ExprPtr condition = CombineConjunction(std::move(conditions));
  for (Bound* side : {&left, &right}) {
    for (ScopeColumn& column : side->scope.columns()) {
      if (!column.hidden && std::find(names.begin(), names.end(), column.name) != names.end()) column.hidden = true;
    }
  }
  std::vector<ColumnId> correlated = OwnColumns(left.scope, right.scope.correlated());
  Bound out = Combine(kind, std::move(left), std::move(right), std::move(correlated), std::move(condition));
  if (kind == JoinKind::kFull) {
    // Either side may be missing.
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> columns = out.plan->columns();
    for (const PlanColumn& column : columns) exprs.push_back(Expr::Column(column.id, column.type, column.name));
    for (const auto& [a, b] : pairs) {
      const Type type = registry_.CommonType(a.type, b.type).value_or(a.type);
      ExprPtr first = registry_.BindCast(ColumnOf(a), type, CastRule::kImplicit);
      ExprPtr second = registry_.BindCast(ColumnOf(b), type, CastRule::kImplicit);
      exprs.push_back(Expr::Coalesce({std::move(first), std::move(second)}));
      columns.push_back(NewColumn(type, a.name));
      merged.push_back({"", "", a.name, columns.back().id, type});
    }
    out.plan = std::make_shared<LogicalProject>(std::move(out.plan), std::move(exprs), std::move(columns));
  } else {
    for (const auto& [a, b] : pairs) {
      const ScopeColumn& kept = kind == JoinKind::kRight ? b : a;
      merged.push_back({"", "", kept.name, kept.id, kept.type});
    }
  }
  auto& columns = out.scope.columns();
  columns.insert(columns.begin(), merged.begin(), merged.end());
  return out;
}

}  // namespace weir
