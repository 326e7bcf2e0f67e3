#include <algorithm>

#include "catalog/shredding.h"
#include "sql/binder/bind_type.h"
#include "sql/binder/catalog_name.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/select_binder.h"

namespace weir {

namespace {

constexpr int kViewDepthMax = 100;

ExprPtr True() {
  return Expr::Literal(Value::Boolean(true));
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
  if (!from.empty()) CheckCount(from.size() + 1, "tables in FROM", from.back()->offset);
  for (const ast::TableRef* table : from) {
    Bound next = BindTableRef(*table, outer, &bound.scope);
    for (const ScopeColumn& column : next.scope.columns()) {
      if (!column.relation.empty() && bound.scope.HasRelation(column.relation)) {
        throw Error::User(sqlstate::kDuplicateAlias, "table name \"{}\" specified more than once", column.relation)
            .WithPosition(table->offset);
      }
    }
    std::vector<ColumnId> correlated = bound.scope.OwnOf(next.scope.correlated());
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
    std::erase_if(bound.scope.columns(), [](const ScopeColumn& column) { return column.hidden && !column.whole_row; });
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
  try {
    return BindRelation(relation, table.name.last());
  } catch (Error& error) {
    error.set_position_if_unset(table.offset);
    throw;
  }
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
    if (context_.dependencies != nullptr) context_.dependencies->relations.insert((*table)->id);
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
    throw Error::User(sqlstate::kStatementTooComplex, "views nested too deeply: more than {}", kViewDepthMax)
        .WithHint("Make one of them a table with CREATE TABLE AS.");
  }
  BindContext context = context_;
  context.names.database = relation.database;
  context.names.search_path = view.search_path;
  if (context.dependencies != nullptr) context.dependencies->relations.insert(view.id);
  context.dependencies = nullptr;
  context.dialect = Dialect::kPostgres;
  const auto statements = ParseStatements(view.sql);
  WEIR_CHECK(statements.size() == 1 && statements[0]->kind == ast::StatementKind::kQueryStatement);
  // A binder of its own: the view sees neither our CTEs nor our parameters, but shares the ids.
  Binder binder(context);
  binder.ids_ = ids_;
  binder.view_depth_ = view_depth_;
  BoundStatement bound;
  try {
    bound = binder.BindQueryStatement(*statements[0]->As<ast::QueryStatement>().query);
  } catch (Error& error) {
    // Places in the view's text are none in the statement's.
    throw Error(error).WithPosition(-1);
  }
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

namespace {

bool IsRecordFunction(std::string_view name) {
  return name == "json_to_record" || name == "jsonb_to_record" || name == "json_to_recordset" ||
         name == "jsonb_to_recordset";
}

}  // namespace

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
  if (table.rows_from || name == "unnest" || name == "generate_series" || IsRecordFunction(name) ||
      registry_.FindFunction(name) != nullptr) {
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
ExprPtr Binder::BindSeries(std::vector<ExprPtr> bounds, int64_t position) {
  // Open parameters are of the type of the others.
  for (const ExprPtr& known : std::vector<ExprPtr>(bounds)) {
    const Type& type = known->type();
    if (type.is(TypeKind::kUnknown) || type.is(TypeKind::kInterval)) continue;
    for (size_t i = 0; i < bounds.size(); ++i) {
      bounds[i] = Settle(bounds[i], i == 2 && type.is_temporal() ? Type(TypeKind::kInterval) : type);
    }
    break;
  }
  if (bounds.size() == 2 && (bounds[0]->type().is_integer() || bounds[1]->type().is_integer())) {
    bounds.push_back(Expr::Literal(Value::Int32(1)));
  }
  const bool narrow = std::all_of(bounds.begin(), bounds.end(), [](const ExprPtr& bound) {
    return bound->type().is(TypeKind::kInt32) || bound->type().is(TypeKind::kInt16) ||
           bound->type().is(TypeKind::kInt8) || bound->type().is(TypeKind::kUnknown);
  });
  ExprPtr list = registry_.BindCall("array_generate", std::move(bounds), position);
  if (!narrow || !list->type().element().is(TypeKind::kInt64)) return list;
  return registry_.BindCast(list, Type::List(TypeKind::kInt32), CastRule::kExplicit, position);
}

// json_to_record(j) AS t(a int, b text): the types come from the column definitions.
ExprPtr Binder::BindRecordFunction(ExpressionBinder& binder, const ast::FunctionCall& call,
                                   const ast::TableAlias& alias, std::string_view name) const {
  if (alias.types.empty()) {
    throw Error::User(sqlstate::kSyntaxError, "a column definition list is required for functions returning \"record\"")
        .WithPosition(call.offset);
  }
  if (call.args.size() != 1) {
    throw Error::User(sqlstate::kUndefinedFunction, "{} takes one argument", name).WithPosition(call.offset);
  }
  std::vector<Field> fields;
  for (size_t i = 0; i < alias.types.size(); ++i) {
    fields.push_back({std::string(alias.columns[i]), ResolveType(*alias.types[i])});
  }
  const std::string_view populate = name.ends_with("set") ? "json_populate_recordset" : "json_populate_record";
  return registry_.BindCall(
      populate, {Expr::Literal(Value::Null(Type::Struct(std::move(fields)))), binder.Bind(*call.args[0])}, call.offset);
}

Binder::Bound Binder::BindUnnest(const ast::TableFunction& table, const std::vector<const ast::FunctionCall*>& calls,
                                 Scope* outer) {
  Scope scope(outer);
  std::vector<PendingApply> pending;
  ExpressionBinder binder(*this, scope, "FROM", &pending);
  std::vector<ExprPtr> lists;
  std::vector<std::string> names;
  bool is_record = false;  // columns have names of their own
  for (const ast::FunctionCall* call : calls) {
    const std::string name(call->name.last());
    if (name != "unnest") {
      ExprPtr list;
      if (name == "generate_series") {
        std::vector<ExprPtr> bounds;
        for (const ast::Expr* arg : call->args) bounds.push_back(binder.Bind(*arg));
        list = BindSeries(std::move(bounds), call->offset);
      } else if (IsRecordFunction(name)) {
        list = BindRecordFunction(binder, *call, table.alias, name);
      } else {
        list = binder.Bind(*call);
      }
      if (name.find("to_record") != std::string::npos || name.find("populate_record") != std::string::npos) {
        if (!list->type().is(TypeKind::kList)) list = registry_.BindCall("array", {std::move(list)}, call->offset);
        is_record = true;
        for (const Field& field : list->type().element().fields()) {
          const ExprPtr key = Expr::Literal(Value::String(field.name));
          lists.push_back(registry_.BindCall("array_field", {list, key}, call->offset));
          names.push_back(field.name);
        }
        continue;
      }
      // json_each and its like: rows of key and value.
      if (list->type().is(TypeKind::kMap) && name.find("_each") != std::string::npos) {
        lists.push_back(registry_.BindCall("map_keys", {list}, call->offset));
        lists.push_back(registry_.BindCall("map_values", {list}, call->offset));
        names.insert(names.end(), {"key", "value"});
        continue;
      }
      // A function that gives one value is a table of one row, also when the value is a list.
      if (!list->type().is(TypeKind::kList) || !GivesRows(name))
        list = registry_.BindCall("array", {std::move(list)}, call->offset);
      lists.push_back(std::move(list));
      // PostgreSQL's name of what these give.
      is_record |= name.find("array_elements") != std::string::npos;
      names.push_back(name.find("array_elements") != std::string::npos ? "value" : name);
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
        throw Error::User(sqlstate::kDatatypeMismatch, "unnest of a value that is not a list: {}", list->type().Name())
            .WithPosition(arg->offset);
      }
      lists.push_back(std::move(list));
      names.push_back(name);
    }
  }
  const std::string function(calls[0]->name.last());
  const std::string first = is_record || names.empty() ? function : names[0];
  const std::string relation = table.alias.name.empty() ? first : std::string(table.alias.name);
  Bound bound{nullptr, Scope()};
  for (const ColumnId id : scope.correlated()) bound.scope.AddCorrelated(id);
  std::vector<PlanColumn> columns;
  for (size_t i = 0; i < lists.size(); ++i) {
    // PostgreSQL: the single column of a function has the alias's name.
    const bool one = lists.size() == 1 && !table.alias.name.empty() && !is_record;
    const std::string column = one ? relation : names[i];
    columns.push_back(NewColumn(lists[i]->type().element(), column));
    bound.scope.Add({"", relation, column, columns.back().id, columns.back().type});
  }
  // The alias means the value too.
  if (is_record && lists.size() == 1 && !table.alias.name.empty() && table.alias.columns.empty()) {
    bound.scope.Add({"", relation, relation, columns[0].id, columns[0].type, true, true});
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
  if (calls.size() == 1 && names[0] != "unnest" && columns[0].type.is(TypeKind::kStruct)) SplitRows(bound, relation);
  return bound;
}

// The first column, a struct, becomes its fields: rows of a function that gives several columns.
void Binder::SplitRows(Bound& bound, const std::string& relation) {
  const ScopeColumn rows = bound.scope.columns()[0];
  const ExprPtr base = Expr::Column(rows.id, rows.type, rows.name);
  std::vector<ExprPtr> exprs;
  std::vector<PlanColumn> columns;
  std::vector<ScopeColumn> visible;
  const auto add = [&](ExprPtr expr, const std::string& name) {
    columns.push_back(NewColumn(expr->type(), name));
    visible.push_back({"", relation, name, columns.back().id, expr->type()});
    exprs.push_back(std::move(expr));
  };
  for (const Field& field : rows.type.fields()) {
    add(registry_.BindCall("struct_extract", {base, Expr::Literal(Value::String(field.name))}), field.name);
  }
  for (size_t i = 1; i < bound.scope.columns().size(); ++i) {
    const ScopeColumn& other = bound.scope.columns()[i];
    add(Expr::Column(other.id, other.type, other.name), other.name);
  }
  bound.plan = std::make_shared<LogicalProject>(std::move(bound.plan), std::move(exprs), std::move(columns));
  bound.scope.columns() = std::move(visible);
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

}  // namespace weir
