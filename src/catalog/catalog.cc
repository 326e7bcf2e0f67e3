#include "catalog/catalog.h"

#include <algorithm>

#include "catalog/catalog_editor.h"
#include "catalog/serialize.h"
#include "catalog/temporary_schema.h"

namespace weir {

namespace {

constexpr uint8_t kCatalogFormat = 1;
constexpr std::string_view kSystemSchema = "pg_catalog";

std::string Fold(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

// The entry of a name; with `any_case` also the only one that differs in case alone.
template <typename Map>
auto FindName(const Map& map, std::string_view name, bool any_case) {
  auto exact = map.find(name);
  if (exact != map.end() || !any_case) return exact;
  const std::string folded = Fold(name);
  auto found = map.end();
  for (auto at = map.begin(); at != map.end(); ++at) {
    if (Fold(at->first) != folded) continue;
    if (found != map.end()) return map.end();
    found = at;
  }
  return found;
}

// Levenshtein's distance, where neighbours swapped count once; gives up above `most`.
size_t EditDistance(std::string_view a, std::string_view b, size_t most) {
  if ((a.size() > b.size() ? a.size() - b.size() : b.size() - a.size()) > most) return most + 1;
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t k = 0; k <= b.size(); ++k) last[k] = k;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t k = 1; k <= b.size(); ++k) {
      row[k] = std::min({last[k] + 1, row[k - 1] + 1, last[k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1)});
      if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) row[k] = std::min(row[k], before[k - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string QualifiedName::ToString() const {
  std::string out;
  for (const std::string* part : {&database, &schema, &name}) {
    if (part->empty()) continue;
    if (!out.empty()) out += '.';
    out += *part;
  }
  return out;
}

std::string NearestName(std::string_view name, std::span<const std::string> candidates) {
  const size_t allowed = name.size() <= 3 ? 1 : name.size() <= 8 ? 2 : 3;
  const std::string folded = Fold(name);
  std::string_view nearest;
  size_t best = allowed + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(folded, Fold(candidate), allowed);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return std::string(nearest);
}

std::string DidYouMean(std::string_view name, std::span<const std::string> candidates) {
  const std::string nearest = NearestName(name, candidates);
  return nearest.empty() ? "" : "perhaps you meant: " + nearest;
}

CatalogPtr Catalog::Initial(std::shared_ptr<const VirtualTables> virtual_tables) {
  std::shared_ptr<Catalog> catalog(new Catalog());
  catalog->virtual_tables_ = virtual_tables != nullptr ? std::move(virtual_tables) : std::make_shared<VirtualTables>();
  catalog->locations_ = std::make_shared<std::map<TableId, Location>>();
  catalog->objects_ = std::make_shared<Objects>();
  return catalog->Apply(CreateDatabase{.name = std::string(kDefaultDatabase)}, Version());
}

CatalogPtr Catalog::Apply(const CatalogChange& change, Version version) const {
  CatalogEditor editor(*this, version);
  std::visit(editor, change);
  CatalogPtr after = editor.Take();
  if (after != nullptr) return after;
  return CatalogPtr(new Catalog(*this));
}

CatalogPtr Catalog::WithVirtualTables(std::shared_ptr<const VirtualTables> virtual_tables) const {
  std::shared_ptr<Catalog> copy(new Catalog(*this));
  copy->virtual_tables_ = virtual_tables != nullptr ? std::move(virtual_tables) : std::make_shared<VirtualTables>();
  return copy;
}

const CatalogDatabase* Catalog::FindDatabase(std::string_view name) const {
  const auto at = databases_.find(name);
  return at == databases_.end() ? nullptr : at->second.get();
}

const CatalogDatabase* Catalog::FindDatabase(DatabaseId id) const {
  for (const auto& [name, database] : databases_) {
    if (database->id == id) return database.get();
  }
  return nullptr;
}

const CatalogSchema* Catalog::FindSchema(std::string_view database, std::string_view schema) const {
  const CatalogDatabase* in = FindDatabase(database);
  if (in == nullptr) return nullptr;
  const auto at = in->schemas.find(schema);
  return at == in->schemas.end() ? nullptr : at->second.get();
}

TablePtr Catalog::FindTable(TableId id) const {
  const auto at = locations_->find(id);
  if (at == locations_->end() || at->second.is_view) return nullptr;
  return FindSchema(at->second.database, at->second.schema)->tables.find(at->second.name)->second;
}

ViewPtr Catalog::FindView(TableId id) const {
  const auto at = locations_->find(id);
  if (at == locations_->end() || !at->second.is_view) return nullptr;
  return FindSchema(at->second.database, at->second.schema)->views.find(at->second.name)->second;
}

const VirtualTablePtr* Catalog::FindVirtual(std::string_view schema, std::string_view name) const {
  return virtual_tables_->Find(schema, name);
}

std::optional<Relation> Catalog::FindIn(std::string_view database, std::string_view schema, std::string_view name,
                                        bool any_case) const {
  const auto in = FindName(databases_, database, any_case);
  if (in == databases_.end()) return std::nullopt;
  const auto schema_at = FindName(in->second->schemas, schema, any_case);
  if (schema_at != in->second->schemas.end()) {
    const CatalogSchema& found = *schema_at->second;
    if (const auto table = FindName(found.tables, name, any_case); table != found.tables.end()) {
      return Relation{table->second, in->first, found.name, table->first};
    }
    if (const auto view = FindName(found.views, name, any_case); view != found.views.end()) {
      return Relation{view->second, in->first, found.name, view->first};
    }
  }
  const auto& virtual_schemas = virtual_tables_->schemas();
  if (const auto tables = FindName(virtual_schemas, schema, any_case); tables != virtual_schemas.end()) {
    if (const auto table = FindName(tables->second, name, any_case); table != tables->second.end()) {
      return Relation{table->second, in->first, tables->first, table->first};
    }
  }
  return std::nullopt;
}

std::optional<Relation> Catalog::FindRelation(const QualifiedName& name, const NameScope& scope) const {
  // An exact match anywhere on the way wins over one that differs in case.
  for (const bool any_case : {false, true}) {
    if (any_case && !scope.any_case) break;
    if (!name.database.empty()) {
      const std::string_view schema = name.schema.empty() ? kDefaultSchema : std::string_view(name.schema);
      return FindIn(name.database, schema, name.name, scope.any_case);
    }
    if (!name.schema.empty()) {
      if (auto found = FindIn(scope.database, SchemaMeant(name.schema, scope), name.name, any_case)) return found;
      if (scope.two_parts_may_be_database) {
        if (auto found = FindIn(name.schema, kDefaultSchema, name.name, any_case)) return found;
      }
      continue;
    }
    const auto& path = scope.search_path;
    if (std::find(path.begin(), path.end(), kSystemSchema) == path.end()) {
      if (auto found = FindIn(scope.database, kSystemSchema, name.name, any_case)) return found;
    }
    for (const std::string& schema : path) {
      if (auto found = FindIn(scope.database, schema, name.name, any_case)) return found;
    }
  }
  return std::nullopt;
}

const CatalogDatabase& Catalog::GetDatabase(std::string_view name) const {
  if (const CatalogDatabase* found = FindDatabase(name)) return *found;
  std::vector<std::string> names;
  for (const auto& [candidate, database] : databases_) names.push_back(candidate);
  throw Error::User(sqlstate::kInvalidCatalogName, "database \"{}\" does not exist", name)
      .WithHint(DidYouMean(name, names));
}

const CatalogSchema& Catalog::GetSchema(std::string_view database, std::string_view schema) const {
  const CatalogDatabase& in = GetDatabase(database);
  const auto at = in.schemas.find(schema);
  if (at != in.schemas.end()) return *at->second;
  if (virtual_tables_->HasSchema(schema)) {
    throw Error::User(sqlstate::kInsufficientPrivilege, "system schema cannot be changed: {}", schema);
  }
  std::vector<std::string> names;
  for (const auto& [candidate, unused] : in.schemas) names.push_back(candidate);
  throw Error::User(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", schema)
      .WithHint(DidYouMean(schema, names));
}

std::string Catalog::SimilarRelationHint(const QualifiedName& name, const NameScope& scope) const {
  const std::string_view database = name.database.empty() ? std::string_view(scope.database) : name.database;
  const CatalogDatabase* in = FindDatabase(database);
  if (in == nullptr) {
    std::vector<std::string> names;
    for (const auto& [candidate, unused] : databases_) names.push_back(candidate);
    return DidYouMean(database, names);
  }
  // Near names where it was looked for, then the same name elsewhere.
  std::vector<std::string> names;
  std::string elsewhere;
  for (const auto& [schema_name, schema] : in->schemas) {
    const bool looked_at = name.schema.empty() ? std::find(scope.search_path.begin(), scope.search_path.end(),
                                                           schema_name) != scope.search_path.end()
                                               : name.schema == schema_name;
    if (looked_at) {
      for (const auto& [candidate, unused] : schema->tables) names.push_back(candidate);
      for (const auto& [candidate, unused] : schema->views) names.push_back(candidate);
    } else if (schema->tables.contains(name.name) || schema->views.contains(name.name)) {
      elsewhere = schema_name + "." + name.name;
    }
  }
  if (!name.schema.empty()) {
    const auto tables = virtual_tables_->schemas().find(name.schema);
    if (tables != virtual_tables_->schemas().end()) {
      for (const auto& [candidate, unused] : tables->second) names.push_back(candidate);
    }
  } else {
    for (const auto& [schema_name, tables] : virtual_tables_->schemas()) {
      if (tables.contains(name.name)) elsewhere = schema_name + "." + name.name;
    }
  }
  if (!elsewhere.empty()) return "perhaps you meant: " + elsewhere;
  return DidYouMean(name.name, names);
}

Relation Catalog::GetRelation(const QualifiedName& name, const NameScope& scope, int64_t position) const {
  if (auto found = FindRelation(name, scope)) return *std::move(found);
  throw Error::User(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", name.ToString())
      .WithHint(SimilarRelationHint(name, scope))
      .WithPosition(position);
}

TablePtr Catalog::GetTable(const QualifiedName& name, const NameScope& scope, int64_t position) const {
  const Relation relation = GetRelation(name, scope, position);
  if (const TablePtr* table = relation.table()) return *table;
  throw Error::User(sqlstate::kObjectNotInPrerequisiteState, "cannot write to view \"{}\"", name.ToString())
      .WithPosition(position);
}

TablePtr Catalog::GetTable(TableId id) const {
  if (TablePtr table = FindTable(id)) return table;
  throw Error::User(sqlstate::kUndefinedTable, "table does not exist any more: id {}", id);
}

std::pair<const CatalogDatabase*, const CatalogSchema*> Catalog::GetCreationSchema(const QualifiedName& name,
                                                                                   const NameScope& scope) const {
  if (!name.database.empty()) {
    const std::string_view schema = name.schema.empty() ? kDefaultSchema : std::string_view(name.schema);
    return {&GetDatabase(name.database), &GetSchema(name.database, schema)};
  }
  if (!name.schema.empty()) {
    const CatalogDatabase* as_database = FindDatabase(name.schema);
    if (FindSchema(scope.database, name.schema) == nullptr && as_database != nullptr &&
        scope.two_parts_may_be_database) {
      return {as_database, &GetSchema(name.schema, kDefaultSchema)};
    }
    return {&GetDatabase(scope.database), &GetSchema(scope.database, name.schema)};
  }
  const CatalogDatabase& database = GetDatabase(scope.database);
  for (const std::string& schema : scope.search_path) {
    if (const CatalogSchema* found = FindSchema(scope.database, schema)) return {&database, found};
  }
  throw Error::User(sqlstate::kInvalidSchemaName, "no schema of the search path exists in database: {}",
                    scope.database);
}

std::string Catalog::PathOf(const TableDef& table) const {
  const auto at = locations_->find(table.id);
  if (at == locations_->end()) return table.name;
  return fmt::format("{}.{}.{}", at->second.database, at->second.schema, at->second.name);
}

std::string Catalog::PathOf(const ViewDef& view) const {
  const auto at = locations_->find(view.id);
  if (at == locations_->end()) return view.name;
  return fmt::format("{}.{}.{}", at->second.database, at->second.schema, at->second.name);
}

std::vector<TablePtr> Catalog::AllTables() const {
  std::vector<TablePtr> out;
  for (const auto& [id, location] : *locations_) {
    if (!location.is_view) out.push_back(FindTable(id));
  }
  return out;
}

const std::string* Catalog::FindObject(std::string_view kind, std::string_view name) const {
  const auto at = objects_->find({std::string(kind), std::string(name)});
  return at == objects_->end() ? nullptr : &at->second;
}

std::vector<std::pair<std::string, std::string>> Catalog::ObjectsOf(std::string_view kind) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (auto at = objects_->lower_bound({std::string(kind), ""}); at != objects_->end() && at->first.first == kind;
       ++at) {
    out.emplace_back(at->first.second, at->second);
  }
  return out;
}

void Catalog::Serialize(ByteWriter& out) const {
  out.Put(kCatalogFormat);
  WriteId(version_, out);
  out.PutVarint(next_id_);
  out.PutVarint(databases_.size());
  for (const auto& [database_name, database] : databases_) {
    WriteId(database->id, out);
    out.PutString(database->name);
    out.PutString(database->comment);
    out.PutVarint(database->schemas.size());
    for (const auto& [schema_name, schema] : database->schemas) {
      WriteId(schema->id, out);
      out.PutString(schema->name);
      out.PutVarint(schema->tables.size());
      for (const auto& [name, table] : schema->tables) table->Serialize(out);
      out.PutVarint(schema->views.size());
      for (const auto& [name, view] : schema->views) view->Serialize(out);
    }
  }
  out.PutVarint(objects_->size());
  for (const auto& [key, payload] : *objects_) {
    out.PutString(key.first);
    out.PutString(key.second);
    out.PutString(payload);
  }
}

CatalogPtr Catalog::Deserialize(ByteReader& in, std::shared_ptr<const VirtualTables> virtual_tables) {
  const auto format = in.Get<uint8_t>();
  if (format != kCatalogFormat) {
    throw Error::Operational(sqlstate::kObjectNotInPrerequisiteState,
                             "catalog was written by a newer version: format {}", format);
  }
  std::shared_ptr<Catalog> catalog(new Catalog());
  catalog->virtual_tables_ = virtual_tables != nullptr ? std::move(virtual_tables) : std::make_shared<VirtualTables>();
  catalog->version_ = ReadId<Version>(in);
  catalog->next_id_ = in.GetVarint();
  auto locations = std::make_shared<std::map<TableId, Location>>();
  const uint64_t databases = in.GetVarint();
  for (uint64_t i = 0; i < databases; ++i) {
    auto database = std::make_shared<CatalogDatabase>();
    database->id = ReadId<DatabaseId>(in);
    database->name = in.GetString();
    database->comment = in.GetString();
    const uint64_t schemas = in.GetVarint();
    for (uint64_t k = 0; k < schemas; ++k) {
      auto schema = std::make_shared<CatalogSchema>();
      schema->id = ReadId<SchemaId>(in);
      schema->name = in.GetString();
      const uint64_t tables = in.GetVarint();
      for (uint64_t t = 0; t < tables; ++t) {
        auto table = std::make_shared<const TableDef>(TableDef::Deserialize(in));
        (*locations)[table->id] = {database->name, schema->name, table->name, false};
        schema->tables[table->name] = table;
      }
      const uint64_t views = in.GetVarint();
      for (uint64_t v = 0; v < views; ++v) {
        auto view = std::make_shared<const ViewDef>(ViewDef::Deserialize(in));
        (*locations)[view->id] = {database->name, schema->name, view->name, true};
        schema->views[view->name] = view;
      }
      database->schemas[schema->name] = std::move(schema);
    }
    catalog->databases_[database->name] = std::move(database);
  }
  auto objects = std::make_shared<Objects>();
  const uint64_t object_count = in.GetVarint();
  for (uint64_t i = 0; i < object_count; ++i) {
    std::string kind(in.GetString());
    std::string name(in.GetString());
    (*objects)[{std::move(kind), std::move(name)}] = in.GetString();
  }
  catalog->locations_ = std::move(locations);
  catalog->objects_ = std::move(objects);
  return catalog;
}

}  // namespace weir
