#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "catalog/ids.h"
#include "catalog/table.h"
#include "catalog/user_type.h"

// Every way in which a catalog changes, as values that the commit log carries: Catalog::Apply turns one catalog and
// one change into the next, the same way on every node and at every replay.
namespace weir {

struct CreateDatabase {
  std::string name;
  bool if_not_exists = false;
  std::string comment;
};
struct DropDatabase {
  std::string name;
  bool if_exists = false;
  bool cascade = true;  // false: refused unless empty
};
struct CreateSchema {
  std::string database;
  std::string name;
  bool if_not_exists = false;
};
struct DropSchema {
  std::string database;
  std::string name;
  bool if_exists = false;
  bool cascade = false;
};
// `def` without ids of the table, its database and its schema. Ids of columns are given as 1, 2, 3 ... in order, and
// key_columns, sort_key, partition and distribution refer to those.
struct CreateTable {
  std::string database;
  std::string schema;
  TableDef def;
  bool if_not_exists = false;
};
struct DropTable {
  std::string database;
  std::string schema;
  std::string name;
  bool if_exists = false;
};
struct RenameTable {  // views too
  TableId table;
  std::string new_name;
};
struct CreateView {
  std::string database;
  std::string schema;
  ViewDef def;
  bool or_replace = false;
  bool if_not_exists = false;
};
struct DropView {
  std::string database;
  std::string schema;
  std::string name;
  bool if_exists = false;
};
struct AddColumn {
  TableId table;
  ColumnDef column;   // id is given by the catalog
  std::string after;  // "" : last
  bool first = false;
  bool if_not_exists = false;
};
struct DropColumn {
  TableId table;
  std::string name;
  bool if_exists = false;
};
struct RenameColumn {
  TableId table;
  std::string name;
  std::string new_name;
};
// Only what is set changes. A new type must hold every value of the old one (int -> bigint, varchar -> longer).
struct AlterColumn {
  TableId table;
  std::string name;
  std::optional<Type> type;
  std::optional<bool> nullable;
  std::optional<std::string> default_sql;  // "" removes it
  std::optional<Value> default_value;      // goes with default_sql
  std::optional<std::string> comment;
};
struct SetProperty {
  TableId table;
  std::string key;
  std::optional<std::string> value;  // absent: removed
};
struct SetTableComment {  // views too
  TableId table;
  std::string comment;
};
struct AddPartition {
  TableId table;
  PartitionDef partition;
  bool if_not_exists = false;
};
struct DropPartition {  // of the definition; its rows are removed by the same commit's table delta
  TableId table;
  std::string name;
  bool if_exists = false;
};
// Everything else that is kept by name: users, grants, sources, flows. The payload is its owner's.
struct PutObject {
  std::string kind;  // "user", "flow", ...
  std::string name;  // "db.name" where it belongs to a database
  std::string payload;
  bool if_absent = false;  // refuse (42710) when it exists
};
struct DropObject {
  std::string kind;
  std::string name;
  bool if_exists = false;
};

// An enum or a domain, without its id; with `replaces` the one that has this id is changed, and every definition that
// uses it.
struct PutType {
  UserType def;
  bool replaces = false;
  bool if_not_exists = false;
};
struct DropType {  // refused (2BP01) while columns and other types use it
  std::string database;
  std::string schema;
  std::string name;
  bool if_exists = false;
};
struct PutCollation {
  UserCollation def;
  bool if_not_exists = false;
};
struct DropCollation {
  std::string database;
  std::string schema;
  std::string name;
  bool if_exists = false;
};

// Serialised by index: append only.
using CatalogChange =
    std::variant<CreateDatabase, DropDatabase, CreateSchema, DropSchema, CreateTable, DropTable, RenameTable,
                 CreateView, DropView, AddColumn, DropColumn, RenameColumn, AlterColumn, SetProperty, SetTableComment,
                 AddPartition, DropPartition, PutObject, DropObject, PutType, DropType, PutCollation, DropCollation>;

void SerializeChange(const CatalogChange& change, ByteWriter& out);
CatalogChange DeserializeChange(ByteReader& in);
// "create table weir.public.orders", for logs and weir_catalog.commits.
std::string DescribeChange(const CatalogChange& change);

}  // namespace weir
