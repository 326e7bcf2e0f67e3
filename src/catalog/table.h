#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "catalog/ids.h"
#include "types/type.h"
#include "types/value.h"

namespace weir {

struct ColumnDef {
  FieldId id;  // given by the catalog when the table is created or the column added
  std::string name;
  Type type;
  bool nullable = true;
  std::string default_sql;             // the DEFAULT expression as text, "" for none
  std::optional<Value> default_value;  // its value when it is constant
  // What rows have that were written before the column was added; absent: NULL.
  std::optional<Value> initial_value;
  std::string comment;
  std::string aggregate;  // of AGGREGATE KEY tables: "sum", "replace", ...; "" for key columns
  friend bool operator==(const ColumnDef&, const ColumnDef&) = default;
};

enum class TableKind : uint8_t {  // serialised: append only
  kDuplicateKey = 0,              // append only; the default
  kPrimaryKey = 1,
  kAggregateKey = 2,
  kUniqueKey = 3,
};
std::string_view TableKindName(TableKind kind);  // "DUPLICATE KEY"

enum class PartitionTransform : uint8_t {  // serialised: append only
  kIdentity = 0,
  kHour = 1,  // date_trunc of a date or timestamp
  kDay = 2,
  kWeek = 3,
  kMonth = 4,
  kYear = 5,
};
std::string_view PartitionTransformName(PartitionTransform transform);

enum class PartitionKind : uint8_t { kNone = 0, kExpression = 1, kRange = 2, kList = 3 };

// A partition that the DDL names (range and list); expression partitions appear by themselves.
struct PartitionDef {
  std::string name;
  // range: [lower, upper), absent = unbounded
  std::optional<Value> lower;
  std::optional<Value> upper;
  std::vector<Value> values;  // list
  friend bool operator==(const PartitionDef&, const PartitionDef&) = default;
};

struct PartitionField {
  FieldId column;
  PartitionTransform transform = PartitionTransform::kIdentity;
  friend bool operator==(const PartitionField&, const PartitionField&) = default;
};

struct PartitionSpec {
  PartitionKind kind = PartitionKind::kNone;
  std::vector<PartitionField> fields;    // one for range and list
  std::vector<PartitionDef> partitions;  // range and list
  std::string sql;                       // as the user wrote it: "date_trunc('day', ts)"
  friend bool operator==(const PartitionSpec&, const PartitionSpec&) = default;
};

struct Distribution {
  std::vector<FieldId> hash_columns;  // empty: random
  uint32_t buckets = 1;
  friend bool operator==(const Distribution&, const Distribution&) = default;
};

// A table's definition at one version; immutable once in a catalog. Rows are storage's.
struct TableDef {
  TableId id;
  DatabaseId database;
  SchemaId schema;
  std::string name;
  std::vector<ColumnDef> columns;
  TableKind kind = TableKind::kDuplicateKey;
  std::vector<FieldId> key_columns;
  PartitionSpec partition;
  Distribution distribution;
  std::vector<FieldId> sort_key;  // ascending, NULLs first; empty: order of arrival
  std::map<std::string, std::string> properties;
  std::string comment;
  FieldId next_field{1};  // the id of the next column that is added
  Version created_version;
  Version changed_version;

  // nullptr when there is none. Names compare exactly; FindColumnAnyCase is for clients with such rules.
  const ColumnDef* FindColumn(std::string_view column_name) const;
  const ColumnDef* FindColumnAnyCase(std::string_view column_name) const;
  const ColumnDef* FindColumn(FieldId column) const;
  // Position among columns, or columns.size().
  size_t ColumnIndex(FieldId column) const;
  Schema RowType() const;
  std::string_view property(std::string_view key, std::string_view fallback = {}) const;

  void Serialize(ByteWriter& out) const;
  static TableDef Deserialize(ByteReader& in);
  friend bool operator==(const TableDef&, const TableDef&) = default;
};
using TablePtr = std::shared_ptr<const TableDef>;

struct ViewDef {
  TableId id;
  DatabaseId database;
  SchemaId schema;
  std::string name;
  std::string sql;  // the query's text
  Schema columns;   // as bound at creation
  // What unqualified names in the query mean.
  std::vector<std::string> search_path;
  std::string comment;
  Version created_version;

  void Serialize(ByteWriter& out) const;
  static ViewDef Deserialize(ByteReader& in);
  friend bool operator==(const ViewDef&, const ViewDef&) = default;
};
using ViewPtr = std::shared_ptr<const ViewDef>;

void SerializeColumnDef(const ColumnDef& column, ByteWriter& out);
ColumnDef DeserializeColumnDef(ByteReader& in);

}  // namespace weir
