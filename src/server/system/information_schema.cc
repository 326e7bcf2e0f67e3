#include <optional>

#include "server/system/pg_types.h"
#include "server/system/procedures.h"
#include "server/system/standard_columns.h"
#include "server/system/system_table.h"
#include "server/system/user_types.h"

namespace weir {

namespace {

const Type kText = TypeKind::kVarchar;

// The standard's names of types.
std::string DataType(const Type& type) {
  if (!type.domain().empty()) return DataType(type.WithDomain("", 0));
  switch (type.kind()) {
    case TypeKind::kDecimal:
      return "numeric";
    case TypeKind::kVarchar:
      return type.max_length() == 0 ? "text" : "character varying";
    case TypeKind::kTimestampNs:
      return "timestamp without time zone";
    case TypeKind::kTimestampTzNs:
      return "timestamp with time zone";
    case TypeKind::kList:
      return "ARRAY";
    case TypeKind::kEnum:
      return "USER-DEFINED";
    case TypeKind::kBit:
      return type.is_varying() ? "bit varying" : "bit";
    default:
      return type.Name();
  }
}

void OptionalInt(RowWriter& out, std::optional<int64_t> value) {
  if (value.has_value()) {
    out.Int(*value);
  } else {
    out.Null();
  }
}

// Of numbers: precision, the base that it counts in, and scale.
struct NumericShape {
  std::optional<int64_t> precision, radix, scale;
};
NumericShape NumericShapeOf(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kInt8:
      return {8, 2, 0};
    case TypeKind::kInt16:
      return {16, 2, 0};
    case TypeKind::kInt32:
      return {32, 2, 0};
    case TypeKind::kInt64:
      return {64, 2, 0};
    case TypeKind::kInt128:
      return {128, 2, 0};
    case TypeKind::kFloat:
      return {24, 2, std::nullopt};
    case TypeKind::kDouble:
      return {53, 2, std::nullopt};
    case TypeKind::kDecimal:
      if (type.has_natural_scale()) return {std::nullopt, 10, std::nullopt};
      return {type.precision(), 10, type.scale()};
    default:
      return {};
  }
}

std::optional<int64_t> DatetimePrecision(const Type& type) {
  if (type.is(TypeKind::kDate)) return 0;
  if (type.fraction_digits() >= 0) return type.fraction_digits();
  if (type.is_timestamp()) return type.is_timestamp_ns() ? 9 : 6;
  if (type.is(TypeKind::kTime) || type.is(TypeKind::kInterval)) return 6;
  return std::nullopt;
}

void FillColumns(const SystemTableInput& input, RowWriter& out) {
  constexpr int64_t kTextBytesMax = 1 << 30;
  constexpr int64_t kBytesOfCharacter = 4;
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    int64_t position = 0;
    for (const auto& column : relation.columns) {
      const Type& type = column.type;
      out.Text(input.statement.database).Text(relation.schema).Text(relation.name).Text(column.name).Int(++position);
      if (column.default_sql.empty()) {
        out.Null();
      } else {
        out.Text(column.default_sql);
      }
      out.Text(column.nullable ? "YES" : "NO").Text(DataType(type));
      if (type.is(TypeKind::kBit) && type.max_length() != 0) {
        out.Int(type.max_length()).Null();
      } else if (type.is(TypeKind::kVarchar)) {
        const int64_t length = type.max_length();
        OptionalInt(out, length == 0 ? std::nullopt : std::optional(length));
        out.Int(length == 0 ? kTextBytesMax : length * kBytesOfCharacter);
      } else {
        out.Nulls(2);
      }
      const NumericShape numeric = NumericShapeOf(type);
      OptionalInt(out, numeric.precision);
      OptionalInt(out, numeric.radix);
      OptionalInt(out, numeric.scale);
      OptionalInt(out, DatetimePrecision(type));
      out.Nulls(5);  // intervals, character sets
      if (type.collation() == nullptr) {
        out.Nulls(3);
      } else {
        out.Nulls(2).Text(type.collation()->name);
      }
      const auto domain = type.domain_id() == 0 ? std::nullopt : FindUserType(input.catalog, type.domain_id());
      if (domain.has_value()) {
        out.Text(domain->database).Text(domain->schema).Text(domain->name);
      } else {
        out.Nulls(3);
      }
      const bool of_user = type.is(TypeKind::kEnum) && type.enum_id() != 0;
      out.Text(input.statement.database);
      out.Text(of_user ? SchemaOfType(input.catalog, type.enum_id()) : "pg_catalog");
      out.Text(PgTypeOf(type.WithDomain("", 0)).name).Nulls(4);
      out.Text(std::to_string(position)).Text("NO").Text("NO").Nulls(5).Text("NO").Text("NEVER").Null();
      out.Text(relation.table != nullptr ? "YES" : "NO").Text(column.comment).EndRow();
    }
  }
}

void FillTables(const SystemTableInput& input, RowWriter& out) {
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    out.Text(input.statement.database).Text(relation.schema).Text(relation.name);
    const bool temporary = relation.schema.starts_with("pg_temp_");
    out.Text(relation.kind == 'v' ? "VIEW"
             : temporary          ? "LOCAL TEMPORARY"
                                  : "BASE TABLE")
        .Nulls(5)
        .Text(relation.table != nullptr ? "YES" : "NO");
    out.Text("NO").Null().Text(relation.comment).EndRow();
  }
}

}  // namespace

std::vector<SystemTableDef> InformationSchemaTables() {
  std::vector<SystemTableDef> out;
  Schema tables = StandardColumns(InformationSchemaStandard(), "tables");
  tables.push_back({"table_comment", kText});
  out.push_back({"tables", std::move(tables), "Tables and views", FillTables});
  Schema columns = StandardColumns(InformationSchemaStandard(), "columns");
  columns.push_back({"column_comment", kText});
  out.push_back({"columns", std::move(columns), "Columns of tables and views", FillColumns});
  out.push_back({"schemata",
                 {{"catalog_name", kText}, {"schema_name", kText}, {"schema_owner", kText}},
                 "Schemas",
                 [](const SystemTableInput& input, RowWriter& out_rows) {
                   for (const std::string& schema : SchemasOf(input.catalog, input.statement.database)) {
                     out_rows.Text(input.statement.database).Text(schema).Text("weir").EndRow();
                   }
                 }});
  out.push_back({"views",
                 {{"table_catalog", kText}, {"table_schema", kText}, {"table_name", kText}, {"view_definition", kText}},
                 "Views and their queries",
                 [](const SystemTableInput& input, RowWriter& out_rows) {
                   for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
                     if (relation.view == nullptr) continue;
                     out_rows.Text(input.statement.database).Text(relation.schema).Text(relation.name);
                     out_rows.Text(relation.view->sql).EndRow();
                   }
                 }});
  for (SystemTableDef& table : RoutineTables()) out.push_back(std::move(table));
  AddDomainTables(out);
  AddStandardTables(InformationSchemaStandard(), out);
  return out;
}

}  // namespace weir
