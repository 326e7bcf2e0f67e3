#include "catalog/catalog_editor.h"

#include "catalog/column_distribution.h"

#include <algorithm>

#include "catalog/shredding.h"

namespace weir {

namespace {

constexpr size_t kNameBytesMax = 255;
constexpr size_t kColumnsMax = 10'000;

void CheckName(std::string_view what, std::string_view name) {
  if (name.empty()) throw Error::User(sqlstate::kSyntaxError, "name is empty: of the {}", what);
  if (name.size() > kNameBytesMax) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "name is longer than {} bytes: {}", kNameBytesMax, name);
  }
}

// The fields that definitions refer to must be columns of the table.
void CheckReferences(const TableDef& table) {
  const auto check = [&](FieldId id, std::string_view what) {
    if (table.FindColumn(id) == nullptr) {
      throw Error::User(sqlstate::kInvalidTableDefinition, "{} refers to a column that the table has not: {}", what,
                        table.name);
    }
  };
  for (const FieldId id : table.key_columns) check(id, "key");
  for (const FieldId id : table.sort_key) check(id, "sort key");
  for (const FieldId id : table.distribution.hash_columns) check(id, "distribution");
  for (const PartitionField& field : table.partition.fields) check(field.column, "partition");
}

bool IsReferred(const TableDef& table, FieldId id) {
  const auto has = [&](const std::vector<FieldId>& ids) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  return has(table.key_columns) || has(table.sort_key) || has(table.distribution.hash_columns) ||
         std::any_of(table.partition.fields.begin(), table.partition.fields.end(),
                     [&](const PartitionField& field) { return field.column == id; });
}

std::string ColumnHint(const TableDef& table, std::string_view name) {
  std::vector<std::string> names;
  for (const ColumnDef& column : table.columns) names.push_back(column.name);
  return DidYouMean(name, names);
}

size_t RequireColumn(const TableDef& table, std::string_view name) {
  const ColumnDef* column = table.FindColumn(name);
  if (column == nullptr) {
    throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", name, table.name)
        .WithHint(ColumnHint(table, name));
  }
  return static_cast<size_t>(column - table.columns.data());
}

// Whether every value of `from` is one of `to`, so that segments written before can be read as the new type.
bool Widens(const Type& from, const Type& to) {
  if (from == to) return true;
  if (from.is_integer() && to.is_integer()) return to.kind() >= from.kind();
  if (from.is(TypeKind::kFloat) && to.is(TypeKind::kDouble)) return true;
  if (from.is(TypeKind::kVarchar) && to.is(TypeKind::kVarchar)) {
    return to.max_length() == 0 || (from.max_length() != 0 && from.max_length() <= to.max_length());
  }
  if (from.is(TypeKind::kDecimal) && to.is(TypeKind::kDecimal)) {
    return from.scale() == to.scale() && from.precision() <= to.precision();
  }
  return false;
}

}  // namespace

CatalogEditor::CatalogEditor(const Catalog& before, Version version)
    : before_(before), version_(version), after_(new Catalog(before)) {}

CatalogPtr CatalogEditor::Take() {
  if (!changed_) return nullptr;
  after_->version_ = version_;
  return std::move(after_);
}

CatalogDatabase& CatalogEditor::EditDatabase(std::string_view name) {
  before_.GetDatabase(name);
  auto& slot = after_->databases_.find(name)->second;
  auto copy = std::make_shared<CatalogDatabase>(*slot);
  CatalogDatabase& out = *copy;
  slot = std::move(copy);
  changed_ = true;
  return out;
}

CatalogSchema& CatalogEditor::EditSchema(std::string_view database, std::string_view schema) {
  before_.GetSchema(database, schema);
  auto& slot = EditDatabase(database).schemas.find(schema)->second;
  auto copy = std::make_shared<CatalogSchema>(*slot);
  CatalogSchema& out = *copy;
  slot = std::move(copy);
  return out;
}

std::map<TableId, Catalog::Location>& CatalogEditor::EditLocations() {
  auto copy = std::make_shared<std::map<TableId, Catalog::Location>>(*after_->locations_);
  auto& out = *copy;
  after_->locations_ = std::move(copy);
  return out;
}

bool CatalogEditor::NameTaken(const CatalogSchema& schema, std::string_view name, bool if_not_exists) const {
  if (schema.tables.find(name) == schema.tables.end() && schema.views.find(name) == schema.views.end()) return false;
  if (if_not_exists) return true;
  throw Error::User(sqlstate::kDuplicateTable, "relation \"{}\" already exists", name);
}

TableDef CatalogEditor::CopyTable(TableId table) const {
  return *before_.GetTable(table);
}

void CatalogEditor::ReplaceTable(TableDef table) {
  const Catalog::Location location = before_.locations_->at(table.id);
  table.changed_version = version_;
  auto& schema = EditSchema(location.database, location.schema);
  schema.tables[location.name] = std::make_shared<const TableDef>(std::move(table));
}

void CatalogEditor::ForgetSchema(const CatalogSchema& schema) {
  for (const auto& [name, table] : schema.tables) ForgetTable(table->id);
  auto& locations = EditLocations();
  for (const auto& [name, view] : schema.views) locations.erase(view->id);
}

void CatalogEditor::ForgetTable(TableId table) {
  EditLocations().erase(table);
  const std::pair<std::string, std::string> key(kDistributionKind, DistributionName(table));
  if (!after_->objects_->contains(key)) return;
  auto objects = std::make_shared<Catalog::Objects>(*after_->objects_);
  objects->erase(key);
  after_->objects_ = std::move(objects);
}

void CatalogEditor::operator()(const CreateDatabase& change) {
  CheckName("database", change.name);
  if (before_.FindDatabase(change.name) != nullptr) {
    if (change.if_not_exists) return;
    throw Error::User(sqlstate::kDuplicateDatabase, "database \"{}\" already exists", change.name);
  }
  auto schema = std::make_shared<CatalogSchema>();
  auto database = std::make_shared<CatalogDatabase>();
  database->id = DatabaseId(after_->next_id_++);
  database->name = change.name;
  database->comment = change.comment;
  schema->id = SchemaId(after_->next_id_++);
  schema->name = kDefaultSchema;
  database->schemas[schema->name] = std::move(schema);
  after_->databases_[change.name] = std::move(database);
  changed_ = true;
}

void CatalogEditor::operator()(const DropDatabase& change) {
  const CatalogDatabase* database = before_.FindDatabase(change.name);
  if (database == nullptr && change.if_exists) return;
  before_.GetDatabase(change.name);
  if (change.name == kDefaultDatabase) {
    throw Error::User(sqlstate::kReservedName, "the default database cannot be dropped: {}", change.name);
  }
  for (const auto& [name, schema] : database->schemas) {
    if (!change.cascade && (!schema->tables.empty() || !schema->views.empty() || HasTypes(change.name, name))) {
      throw Error::User(sqlstate::kObjectInUse, "database is not empty: {}", change.name)
          .WithHint("use DROP DATABASE ... CASCADE to drop its tables too");
    }
    ForgetSchema(*schema);
    ForgetTypes(change.name, name);
  }
  after_->databases_.erase(change.name);
  changed_ = true;
}

void CatalogEditor::operator()(const CreateSchema& change) {
  CheckName("schema", change.name);
  const CatalogDatabase& database = before_.GetDatabase(change.database);
  if (database.schemas.find(change.name) != database.schemas.end() || before_.virtual_tables().HasSchema(change.name)) {
    if (change.if_not_exists) return;
    throw Error::User(sqlstate::kDuplicateSchema, "schema \"{}\" already exists", change.name);
  }
  auto schema = std::make_shared<CatalogSchema>();
  schema->id = SchemaId(after_->next_id_++);
  schema->name = change.name;
  EditDatabase(change.database).schemas[change.name] = std::move(schema);
}

void CatalogEditor::operator()(const DropSchema& change) {
  const CatalogSchema* schema = before_.FindSchema(change.database, change.name);
  if (schema == nullptr && change.if_exists) return;
  before_.GetSchema(change.database, change.name);
  if (!change.cascade &&
      (!schema->tables.empty() || !schema->views.empty() || HasTypes(change.database, change.name))) {
    constexpr std::string_view kDependentObjectsStillExist = "2BP01";
    throw Error::User(kDependentObjectsStillExist, "cannot drop schema {} because other objects depend on it",
                      change.name)
        .WithHint("Use DROP ... CASCADE to drop the dependent objects too.");
  }
  ForgetSchema(*schema);
  ForgetTypes(change.database, change.name);
  auto& schemas = EditDatabase(change.database).schemas;
  schemas.erase(schemas.find(change.name));
}

void CatalogEditor::operator()(const CreateTable& change) {
  CheckName("table", change.def.name);
  const CatalogSchema& in = before_.GetSchema(change.database, change.schema);
  if (NameTaken(in, change.def.name, change.if_not_exists)) return;
  if (change.def.columns.empty()) {
    throw Error::User(sqlstate::kInvalidTableDefinition, "table has no columns: {}", change.def.name);
  }
  if (change.def.columns.size() > kColumnsMax) {
    throw Error::User(sqlstate::kTooManyColumns, "table has more than {} columns: {}", kColumnsMax, change.def.name);
  }
  TableDef table = change.def;
  uint32_t next_field = 1;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    ColumnDef& column = table.columns[i];
    CheckName("column", column.name);
    for (size_t k = 0; k < i; ++k) {
      if (table.columns[k].name == column.name) {
        throw Error::User(sqlstate::kDuplicateColumn, "column is named more than once: {}", column.name);
      }
    }
    if (column.type.is(TypeKind::kUnknown)) {
      throw Error::User(sqlstate::kInvalidTableDefinition, "column has no type: {}", column.name);
    }
    column.id = FieldId(next_field++);
  }
  table.next_field = FieldId(next_field);
  CheckReferences(table);
  CheckShredding(table);
  CatalogSchema& schema = EditSchema(change.database, change.schema);
  table.id = TableId(after_->next_id_++);
  table.database = before_.GetDatabase(change.database).id;
  table.schema = schema.id;
  table.created_version = version_;
  table.changed_version = version_;
  EditLocations()[table.id] = {change.database, change.schema, table.name, false};
  std::string name = table.name;
  schema.tables[std::move(name)] = std::make_shared<const TableDef>(std::move(table));
}

void CatalogEditor::operator()(const DropTable& change) {
  const CatalogSchema* in = before_.FindSchema(change.database, change.schema);
  if (in == nullptr && change.if_exists) return;
  before_.GetSchema(change.database, change.schema);
  const auto found = in->tables.find(change.name);
  if (found == in->tables.end()) {
    if (in->views.find(change.name) != in->views.end()) {
      throw Error::User(sqlstate::kWrongObjectType, "not a table: {}", change.name)
          .WithHint("use DROP VIEW to remove a view");
    }
    if (change.if_exists) return;
    throw Error::User(sqlstate::kUndefinedTable, "table does not exist: {}", change.name);
  }
  ForgetTable(found->second->id);
  auto& tables = EditSchema(change.database, change.schema).tables;
  tables.erase(tables.find(change.name));
}

void CatalogEditor::operator()(const RenameTable& change) {
  CheckName("table", change.new_name);
  const auto at = before_.locations_->find(change.table);
  if (at == before_.locations_->end()) {
    throw Error::User(sqlstate::kUndefinedTable, "table does not exist any more: id {}", change.table);
  }
  const Catalog::Location location = at->second;
  if (location.name == change.new_name) return;
  CatalogSchema& schema = EditSchema(location.database, location.schema);
  NameTaken(schema, change.new_name, false);
  EditLocations()[change.table].name = change.new_name;
  if (location.is_view) {
    ViewDef view = *schema.views.find(location.name)->second;
    view.name = change.new_name;
    schema.views.erase(location.name);
    schema.views[change.new_name] = std::make_shared<const ViewDef>(std::move(view));
    return;
  }
  TableDef table = *schema.tables.find(location.name)->second;
  table.name = change.new_name;
  table.changed_version = version_;
  schema.tables.erase(location.name);
  schema.tables[change.new_name] = std::make_shared<const TableDef>(std::move(table));
}

void CatalogEditor::operator()(const CreateView& change) {
  CheckName("view", change.def.name);
  const CatalogSchema& in = before_.GetSchema(change.database, change.schema);
  const auto old = in.views.find(change.def.name);
  const bool replaces = change.or_replace && old != in.views.end();
  if (!replaces && NameTaken(in, change.def.name, change.if_not_exists)) return;
  ViewDef view = change.def;
  view.id = replaces ? old->second->id : TableId(after_->next_id_++);
  view.database = before_.GetDatabase(change.database).id;
  view.schema = in.id;
  view.created_version = version_;
  if (!replaces) EditLocations()[view.id] = {change.database, change.schema, view.name, true};
  std::string name = view.name;
  EditSchema(change.database, change.schema).views[std::move(name)] = std::make_shared<const ViewDef>(std::move(view));
}

void CatalogEditor::operator()(const DropView& change) {
  const CatalogSchema* in = before_.FindSchema(change.database, change.schema);
  if (in == nullptr && change.if_exists) return;
  before_.GetSchema(change.database, change.schema);
  const auto found = in->views.find(change.name);
  if (found == in->views.end()) {
    if (in->tables.find(change.name) != in->tables.end()) {
      throw Error::User(sqlstate::kWrongObjectType, "not a view: {}", change.name)
          .WithHint("use DROP TABLE to remove a table");
    }
    if (change.if_exists) return;
    throw Error::User(sqlstate::kUndefinedTable, "view does not exist: {}", change.name);
  }
  EditLocations().erase(found->second->id);
  auto& views = EditSchema(change.database, change.schema).views;
  views.erase(views.find(change.name));
}

void CatalogEditor::operator()(const AddColumn& change) {
  TableDef table = CopyTable(change.table);
  CheckName("column", change.column.name);
  if (table.FindColumn(change.column.name) != nullptr) {
    if (change.if_not_exists) return;
    throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" of relation \"{}\" already exists", change.column.name,
                      table.name);
  }
  if (table.columns.size() >= kColumnsMax) {
    throw Error::User(sqlstate::kTooManyColumns, "table would have more than {} columns: {}", kColumnsMax, table.name);
  }
  ColumnDef column = change.column;
  column.id = table.next_field;
  table.next_field = table.next_field.next();
  if (!column.initial_value.has_value()) column.initial_value = column.default_value;
  if (!column.nullable && (!column.initial_value.has_value() || column.initial_value->is_null())) {
    throw Error::User(sqlstate::kNotNullViolation, "a NOT NULL column needs a constant default: {}.{}", table.name,
                      column.name)
        .WithHint("add DEFAULT, or leave out NOT NULL");
  }
  size_t at = table.columns.size();
  if (change.first) at = 0;
  if (!change.after.empty()) at = RequireColumn(table, change.after) + 1;
  table.columns.insert(table.columns.begin() + static_cast<ptrdiff_t>(at), std::move(column));
  ReplaceTable(std::move(table));
}

void CatalogEditor::operator()(const DropColumn& change) {
  TableDef table = CopyTable(change.table);
  if (change.if_exists && table.FindColumn(change.name) == nullptr) return;
  const size_t at = RequireColumn(table, change.name);
  if (IsReferred(table, table.columns[at].id)) {
    throw Error::User(sqlstate::kInvalidTableDefinition, "column is part of the table's keys or layout: {}.{}",
                      table.name, change.name);
  }
  if (table.columns.size() == 1) {
    throw Error::User(sqlstate::kInvalidTableDefinition, "a table's last column cannot be dropped: {}.{}", table.name,
                      change.name);
  }
  table.columns.erase(table.columns.begin() + static_cast<ptrdiff_t>(at));
  DropFromShredding(table, change.name);
  ReplaceTable(std::move(table));
}

void CatalogEditor::operator()(const RenameColumn& change) {
  TableDef table = CopyTable(change.table);
  CheckName("column", change.new_name);
  const size_t at = RequireColumn(table, change.name);
  if (change.name == change.new_name) return;
  if (table.FindColumn(change.new_name) != nullptr) {
    throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" of relation \"{}\" already exists", change.new_name,
                      table.name);
  }
  table.columns[at].name = change.new_name;
  RenameInShredding(table, change.name, change.new_name);
  ReplaceTable(std::move(table));
}

void CatalogEditor::operator()(const AlterColumn& change) {
  TableDef table = CopyTable(change.table);
  ColumnDef& column = table.columns[RequireColumn(table, change.name)];
  if (change.type.has_value() && !(*change.type == column.type)) {
    if (!Widens(column.type, *change.type)) {
      throw Error::Unsupported("copy the table with CREATE TABLE ... AS SELECT",
                               "column type can only be widened: {} from {} to {}", change.name, column.type.ToString(),
                               change.type->ToString());
    }
    column.type = *change.type;
    if (column.initial_value.has_value()) column.initial_value.reset();
    column.default_value.reset();
  }
  if (change.nullable.has_value()) {
    if (!*change.nullable && column.nullable) {
      throw Error::Unsupported("copy the table with CREATE TABLE ... AS SELECT", "NOT NULL cannot be added: {}",
                               change.name);
    }
    column.nullable = *change.nullable;
  }
  if (change.default_sql.has_value()) {
    column.default_sql = *change.default_sql;
    column.default_value = change.default_value;
  }
  if (change.comment.has_value()) column.comment = *change.comment;
  CheckShredding(table);
  ReplaceTable(std::move(table));
}

void CatalogEditor::operator()(const SetProperty& change) {
  TableDef table = CopyTable(change.table);
  if (change.key.starts_with(kShreddedPrefix)) {
    // The rows that are there would not have the entries.
    throw Error::Unsupported("Name it when the table is created.", "property cannot be changed: {}", change.key);
  }
  if (change.value.has_value()) {
    table.properties[change.key] = *change.value;
  } else if (table.properties.erase(change.key) == 0) {
    return;
  }
  ReplaceTable(std::move(table));
}

void CatalogEditor::operator()(const SetTableComment& change) {
  if (const ViewPtr view = before_.FindView(change.table)) {
    const Catalog::Location location = before_.locations_->at(change.table);
    ViewDef commented = *view;
    commented.comment = change.comment;
    EditSchema(location.database, location.schema).views[location.name] =
        std::make_shared<const ViewDef>(std::move(commented));
    return;
  }
  TableDef table = CopyTable(change.table);
  table.comment = change.comment;
  ReplaceTable(std::move(table));
}

void CatalogEditor::operator()(const AddPartition& change) {
  TableDef table = CopyTable(change.table);
  if (table.partition.kind != PartitionKind::kRange && table.partition.kind != PartitionKind::kList) {
    throw Error::User(sqlstate::kWrongObjectType, "table has no named partitions: {}", table.name);
  }
  for (const PartitionDef& partition : table.partition.partitions) {
    if (partition.name != change.partition.name) continue;
    if (change.if_not_exists) return;
    throw Error::User(sqlstate::kDuplicateObject, "partition already exists: {}.{}", table.name, partition.name);
  }
  table.partition.partitions.push_back(change.partition);
  ReplaceTable(std::move(table));
}

void CatalogEditor::operator()(const DropPartition& change) {
  TableDef table = CopyTable(change.table);
  auto& partitions = table.partition.partitions;
  const auto at = std::find_if(partitions.begin(), partitions.end(),
                               [&](const PartitionDef& partition) { return partition.name == change.name; });
  if (at == partitions.end()) {
    if (change.if_exists) return;
    throw Error::User(sqlstate::kUndefinedObject, "partition does not exist: {}.{}", table.name, change.name);
  }
  partitions.erase(at);
  ReplaceTable(std::move(table));
}

void CatalogEditor::operator()(const PutObject& change) {
  CheckName("object", change.name);
  if (change.if_absent && before_.FindObject(change.kind, change.name) != nullptr) {
    throw Error::User(sqlstate::kDuplicateObject, "{} already exists: {}", change.kind, change.name);
  }
  auto objects = std::make_shared<Catalog::Objects>(*before_.objects_);
  (*objects)[{change.kind, change.name}] = change.payload;
  after_->objects_ = std::move(objects);
  changed_ = true;
}

void CatalogEditor::operator()(const DropObject& change) {
  if (before_.FindObject(change.kind, change.name) == nullptr) {
    if (change.if_exists) return;
    throw Error::User(sqlstate::kUndefinedObject, "{} does not exist: {}", change.kind, change.name);
  }
  auto objects = std::make_shared<Catalog::Objects>(*before_.objects_);
  objects->erase({change.kind, change.name});
  after_->objects_ = std::move(objects);
  changed_ = true;
}

}  // namespace weir
