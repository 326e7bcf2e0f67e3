#include <algorithm>

#include "catalog/catalog_editor.h"
#include "catalog/sql_function.h"

namespace weir {

namespace {

// What uses the type, as PostgreSQL says it: "column m of table t".
std::vector<std::string> UsersOf(const Catalog& catalog, const UserType& type) {
  std::vector<std::string> users;
  const auto add = [&](std::string user) {
    users.push_back(fmt::format("{} depends on type {}", user, type.display_name()));
  };
  for (const TablePtr& table : catalog.AllTables()) {
    for (const ColumnDef& column : table->columns) {
      if (UsesType(column.type, type.id)) add(fmt::format("column {} of table {}", column.name, table->name));
    }
  }
  for (const UserType& other : UserTypesOf(catalog, {})) {
    if (other.id != type.id && UsesType(other.type, type.id)) add("type " + other.display_name());
  }
  const SqlFunctions functions(catalog);
  for (const SqlFunction* function : functions.Using(type.id)) add("function " + function->signature());
  return users;
}

}  // namespace

Catalog::Objects& CatalogEditor::EditObjects() {
  auto objects = std::make_shared<Catalog::Objects>(*after_->objects_);
  Catalog::Objects& out = *objects;
  after_->objects_ = std::move(objects);
  changed_ = true;
  return out;
}

bool CatalogEditor::HasTypes(std::string_view database, std::string_view schema) const {
  const auto in_schema = [&](const auto& object) { return object.schema == schema; };
  const std::vector<UserType> types = UserTypesOf(before_, database);
  const std::vector<UserCollation> collations = UserCollationsOf(before_, database);
  return std::any_of(types.begin(), types.end(), in_schema) ||
         std::any_of(collations.begin(), collations.end(), in_schema);
}

void CatalogEditor::ForgetTypes(std::string_view database, std::string_view schema) {
  if (!HasTypes(database, schema)) return;
  Catalog::Objects& objects = EditObjects();
  for (const UserType& type : UserTypesOf(before_, database)) {
    if (type.schema == schema) objects.erase({std::string(kTypeObject), ObjectPath(database, schema, type.name)});
  }
  for (const UserCollation& collation : UserCollationsOf(before_, database)) {
    if (collation.schema == schema) {
      objects.erase({std::string(kCollationObject), ObjectPath(database, schema, collation.name)});
    }
  }
}

void CatalogEditor::ReplaceTypeEverywhere(const UserType& type) {
  for (const auto& [database_name, database] : before_.databases_) {
    for (const auto& [schema_name, schema] : database->schemas) {
      for (const auto& [name, table] : schema->tables) {
        const auto uses = [&](const ColumnDef& column) { return UsesType(column.type, type.id); };
        if (!std::any_of(table->columns.begin(), table->columns.end(), uses)) continue;
        TableDef copy = *table;
        for (ColumnDef& column : copy.columns) {
          if (!uses(column)) continue;
          column.type = ReplaceUserType(column.type, type);
          if (column.default_value) column.default_value = ReplaceUserType(*column.default_value, column.type);
          if (column.initial_value) column.initial_value = ReplaceUserType(*column.initial_value, column.type);
        }
        copy.changed_version = version_;
        EditSchema(database_name, schema_name).tables[name] = std::make_shared<const TableDef>(std::move(copy));
      }
      for (const auto& [name, view] : schema->views) {
        const auto uses = [&](const Field& field) { return UsesType(field.type, type.id); };
        if (!std::any_of(view->columns.begin(), view->columns.end(), uses)) continue;
        ViewDef copy = *view;
        for (Field& field : copy.columns) field.type = ReplaceUserType(field.type, type);
        EditSchema(database_name, schema_name).views[name] = std::make_shared<const ViewDef>(std::move(copy));
      }
    }
  }
  for (UserType& other : UserTypesOf(before_, {})) {
    if (other.id == type.id || !UsesType(other.type, type.id)) continue;
    other.type = ReplaceUserType(other.type, type);
    EditObjects()[{std::string(kTypeObject), ObjectPath(other.database, other.schema, other.name)}] = other.Serialize();
  }
}

void CatalogEditor::ReplaceTypeInFunctions(const UserType& type) {
  const SqlFunctions functions(before_);
  for (const SqlFunction* function : functions.Using(type.id)) {
    SqlFunction copy = *function;
    for (SqlFunction::Parameter& parameter : copy.parameters) parameter.type = ReplaceUserType(parameter.type, type);
    copy.result = ReplaceUserType(copy.result, type);
    Catalog::Objects& objects = EditObjects();
    // Its name may be in the key.
    objects.erase({std::string(kSqlFunctionKind), function->key()});
    objects[{std::string(kSqlFunctionKind), copy.key()}] = copy.Serialize();
  }
}

void CatalogEditor::operator()(const PutType& change) {
  UserType def = change.def;
  before_.GetSchema(def.database, def.schema);
  const std::string path = ObjectPath(def.database, def.schema, def.name);
  const bool taken = before_.FindObject(kTypeObject, path) != nullptr;
  if (!change.replaces) {
    if (taken) {
      if (change.if_not_exists) return;
      throw Error::User(sqlstate::kDuplicateObject, "type \"{}\" already exists", def.name);
    }
    def.id = static_cast<uint32_t>(after_->next_id_++);
    if (def.kind == UserType::Kind::kEnum) {
      def.type = Type::Enum(def.display_name(), def.id, {def.type.labels().begin(), def.type.labels().end()});
    }
    EditObjects()[{std::string(kTypeObject), path}] = def.Serialize();
    return;
  }
  const std::optional<UserType> before = FindUserType(before_, def.id);
  if (!before) throw Error::User(sqlstate::kUndefinedObject, "type does not exist any more: {}", def.name);
  const std::string old_path = ObjectPath(before->database, before->schema, before->name);
  if (path != old_path && taken) {
    throw Error::User(sqlstate::kDuplicateObject, "type \"{}\" already exists", def.name);
  }
  if (def.kind == UserType::Kind::kEnum) {
    def.type = Type::Enum(def.display_name(), def.id, {def.type.labels().begin(), def.type.labels().end()});
  }
  Catalog::Objects& objects = EditObjects();
  objects.erase({std::string(kTypeObject), old_path});
  objects[{std::string(kTypeObject), path}] = def.Serialize();
  ReplaceTypeEverywhere(def);
  ReplaceTypeInFunctions(def);
}

void CatalogEditor::operator()(const DropType& change) {
  const std::string path = ObjectPath(change.database, change.schema, change.name);
  const std::string* payload = before_.FindObject(kTypeObject, path);
  if (payload == nullptr) {
    if (change.if_exists) return;
    throw Error::User(sqlstate::kUndefinedObject, "type \"{}\" does not exist", change.name);
  }
  const UserType type = UserType::Deserialize(*payload);
  if (const std::vector<std::string> users = UsersOf(before_, type); !users.empty()) {
    std::string detail;
    for (const std::string& user : users) detail += (detail.empty() ? "" : "\n") + user;
    throw Error::User(sqlstate::kDependentObjectsStillExist, "cannot drop type {} because other objects depend on it",
                      type.display_name())
        .WithDetail(detail)
        .WithHint("Use DROP ... CASCADE to drop the dependent objects too.");
  }
  EditObjects().erase({std::string(kTypeObject), path});
}

void CatalogEditor::operator()(const PutCollation& change) {
  UserCollation def = change.def;
  before_.GetSchema(def.database, def.schema);
  const std::string path = ObjectPath(def.database, def.schema, def.name);
  if (before_.FindObject(kCollationObject, path) != nullptr) {
    if (change.if_not_exists) return;
    throw Error::User(sqlstate::kDuplicateObject, "collation \"{}\" already exists", def.name);
  }
  def.id = static_cast<uint32_t>(after_->next_id_++);
  EditObjects()[{std::string(kCollationObject), path}] = def.Serialize();
}

void CatalogEditor::operator()(const DropCollation& change) {
  const std::string path = ObjectPath(change.database, change.schema, change.name);
  const std::string* payload = before_.FindObject(kCollationObject, path);
  if (payload == nullptr) {
    if (change.if_exists) return;
    throw Error::User(sqlstate::kUndefinedObject, "collation \"{}\" for encoding \"UTF8\" does not exist", change.name);
  }
  const Collation dropped = UserCollation::Deserialize(*payload).collation;
  for (const TablePtr& table : before_.AllTables()) {
    for (const ColumnDef& column : table->columns) {
      if (column.type.collation() == nullptr || column.type.collation()->name != dropped.name) continue;
      throw Error::User(sqlstate::kDependentObjectsStillExist,
                        "cannot drop collation {} because other objects depend on it", change.name)
          .WithDetail(
              fmt::format("column {} of table {} depends on collation {}", column.name, table->name, change.name))
          .WithHint("Use DROP ... CASCADE to drop the dependent objects too.");
    }
  }
  EditObjects().erase({std::string(kCollationObject), path});
}

}  // namespace weir
