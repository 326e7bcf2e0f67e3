#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/virtual_table.h"
#include "column/builder.h"

namespace weir {

class Engine;

// Takes the cells of a row from left to right.
class RowWriter {
 public:
  explicit RowWriter(const Schema& schema);
  RowWriter& Text(std::string_view text);
  RowWriter& Int(int64_t value);  // any integer or timestamp type
  RowWriter& Real(double value);
  RowWriter& Bool(bool value);
  RowWriter& Null();
  RowWriter& Nulls(size_t count);
  RowWriter& Cell(const Value& value);
  // As many NULLs as there are columns left.
  void EndRow();
  Chunk Finish();

 private:
  ColumnBuilder& Next();
  std::vector<ColumnBuilder> builders_;
  size_t column_ = 0;
  size_t rows_ = 0;
};

struct SystemTableInput {
  Engine& engine;
  const StatementContext& statement;
  const Catalog& catalog;
};

// A system table: its columns and the function that writes its rows.
struct SystemTableDef {
  std::string name;
  Schema columns;
  std::string comment;
  std::function<void(const SystemTableInput& input, RowWriter& out)> fill;
};

VirtualTablePtr MakeSystemTable(SystemTableDef def, std::function<Engine*()> engine);

std::vector<SystemTableDef> PgCatalogTables();
std::vector<SystemTableDef> InformationSchemaTables();
std::vector<SystemTableDef> WeirCatalogTables();

// What is said of schemas, kept as objects of the catalog.
inline constexpr std::string_view kSchemaCommentKind = "schema comment";
inline std::string SchemaCommentName(std::string_view database, std::string_view schema) {
  return std::string(database) + "/" + std::string(schema);
}

// A table, view or virtual table with what the catalogs say of it.
struct RelationInfo {
  uint64_t oid = 0;
  std::string schema;
  std::string name;
  char kind = 'r';  // as in pg_class.relkind: r, v
  bool system = false;
  std::string comment;
  struct Column {
    std::string name;
    Type type;
    bool nullable = true;
    std::string default_sql;
    std::string comment;
  };
  std::vector<Column> columns;
  TablePtr table;  // null for views and virtual tables
  ViewPtr view;
};
// Of one database, with the system's own.
std::vector<RelationInfo> RelationsOf(const Catalog& catalog, std::string_view database);

// The object id of a table of the catalog.
constexpr uint64_t RelationOid(uint64_t table_id) {
  return table_id + 16384;
}
// Object ids of schemas: fixed for system ones.
uint64_t SchemaOid(const Catalog& catalog, std::string_view database, std::string_view schema);
std::vector<std::string> SchemasOf(const Catalog& catalog, std::string_view database);

}  // namespace weir
