#include "server/system/pg_types.h"
#include "server/system/procedures.h"
#include "server/system/standard_columns.h"
#include "server/system/system_table.h"

namespace weir {

namespace {

const Type kText = TypeKind::kVarchar;
const Type kInt = TypeKind::kInt32;

// The standard's names of types.
std::string DataType(const Type& type) {
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
    default:
      return type.ToString();
  }
}

void OptionalInt(RowWriter& out, bool present, int64_t value) {
  if (present) {
    out.Int(value);
  } else {
    out.Null();
  }
}

void FillColumns(const SystemTableInput& input, RowWriter& out) {
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
      OptionalInt(out, type.is_string() && type.max_length() != 0, type.max_length());
      OptionalInt(out, type.is(TypeKind::kDecimal), type.precision());
      OptionalInt(out, type.is(TypeKind::kDecimal), type.scale());
      OptionalInt(out, type.is_timestamp(), type.is_timestamp_ns() ? 9 : 6);
      out.Text("pg_catalog")
          .Text(PgTypeOf(type).name)
          .Text(relation.table != nullptr ? "YES" : "NO")
          .Text(column.comment);
      out.EndRow();
    }
  }
}

void FillTables(const SystemTableInput& input, RowWriter& out) {
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    out.Text(input.statement.database).Text(relation.schema).Text(relation.name);
    out.Text(relation.kind == 'v' ? "VIEW" : "BASE TABLE").Text(relation.table != nullptr ? "YES" : "NO");
    out.Text(relation.comment);
    out.EndRow();
  }
}

}  // namespace

std::vector<SystemTableDef> InformationSchemaTables() {
  std::vector<SystemTableDef> out;
  out.push_back({"tables",
                 {{"table_catalog", kText},
                  {"table_schema", kText},
                  {"table_name", kText},
                  {"table_type", kText},
                  {"is_insertable_into", kText},
                  {"table_comment", kText}},
                 "Tables and views",
                 FillTables});
  out.push_back({"columns",
                 {{"table_catalog", kText},
                  {"table_schema", kText},
                  {"table_name", kText},
                  {"column_name", kText},
                  {"ordinal_position", kInt},
                  {"column_default", kText},
                  {"is_nullable", kText},
                  {"data_type", kText},
                  {"character_maximum_length", kInt},
                  {"numeric_precision", kInt},
                  {"numeric_scale", kInt},
                  {"datetime_precision", kInt},
                  {"udt_schema", kText},
                  {"udt_name", kText},
                  {"is_updatable", kText},
                  {"column_comment", kText}},
                 "Columns of tables and views",
                 FillColumns});
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
  AddStandardTables(InformationSchemaStandard(), out);
  return out;
}

}  // namespace weir
