#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "catalog/catalog_change.h"
#include "catalog/ids.h"
#include "catalog/table.h"
#include "catalog/virtual_table.h"

namespace weir {

inline constexpr std::string_view kDefaultDatabase = "weir";
inline constexpr std::string_view kDefaultSchema = "public";

struct CatalogSchema {
  SchemaId id;
  std::string name;
  std::map<std::string, TablePtr, std::less<>> tables;
  std::map<std::string, ViewPtr, std::less<>> views;
};

struct CatalogDatabase {
  DatabaseId id;
  std::string name;
  std::string comment;
  std::map<std::string, std::shared_ptr<const CatalogSchema>, std::less<>> schemas;
};

// A name as written: the parts that are empty are looked for along the scope.
struct QualifiedName {
  std::string database;
  std::string schema;
  std::string name;
  std::string ToString() const;  // without empty parts
};

// What unqualified names mean in a session.
struct NameScope {
  std::string database{kDefaultDatabase};
  std::vector<std::string> search_path{std::string(kDefaultSchema)};  // pg_catalog comes before these by itself
  // Names that match no other way match without regard to case (ASCII), when that is unambiguous: for clients that
  // quote what they have folded.
  bool any_case = false;
  // MySQL's two-part names are database.table in schema "public"; PostgreSQL's are schema.table. With this both
  // readings are tried, the schema first.
  bool two_parts_may_be_database = true;
};

// What a name in FROM stands for.
struct Relation {
  std::variant<TablePtr, ViewPtr, VirtualTablePtr> what;
  std::string database;
  std::string schema;
  std::string name;
  const TablePtr* table() const { return std::get_if<TablePtr>(&what); }
  const ViewPtr* view() const { return std::get_if<ViewPtr>(&what); }
  const VirtualTablePtr* virtual_table() const { return std::get_if<VirtualTablePtr>(&what); }
};

class Catalog;
using CatalogPtr = std::shared_ptr<const Catalog>;

// All definitions at one version: an immutable value. Apply makes the next one, sharing what has not changed.
class Catalog {
 public:
  // Database "weir" with schema "public".
  static CatalogPtr Initial(std::shared_ptr<const VirtualTables> virtual_tables = nullptr);
  // The catalog after the change, as of `version`. Throws a user error (42P07, 42P01, 42703 ...) when the change does
  // not fit; a change that finds its work done (IF EXISTS and the like) gives an equal catalog.
  CatalogPtr Apply(const CatalogChange& change, Version version) const;
  CatalogPtr WithVirtualTables(std::shared_ptr<const VirtualTables> virtual_tables) const;

  // The version of the last change of definitions, so an unchanged number means unchanged definitions.
  Version version() const { return version_; }

  const CatalogDatabase* FindDatabase(std::string_view name) const;
  const CatalogDatabase* FindDatabase(DatabaseId id) const;
  const CatalogSchema* FindSchema(std::string_view database, std::string_view schema) const;
  TablePtr FindTable(TableId id) const;  // nullptr when there is none
  ViewPtr FindView(TableId id) const;
  std::optional<Relation> FindRelation(const QualifiedName& name, const NameScope& scope) const;
  const std::map<std::string, std::shared_ptr<const CatalogDatabase>, std::less<>>& databases() const {
    return databases_;
  }
  const VirtualTables& virtual_tables() const { return *virtual_tables_; }

  // The same, throwing 3D000, 3F000 or 42P01 with a "did you mean" hint.
  const CatalogDatabase& GetDatabase(std::string_view name) const;
  const CatalogSchema& GetSchema(std::string_view database, std::string_view schema) const;
  Relation GetRelation(const QualifiedName& name, const NameScope& scope, int64_t position = -1) const;
  // A table that can be written to; 42809 for views and virtual tables.
  TablePtr GetTable(const QualifiedName& name, const NameScope& scope, int64_t position = -1) const;
  TablePtr GetTable(TableId id) const;
  // Where CREATE puts an unqualified name: the first schema of the search path that exists.
  std::pair<const CatalogDatabase*, const CatalogSchema*> GetCreationSchema(const QualifiedName& name,
                                                                            const NameScope& scope) const;
  // "weir.public.orders"
  std::string PathOf(const TableDef& table) const;
  std::string PathOf(const ViewDef& view) const;
  std::vector<TablePtr> AllTables() const;

  // PutObject's payloads; nullptr when there is none.
  const std::string* FindObject(std::string_view kind, std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> ObjectsOf(std::string_view kind) const;  // name, payload

  void Serialize(ByteWriter& out) const;
  static CatalogPtr Deserialize(ByteReader& in, std::shared_ptr<const VirtualTables> virtual_tables);

 private:
  friend class CatalogEditor;
  Catalog() = default;
  std::string SimilarRelationHint(const QualifiedName& name, const NameScope& scope) const;
  std::optional<Relation> FindIn(std::string_view database, std::string_view schema, std::string_view name,
                                 bool any_case) const;
  const VirtualTablePtr* FindVirtual(std::string_view schema, std::string_view name) const;

  Version version_;
  uint64_t next_id_ = 1;  // of databases, schemas, tables and views
  std::map<std::string, std::shared_ptr<const CatalogDatabase>, std::less<>> databases_;
  struct Location {
    std::string database;
    std::string schema;
    std::string name;
    bool is_view;
  };
  std::shared_ptr<const std::map<TableId, Location>> locations_;
  using Objects = std::map<std::pair<std::string, std::string>, std::string>;
  std::shared_ptr<const Objects> objects_;  // (kind, name) -> payload
  std::shared_ptr<const VirtualTables> virtual_tables_;
};

// The candidate nearest to `name` by edit distance when it is near enough to be meant, else "". For hints.
std::string NearestName(std::string_view name, std::span<const std::string> candidates);
// "perhaps you meant: orders", or "".
std::string DidYouMean(std::string_view name, std::span<const std::string> candidates);

}  // namespace weir
