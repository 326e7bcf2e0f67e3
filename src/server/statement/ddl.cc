#include <algorithm>

#include "server/statement/statement.h"
#include "server/system/system_table.h"
#include "sql/binder/bind_type.h"
#include "sql/binder/catalog_name.h"
#include "sql/parser/to_sql.h"

namespace weir {

namespace {

std::string OptionText(const ast::Option& option) {
  if (option.value == nullptr) return "";
  if (const auto* text = option.value->TryAs<ast::StringLiteral>()) return std::string(text->value);
  if (const auto* number = option.value->TryAs<ast::NumberLiteral>()) return std::string(number->text);
  if (const auto* flag = option.value->TryAs<ast::BoolLiteral>()) return flag->value ? "true" : "false";
  return ToSql(*option.value);
}

// ---- tables

class TableMaker {
 public:
  TableMaker(Session& session, TableDef& def) : session_(session), def_(def) {}

  void AddColumn(const ast::ColumnDefinition& column) {
    for (const ColumnDef& known : def_.columns) {
      if (known.name == column.name) {
        throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", column.name)
            .WithPosition(column.offset);
      }
    }
    def_.columns.push_back(MakeColumn(column));
    if (column.primary_key) MakeKey(ast::KeyModel::kPrimary, {&column.name, 1}, column.offset);
  }

  ColumnDef MakeColumn(const ast::ColumnDefinition& column) {
    if (column.type == nullptr) {
      throw Error::User(sqlstate::kSyntaxError, "column needs a type: {}", column.name).WithPosition(column.offset);
    }
    if (column.generated_as != nullptr || column.identity != ast::IdentityKind::kNone || column.auto_increment) {
      throw Error::Unsupported("Compute the value in INSERT ... SELECT, or in a view.",
                               "generated and identity columns are not available: {}", column.name)
          .WithPosition(column.offset);
    }
    if (column.unique || !column.constraints.empty()) {
      throw Error::Unsupported("Leave the constraint out, or check in the query.",
                               "UNIQUE, CHECK and REFERENCES are not available: {}", column.name)
          .WithPosition(column.offset);
    }
    ColumnDef out;
    out.name = std::string(column.name);
    BindContext context = session_.MakeBindContext();
    const StatementContext statement = session_.MakeStatementContext();
    context.statement = &statement;
    const Binder binder(context);
    out.type = binder.CollatedType(binder.ResolveType(*column.type), column.collation);
    out.nullable = column.nullability != ast::Nullability::kNotNull && !column.primary_key;
    if (column.comment.has_value()) out.comment = std::string(*column.comment);
    out.aggregate = std::string(column.aggregate);
    if (column.default_value != nullptr) SetDefault(out, *column.default_value);
    return out;
  }

  void SetDefault(ColumnDef& column, const ast::Expr& expr) {
    BindContext context = session_.MakeBindContext();
    const StatementContext statement = session_.MakeStatementContext();
    context.statement = &statement;
    const Registry& registry = session_.engine().registry();
    const ExprPtr bound =
        registry.BindCast(Binder(context).BindStandalone(expr), column.type, CastRule::kAssignment, expr.offset);
    column.default_sql = ToSql(expr);
    column.default_value.reset();
    if (bound->IsFoldable()) column.default_value = EvaluateConstant(bound, registry, statement);
  }

  FieldId FieldOf(ast::Name name, int64_t position) const {
    for (size_t i = 0; i < def_.columns.size(); ++i) {
      if (def_.columns[i].name == name) return FieldId(static_cast<uint32_t>(i + 1));
    }
    throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" named in key does not exist", name)
        .WithPosition(position);
  }

  void MakeKey(ast::KeyModel model, ast::List<ast::Name> columns, int64_t position) {
    switch (model) {
      case ast::KeyModel::kNone:
        return;
      case ast::KeyModel::kDuplicate:
        def_.kind = TableKind::kDuplicateKey;
        break;
      case ast::KeyModel::kPrimary:
      case ast::KeyModel::kUnique:
      case ast::KeyModel::kAggregate:
        throw Error::Unsupported("Use DUPLICATE KEY (rows are appended); keep the newest with max_by in a view.",
                                 "PRIMARY KEY, UNIQUE KEY and AGGREGATE KEY tables are not available")
            .WithPosition(position);
    }
    for (const ast::Name name : columns) def_.key_columns.push_back(FieldOf(name, position));
    // The key is also the order on disk unless ORDER BY says another.
    if (def_.sort_key.empty()) def_.sort_key = def_.key_columns;
  }

  void MakePartition(const ast::PartitionBy& partition) {
    if (partition.method != ast::PartitionMethod::kExpression) {
      throw Error::Unsupported("Use PARTITION BY date_trunc('day', column) or PARTITION BY (column).",
                               "RANGE and LIST partitions are not available")
          .WithPosition(partition.offset);
    }
    def_.partition.kind = PartitionKind::kExpression;
    for (const ast::Expr* expr : partition.exprs) {
      if (!def_.partition.sql.empty()) def_.partition.sql += ", ";
      def_.partition.sql += ToSql(*expr);
      def_.partition.fields.push_back(MakePartitionField(*expr));
    }
  }

  PartitionField MakePartitionField(const ast::Expr& expr) {
    if (const auto* column = expr.TryAs<ast::ColumnRef>()) {
      const FieldId field = FieldOf(column->last(), expr.offset);
      RefuseEnum(field, "PARTITION BY", expr.offset);
      return {field};
    }
    const auto* call = expr.TryAs<ast::FunctionCall>();
    if (call != nullptr && call->name.last() == "date_trunc" && call->args.size() == 2) {
      const auto* unit = call->args[0]->TryAs<ast::StringLiteral>();
      const auto* column = call->args[1]->TryAs<ast::ColumnRef>();
      if (unit != nullptr && column != nullptr) {
        constexpr std::pair<std::string_view, PartitionTransform> kUnits[] = {{"hour", PartitionTransform::kHour},
                                                                              {"day", PartitionTransform::kDay},
                                                                              {"week", PartitionTransform::kWeek},
                                                                              {"month", PartitionTransform::kMonth},
                                                                              {"year", PartitionTransform::kYear}};
        for (const auto& [name, transform] : kUnits) {
          if (unit->value != name) continue;
          const FieldId field = FieldOf(column->last(), column->offset);
          const Type& type = def_.columns[field.value() - 1].type;
          if (!type.is(TypeKind::kDate) && !type.is_timestamp()) {
            throw Error::User(sqlstate::kInvalidObjectDefinition, "date_trunc partitions a date or timestamp: {} is {}",
                              column->last(), type.ToString())
                .WithPosition(column->offset);
          }
          return {field, transform};
        }
      }
    }
    throw Error::Unsupported("Use a column, or date_trunc with hour, day, week, month or year.",
                             "partition expression is not available: {}", ToSql(expr))
        .WithPosition(expr.offset);
  }

  void MakeDistribution(const ast::Distribution& distribution) {
    constexpr int64_t kBucketsMax = 1024;
    if (distribution.buckets == 0 || distribution.buckets > kBucketsMax) {
      throw Error::User(sqlstate::kInvalidParameterValue, "BUCKETS must be between 1 and {}: {}", kBucketsMax,
                        distribution.buckets)
          .WithPosition(distribution.offset);
    }
    def_.distribution.buckets = distribution.buckets < 0 ? 1 : static_cast<uint32_t>(distribution.buckets);
    for (const ast::Name name : distribution.columns) {
      const FieldId field = FieldOf(name, distribution.offset);
      RefuseEnum(field, "DISTRIBUTED BY HASH", distribution.offset);
      def_.distribution.hash_columns.push_back(field);
    }
  }

  // Where rows lie must not change when labels are added.
  void RefuseEnum(FieldId field, std::string_view clause, int64_t position) const {
    const ColumnDef& column = def_.columns[field.value() - 1];
    if (!column.type.is(TypeKind::kEnum)) return;
    throw Error::Unsupported("Use a text column.", "{} of a column of an enum type is not available: {}", clause,
                             column.name)
        .WithPosition(position);
  }

 private:
  Session& session_;
  TableDef& def_;
};

void Refuse(bool condition, std::string_view hint, std::string_view what, int64_t position) {
  if (condition) throw Error::Unsupported(std::string(hint), "{} is not available", what).WithPosition(position);
}

// Where a new table goes.
struct TablePlace {
  bool temporary = false;
  std::string database;
  std::string schema;
  CatalogPtr catalog;                      // keeps `content`
  const CatalogSchema* content = nullptr;  // null: the schema is only made, by `before`
  std::vector<CatalogChange> before;
};

TablePlace PlaceOf(Session& session, const ast::CreateTable& create) {
  const CatalogPtr catalog = session.ReadCatalog();
  const weir::QualifiedName name = ToCatalogName(create.name);
  TablePlace place;
  place.catalog = catalog;
  place.temporary = create.temporary || session.IsTemporary(name.schema);
  if (!place.temporary) {
    const auto [database, schema] = catalog->GetCreationSchema(name, session.creation_scope());
    place.database = database->name;
    place.schema = schema->name;
    place.content = schema;
    return place;
  }
  if (!name.schema.empty() && !session.IsTemporary(name.schema)) {
    throw Error::User(sqlstate::kInvalidTableDefinition, "cannot create temporary relation in non-temporary schema: {}",
                      name.schema)
        .WithPosition(create.name.offset);
  }
  place.database = session.database();
  place.schema = session.temporary_schema();
  place.content = catalog->FindSchema(place.database, place.schema);
  if (place.content == nullptr) place.before.emplace_back(weir::CreateSchema{place.database, place.schema, true});
  return place;
}

bool Skips(Session& session, const ast::CreateTable& create, const TablePlace& place) {
  const std::string name(create.name.last());
  if (!create.if_not_exists || place.content == nullptr || !place.content->tables.contains(name)) return false;
  session.AddNotice({"NOTICE", std::string(sqlstate::kDuplicateTable),
                     fmt::format("relation \"{}\" already exists, skipping", name), ""});
  return true;
}

}  // namespace

bool SkipsCreateTable(Session& session, const ast::CreateTable& create) {
  const TablePlace place = PlaceOf(session, create);
  const std::string name(create.name.last());
  if (Skips(session, create, place)) return true;
  if (place.content != nullptr && (place.content->tables.contains(name) || place.content->views.contains(name))) {
    throw Error::User(sqlstate::kDuplicateTable, "relation \"{}\" already exists", name);
  }
  return false;
}

std::unique_ptr<StatementExecution> ExecuteCreateTable(Session& session, const ast::CreateTable& create) {
  Refuse(create.on_commit == "delete rows", "Use ON COMMIT DROP, or TRUNCATE it.", "ON COMMIT DELETE ROWS",
         create.offset);
  Refuse(create.external, "Use read_parquet, read_csv or read_json.", "CREATE EXTERNAL TABLE", create.offset);
  Refuse(create.or_replace, "DROP it first.", "CREATE OR REPLACE TABLE", create.offset);
  Refuse(create.has_wildcard || create.format != nullptr || !create.include.empty(), "Use INSERT, COPY or OTLP.",
         "CREATE TABLE over a source", create.offset);
  Refuse(!create.watermarks.empty(), "Leave it out.", "WATERMARK", create.offset);
  const CatalogPtr catalog = session.ReadCatalog();
  const weir::QualifiedName name = ToCatalogName(create.name);
  TablePlace place = PlaceOf(session, create);
  weir::CreateTable change;
  change.database = place.database;
  change.schema = place.schema;
  change.if_not_exists = create.if_not_exists;
  TableDef& def = change.def;
  def.name = name.name;
  if (create.comment.has_value()) def.comment = std::string(*create.comment);
  TableMaker maker(session, def);
  std::optional<BoundStatement> query;
  if (Skips(session, create, place)) return MakeCommandExecution("CREATE TABLE");
  if (!create.like.empty()) {
    const TablePtr like = catalog->GetTable(ToCatalogName(create.like), session.name_scope(), create.like.offset);
    for (ColumnDef column : like->columns) {
      column.id = {};
      column.initial_value.reset();
      def.columns.push_back(std::move(column));
    }
  } else if (create.query != nullptr) {
    // The query's columns, under the names given here if any.
    BindContext context = session.MakeBindContext();
    const StatementContext statement = session.MakeStatementContext();
    const SnapshotPtr snapshot = session.ReadSnapshot();
    context.statement = &statement;
    context.statistics = snapshot.get();
    query = Binder(context).BindTopQuery(*create.query, /*commits=*/false);
    for (size_t i = 0; i < query->names.size(); ++i) {
      ColumnDef column;
      column.name = i < create.columns.size() ? std::string(create.columns[i].name) : query->names[i];
      column.type = query->plan->columns()[i].type;
      for (const ColumnDef& known : def.columns) {
        if (known.name == column.name) {
          throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", column.name)
              .WithHint("Give the columns names of their own with AS.");
        }
      }
      def.columns.push_back(std::move(column));
    }
  } else {
    for (const ast::ColumnDefinition& column : create.columns) maker.AddColumn(column);
  }
  if (def.columns.empty()) {
    throw Error::User(sqlstate::kInvalidTableDefinition, "a table needs at least one column: {}", def.name)
        .WithPosition(create.offset);
  }
  for (const ast::Constraint* constraint : create.constraints) {
    Refuse(constraint->kind != ast::ConstraintKind::kPrimaryKey, "Leave the constraint out.",
           "a UNIQUE, CHECK or FOREIGN KEY constraint", constraint->offset);
    maker.MakeKey(ast::KeyModel::kPrimary, constraint->columns, constraint->offset);
  }
  for (const ast::Name column : create.sort_key) def.sort_key.push_back(maker.FieldOf(column, create.offset));
  maker.MakeKey(create.key_model, create.key_columns, create.offset);
  if (create.partition_by != nullptr) maker.MakePartition(*create.partition_by);
  if (create.distribution != nullptr) maker.MakeDistribution(*create.distribution);
  for (const auto* options : {&create.properties, &create.options}) {
    for (const ast::Option& option : *options) def.properties[std::string(option.name)] = OptionText(option);
  }
  std::vector<CatalogChange> changes = std::move(place.before);
  changes.emplace_back(change);
  session.ApplyDdl(std::move(changes));
  if (place.temporary) session.NoteTemporary(def.name, create.on_commit == "drop");
  if (create.query == nullptr || create.with_no_data) return MakeCommandExecution("CREATE TABLE");

  // The rows follow as a commit of their own; when they fail, the table goes again.
  try {
    const TablePtr made =
        session.ReadCatalog()->GetTable({change.database, change.schema, def.name}, session.name_scope());
    const ColumnId count(query->plan->columns().empty() ? 1 : 0x7FFFFFFF);
    query->plan = std::make_shared<LogicalChange>(
        query->plan,
        RowChange{ChangeKind::kInsert, made->id.value(), made->name, "", made->columns.size(), false, true},
        std::vector<PlanColumn>{{count, TypeKind::kInt64, "count"}});
    QueryOptions options = session.MakeQueryOptions();
    if (session.transaction_status() == TransactionStatus::kOpen) {
      options.on_delta = [&session](CommitKind kind, TableDelta delta) {
        session.ApplyDelta(kind, std::move(delta), {});
      };
    }
    auto execution = std::make_unique<QueryExecution>(PlanRows(session, *query), session.engine().query_services(),
                                                      session.MakeStatementContext(), session.ReadSnapshot(),
                                                      session.engine().memory(),
                                                      session.BeginStatement("CREATE TABLE AS"), std::move(options));
    execution->Start();
    while (execution->Next().has_value()) {
    }
    FinishedQuery finished;
    finished.sqlstate = std::string(sqlstate::kSuccessfulCompletion);
    finished.tag = "CREATE TABLE AS";
    finished.rows = execution->rows_affected();
    session.EndStatement(std::move(finished));
    std::string tag = fmt::format("SELECT {}", execution->rows_affected());
    return MakeCommandExecution(std::move(tag), std::move(execution));
  } catch (...) {
    if (session.transaction_status() != TransactionStatus::kOpen) {
      session.ApplyDdl({weir::DropTable{change.database, change.schema, def.name, true}});
    }
    throw;
  }
}

namespace {

std::vector<CatalogChange> AlterActions(Session& session, const ast::AlterObject& alter, const TableDef& table) {
  std::vector<CatalogChange> changes;
  for (const ast::AlterAction& action : alter.actions) {
    switch (action.kind) {
      case ast::AlterActionKind::kAddColumn:
        for (const ast::ColumnDefinition& column : action.columns) {
          TableDef scratch;
          weir::AddColumn change;
          change.table = table.id;
          change.column = TableMaker(session, scratch).MakeColumn(column);
          change.if_not_exists = action.if_not_exists;
          change.first = action.position == ast::ColumnPosition::kFirst;
          if (action.position == ast::ColumnPosition::kAfter) change.after = std::string(action.position_name);
          // Rows that are there already get the default, as in PostgreSQL.
          change.column.initial_value = change.column.default_value;
          if (!change.column.nullable && !change.column.default_value.has_value()) {
            throw Error::User(sqlstate::kNotNullViolation, "column \"{}\" of relation \"{}\" contains null values",
                              change.column.name, table.name)
                .WithHint("Give it a DEFAULT, or leave NOT NULL out.")
                .WithPosition(column.offset);
          }
          changes.emplace_back(std::move(change));
        }
        break;
      case ast::AlterActionKind::kDropColumn:
        changes.emplace_back(weir::DropColumn{table.id, std::string(action.name), action.if_exists});
        break;
      case ast::AlterActionKind::kRenameColumn:
        changes.emplace_back(weir::RenameColumn{table.id, std::string(action.name), std::string(action.new_name)});
        break;
      case ast::AlterActionKind::kRenameTo:
        changes.emplace_back(weir::RenameTable{table.id, std::string(action.target.last())});
        break;
      case ast::AlterActionKind::kAlterColumnType:
      case ast::AlterActionKind::kSetDefault:
      case ast::AlterActionKind::kDropDefault:
      case ast::AlterActionKind::kDropNotNull: {
        weir::AlterColumn change;
        change.table = table.id;
        change.name = std::string(action.name);
        const ColumnDef* column = table.FindColumn(action.name);
        if (action.kind == ast::AlterActionKind::kAlterColumnType) {
          Refuse(action.expr != nullptr, "Add a column and fill it.", "ALTER COLUMN TYPE ... USING", action.offset);
          const CatalogPtr catalog = session.ReadCatalog();
          const NameScope scope = session.name_scope();
          change.type = ResolveTypeName(*action.type, {catalog.get(), &scope});
        } else if (action.kind == ast::AlterActionKind::kSetDefault) {
          // A column that is missing is refused when the change is made.
          if (column != nullptr) {
            TableDef scratch;
            ColumnDef with_default = *column;
            TableMaker(session, scratch).SetDefault(with_default, *action.expr);
            change.default_sql = with_default.default_sql;
            change.default_value = with_default.default_value;
          }
        } else if (action.kind == ast::AlterActionKind::kDropDefault) {
          change.default_sql = "";
        } else {
          change.nullable = true;
        }
        changes.emplace_back(std::move(change));
        break;
      }
      case ast::AlterActionKind::kSetProperties:
        for (const ast::Option& option : action.options) {
          changes.emplace_back(weir::SetProperty{table.id, std::string(option.name), OptionText(option)});
        }
        break;
      case ast::AlterActionKind::kResetProperties:
        for (const ast::Option& option : action.options) {
          changes.emplace_back(weir::SetProperty{table.id, std::string(option.name), std::nullopt});
        }
        break;
      case ast::AlterActionKind::kSetComment:
        if (action.name.empty()) {
          changes.emplace_back(weir::SetTableComment{table.id, std::string(action.comment.value_or(""))});
        } else {
          weir::AlterColumn change;
          change.table = table.id;
          change.name = std::string(action.name);
          change.comment = std::string(action.comment.value_or(""));
          changes.emplace_back(std::move(change));
        }
        break;
      default:
        throw Error::Unsupported("Create a new table with INSERT ... SELECT.",
                                 "this ALTER TABLE action is not available")
            .WithPosition(action.offset);
    }
  }
  return changes;
}

std::string AlterStatement(Session& session, const ast::AlterObject& alter) {
  if (alter.object == ast::ObjectKind::kFunction) return AlterFunctionStatement(session, alter);
  if (alter.object != ast::ObjectKind::kTable && alter.object != ast::ObjectKind::kView) {
    throw Error::Unsupported("Drop it and create it anew.", "ALTER of this kind of object is not available")
        .WithPosition(alter.offset);
  }
  const CatalogPtr catalog = session.ReadCatalog();
  const auto relation = catalog->FindRelation(ToCatalogName(alter.name), session.name_scope());
  if (!relation.has_value() && alter.if_exists) return "ALTER TABLE";
  if (relation.has_value() && relation->view() != nullptr) {
    std::vector<CatalogChange> changes;
    for (const ast::AlterAction& action : alter.actions) {
      Refuse(action.kind != ast::AlterActionKind::kRenameTo, "Use CREATE OR REPLACE VIEW.", "this ALTER VIEW action",
             action.offset);
      changes.emplace_back(weir::RenameTable{(*relation->view())->id, std::string(action.target.last())});
    }
    session.ApplyDdl(std::move(changes));
    return "ALTER VIEW";
  }
  const TablePtr table = catalog->GetTable(ToCatalogName(alter.name), session.name_scope(), alter.name.offset);
  session.ApplyDdl(AlterActions(session, alter, *table));
  return "ALTER TABLE";
}

// ---- the rest

std::string CreateViewStatement(Session& session, const ast::CreateView& create) {
  Refuse(create.temporary, "Create an ordinary view and drop it.", "CREATE TEMPORARY VIEW", create.offset);
  Refuse(create.recursive, "Leave RECURSIVE out.", "CREATE RECURSIVE VIEW", create.offset);
  const CatalogPtr catalog = session.ReadCatalog();
  const weir::QualifiedName name = ToCatalogName(create.name);
  const NameScope scope = session.creation_scope();
  const auto [database, schema] = catalog->GetCreationSchema(name, scope);
  BindContext context = session.MakeBindContext();
  const StatementContext statement = session.MakeStatementContext();
  context.statement = &statement;
  const BoundStatement bound = Binder(context).BindQueryStatement(*create.query);
  weir::CreateView change;
  change.database = database->name;
  change.schema = schema->name;
  change.or_replace = create.or_replace;
  change.if_not_exists = create.if_not_exists;
  change.def.name = name.name;
  change.def.sql = ToSql(*create.query);
  change.def.search_path = scope.search_path;
  if (create.comment.has_value()) change.def.comment = std::string(*create.comment);
  if (create.columns.size() > bound.names.size()) {
    throw Error::User(sqlstate::kSyntaxError, "CREATE VIEW specifies more column names than columns")
        .WithPosition(create.offset);
  }
  for (size_t i = 0; i < bound.names.size(); ++i) {
    std::string column = i < create.columns.size() ? std::string(create.columns[i].name) : bound.names[i];
    for (const Field& known : change.def.columns) {
      if (known.name == column) {
        throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", column)
            .WithPosition(create.offset);
      }
    }
    change.def.columns.push_back({std::move(column), bound.plan->columns()[i].type});
  }
  session.ApplyDdl({std::move(change)});
  return "CREATE VIEW";
}

// With the functions in it: CASCADE, or 2BP01.
std::vector<CatalogChange> DropSchemaChanges(const Catalog& catalog, weir::DropSchema change) {
  std::vector<CatalogChange> changes = DropFunctionsOf(catalog, change.database, change.name);
  if (!changes.empty() && !change.cascade) {
    throw Error::User("2BP01", "cannot drop schema {} because other objects depend on it", change.name)
        .WithHint("Use DROP ... CASCADE to drop the dependent objects too.");
  }
  changes.emplace_back(
      weir::DropObject{std::string(kSchemaCommentKind), SchemaCommentName(change.database, change.name), true});
  changes.emplace_back(std::move(change));
  return changes;
}

std::string DropStatement(Session& session, const ast::Drop& drop) {
  if (drop.object == ast::ObjectKind::kFunction || drop.object == ast::ObjectKind::kAggregate ||
      drop.object == ast::ObjectKind::kProcedure) {
    return DropFunctionStatement(session, drop);
  }
  std::vector<CatalogChange> changes;
  const CatalogPtr catalog = session.ReadCatalog();
  const NameScope scope = session.name_scope();
  const bool cascade = drop.behavior == ast::DropBehavior::kCascade;
  for (const ast::QualifiedName& written : drop.names) {
    const weir::QualifiedName name = ToCatalogName(written);
    switch (drop.object) {
      case ast::ObjectKind::kDatabase:
        if (name.name == session.database()) {
          throw Error::User(sqlstate::kObjectInUse, "cannot drop the currently open database")
              .WithPosition(written.offset);
        }
        for (CatalogChange& change : DropFunctionsOf(*catalog, name.name, "")) changes.push_back(std::move(change));
        changes.emplace_back(weir::DropDatabase{name.name, drop.if_exists, true});
        break;
      case ast::ObjectKind::kSchema:
        for (CatalogChange& change : DropSchemaChanges(
                 *catalog,
                 {name.schema.empty() ? session.database() : name.schema, name.name, drop.if_exists, cascade})) {
          changes.push_back(std::move(change));
        }
        break;
      case ast::ObjectKind::kTable:
      case ast::ObjectKind::kView: {
        const bool view = drop.object == ast::ObjectKind::kView;
        const auto relation = catalog->FindRelation(name, scope);
        if (!relation.has_value()) {
          if (!drop.if_exists) catalog->GetRelation(name, scope, written.offset);
          session.AddNotice({"NOTICE", "00000",
                             fmt::format("{} \"{}\" does not exist, skipping", view ? "view" : "table", name.name),
                             ""});
          break;
        }
        if ((relation->view() != nullptr) != view || relation->virtual_table() != nullptr) {
          throw Error::User(sqlstate::kWrongObjectType, "\"{}\" is not a {}", name.name, view ? "view" : "table")
              .WithHint(view ? "Use DROP TABLE." : "Use DROP VIEW.")
              .WithPosition(written.offset);
        }
        if (view) {
          changes.emplace_back(weir::DropView{relation->database, relation->schema, relation->name, drop.if_exists});
        } else {
          changes.emplace_back(weir::DropTable{relation->database, relation->schema, relation->name, drop.if_exists});
        }
        break;
      }
      default:
        throw Error::Unsupported("Weir has databases, schemas, tables, views and users.",
                                 "DROP of this kind of object is not available")
            .WithPosition(drop.offset);
    }
  }
  for (CatalogChange& change : DropRoleChanges(session, drop.roles, drop.if_exists)) {
    changes.push_back(std::move(change));
  }
  if (!changes.empty()) session.ApplyDdl(std::move(changes));
  if (!drop.roles.empty()) return "DROP ROLE";
  constexpr std::pair<ast::ObjectKind, std::string_view> kTags[] = {{ast::ObjectKind::kDatabase, "DROP DATABASE"},
                                                                    {ast::ObjectKind::kSchema, "DROP SCHEMA"},
                                                                    {ast::ObjectKind::kView, "DROP VIEW"}};
  for (const auto& [kind, tag] : kTags) {
    if (kind == drop.object) return std::string(tag);
  }
  return "DROP TABLE";
}

std::string TruncateStatement(Session& session, const ast::Truncate& truncate) {
  Refuse(!truncate.partitions.empty(), "DELETE with a condition on the partition's columns.", "TRUNCATE of a partition",
         truncate.offset);
  session.RequireWritable();
  const CatalogPtr catalog = session.ReadCatalog();
  for (const ast::QualifiedName& name : truncate.tables) {
    const TablePtr table = catalog->GetTable(ToCatalogName(name), session.name_scope(), name.offset);
    TableDelta delta;
    delta.table = table->id;
    delta.truncate = true;
    session.ApplyDelta(CommitKind::kTruncate, std::move(delta), {});
  }
  return "TRUNCATE TABLE";
}

std::string CommentOnSchema(Session& session, const ast::CommentOn& comment, const std::string& text) {
  const weir::QualifiedName name = ToCatalogName(comment.name);
  const std::string& database = name.schema.empty() ? session.database() : name.schema;
  if (session.ReadCatalog()->FindSchema(database, name.name) == nullptr) {
    throw Error::User(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name.name)
        .WithPosition(comment.name.offset);
  }
  std::string key = SchemaCommentName(database, name.name);
  if (text.empty()) {
    session.ApplyDdl({weir::DropObject{std::string(kSchemaCommentKind), std::move(key), true}});
  } else {
    session.ApplyDdl({weir::PutObject{std::string(kSchemaCommentKind), std::move(key), text, false}});
  }
  return "COMMENT";
}

std::string CommentStatement(Session& session, const ast::CommentOn& comment) {
  const CatalogPtr catalog = session.ReadCatalog();
  const std::string text(comment.comment.value_or(""));
  if (comment.object == ast::ObjectKind::kFunction) return CommentOnFunction(session, comment);
  if (comment.object == ast::ObjectKind::kColumn) {
    weir::QualifiedName name;
    const auto& parts = comment.name.parts;
    if (parts.size() < 2)
      throw Error::User(sqlstate::kSyntaxError, "column name must be qualified").WithPosition(comment.offset);
    name.name = std::string(parts[parts.size() - 2]);
    if (parts.size() > 2) name.schema = std::string(parts[parts.size() - 3]);
    weir::AlterColumn change;
    const Relation relation = catalog->GetRelation(name, session.name_scope(), comment.name.offset);
    if (relation.table() == nullptr) {
      throw Error::Unsupported("Comment on the view.", "comments on columns of views are not available")
          .WithPosition(comment.name.offset);
    }
    change.table = (*relation.table())->id;
    change.name = std::string(parts.back());
    change.comment = text;
    session.ApplyDdl({std::move(change)});
    return "COMMENT";
  }
  if (comment.object == ast::ObjectKind::kSchema) return CommentOnSchema(session, comment, text);
  const Relation relation =
      catalog->GetRelation(ToCatalogName(comment.name), session.name_scope(), comment.name.offset);
  const bool wants_view = comment.object == ast::ObjectKind::kView;
  if ((wants_view || comment.object == ast::ObjectKind::kTable) && wants_view != (relation.view() != nullptr)) {
    throw Error::User(sqlstate::kWrongObjectType, "\"{}\" is not a {}", relation.name, wants_view ? "view" : "table")
        .WithPosition(comment.name.offset);
  }
  if (relation.table() == nullptr && relation.view() == nullptr) {
    throw Error::User(sqlstate::kWrongObjectType, "system tables cannot be commented on");
  }
  const TableId id = relation.table() != nullptr ? (*relation.table())->id : (*relation.view())->id;
  session.ApplyDdl({weir::SetTableComment{id, text}});
  return "COMMENT";
}

}  // namespace

bool IsDdl(const ast::Statement& statement) {
  if (IsTypeDdl(statement)) return true;
  switch (statement.kind) {
    case ast::StatementKind::kCreateDatabase:
    case ast::StatementKind::kCreateSchema:
    case ast::StatementKind::kCreateView:
    case ast::StatementKind::kCreateFunction:
    case ast::StatementKind::kDrop:
    case ast::StatementKind::kAlterObject:
    case ast::StatementKind::kTruncate:
    case ast::StatementKind::kCommentOn:
      return true;
    default:
      return false;
  }
}

std::string ExecuteDdl(Session& session, const ast::Statement& statement) {
  session.storage();
  if (IsTypeDdl(statement)) return ExecuteTypeDdl(session, statement);
  switch (statement.kind) {
    case ast::StatementKind::kCreateDatabase: {
      const auto& create = statement.As<ast::CreateDatabase>();
      session.ApplyDdl({weir::CreateDatabase{std::string(create.name.last()), create.if_not_exists,
                                             std::string(create.comment.value_or(""))}});
      return "CREATE DATABASE";
    }
    case ast::StatementKind::kCreateSchema: {
      const auto& create = statement.As<ast::CreateSchema>();
      const weir::QualifiedName name = ToCatalogName(create.name);
      session.ApplyDdl({weir::CreateSchema{name.schema.empty() ? session.database() : name.schema, name.name,
                                           create.if_not_exists}});
      return "CREATE SCHEMA";
    }
    case ast::StatementKind::kCreateView:
      return CreateViewStatement(session, statement.As<ast::CreateView>());
    case ast::StatementKind::kCreateFunction:
      return CreateFunctionStatement(session, statement.As<ast::CreateFunction>());
    case ast::StatementKind::kDrop:
      return DropStatement(session, statement.As<ast::Drop>());
    case ast::StatementKind::kAlterObject:
      return AlterStatement(session, statement.As<ast::AlterObject>());
    case ast::StatementKind::kTruncate:
      return TruncateStatement(session, statement.As<ast::Truncate>());
    default:
      return CommentStatement(session, statement.As<ast::CommentOn>());
  }
}

}  // namespace weir
