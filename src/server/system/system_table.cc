#include "server/system/system_table.h"

#include "base/hash.h"
#include "server/system/standard_columns.h"

namespace weir {

RowWriter::RowWriter(const Schema& schema) {
  for (const Field& field : schema) builders_.emplace_back(field.type);
}

ColumnBuilder& RowWriter::Next() {
  WEIR_CHECK(column_ < builders_.size(), "system table row has more cells than columns");
  return builders_[column_++];
}

RowWriter& RowWriter::Text(std::string_view text) {
  Next().AppendString(text);
  return *this;
}

RowWriter& RowWriter::Int(int64_t value) {
  ColumnBuilder& builder = Next();
  builder.AppendValue(Value::Integer(builder.type(), value));
  return *this;
}

RowWriter& RowWriter::Real(double value) {
  Next().Append(value);
  return *this;
}

RowWriter& RowWriter::Bool(bool value) {
  Next().Append(static_cast<uint8_t>(value));
  return *this;
}

RowWriter& RowWriter::Null() {
  Next().AppendNull();
  return *this;
}

RowWriter& RowWriter::Nulls(size_t count) {
  for (size_t i = 0; i < count; ++i) Null();
  return *this;
}

RowWriter& RowWriter::Cell(const Value& value) {
  Next().AppendValue(value);
  return *this;
}

void RowWriter::EndRow() {
  while (column_ < builders_.size()) Null();
  column_ = 0;
  ++rows_;
}

Chunk RowWriter::Finish() {
  std::vector<ColumnPtr> columns;
  for (ColumnBuilder& builder : builders_) columns.push_back(builder.Finish());
  return {std::move(columns), std::exchange(rows_, 0)};
}

namespace {

class SystemTable final : public VirtualTable {
 public:
  SystemTable(SystemTableDef def, std::function<Engine*()> engine) : def_(std::move(def)), engine_(std::move(engine)) {}
  const Schema& schema() const override { return def_.columns; }
  std::string_view comment() const override { return def_.comment; }
  std::vector<Chunk> Scan(const StatementContext& statement, const Catalog& catalog) const override {
    RowWriter writer(def_.columns);
    def_.fill({*engine_(), statement, catalog}, writer);
    Chunk chunk = writer.Finish();
    if (def_.columns.back().name != "tableoid") return {std::move(chunk)};
    std::vector<ColumnPtr> columns = chunk.columns();
    const auto oid = static_cast<int64_t>(StandardOid(def_.name));
    columns.back() = Column::Constant(Value::Int64(oid), chunk.row_count());
    return {Chunk(std::move(columns), chunk.row_count())};
  }

 private:
  const SystemTableDef def_;
  const std::function<Engine*()> engine_;
};

constexpr uint64_t kSystemOidFirst = 1'000'000'000;

// Stable across processes and catalogs: from the name.
uint64_t SystemOid(std::string_view schema, std::string_view name) {
  if (schema == "pg_catalog") {
    if (const uint64_t oid = StandardOid(name); oid != 0) return oid;
  }
  return kSystemOidFirst + HashString(std::string(schema) + "." + std::string(name)) % 1'000'000'000;
}

}  // namespace

VirtualTablePtr MakeSystemTable(SystemTableDef def, std::function<Engine*()> engine) {
  return std::make_shared<SystemTable>(std::move(def), std::move(engine));
}

std::vector<std::string> SchemasOf(const Catalog& catalog, std::string_view database) {
  std::vector<std::string> out;
  if (const CatalogDatabase* found = catalog.FindDatabase(database)) {
    for (const auto& [name, schema] : found->schemas) out.push_back(name);
  }
  for (const auto& [name, tables] : catalog.virtual_tables().schemas()) out.push_back(name);
  return out;
}

uint64_t SchemaOid(const Catalog& catalog, std::string_view database, std::string_view schema) {
  if (schema == "pg_catalog") return 11;
  if (schema == "public" && database == kDefaultDatabase) return 2200;
  const CatalogSchema* found = catalog.FindSchema(database, schema);
  return found == nullptr ? SystemOid("", schema) : found->id.value() + 16384;
}

std::vector<RelationInfo> RelationsOf(const Catalog& catalog, std::string_view database) {
  std::vector<RelationInfo> out;
  if (const CatalogDatabase* found = catalog.FindDatabase(database)) {
    for (const auto& [schema_name, schema] : found->schemas) {
      for (const auto& [name, table] : schema->tables) {
        RelationInfo info;
        info.oid = RelationOid(table->id.value());
        info.schema = schema_name;
        info.name = name;
        info.comment = table->comment;
        info.table = table;
        for (const ColumnDef& column : table->columns) {
          info.columns.push_back({column.name, column.type, column.nullable, column.default_sql, column.comment});
        }
        out.push_back(std::move(info));
      }
      for (const auto& [name, view] : schema->views) {
        RelationInfo info;
        info.oid = RelationOid(view->id.value());
        info.schema = schema_name;
        info.name = name;
        info.kind = 'v';
        info.comment = view->comment;
        info.view = view;
        for (const Field& column : view->columns) info.columns.push_back({column.name, column.type, true, "", ""});
        out.push_back(std::move(info));
      }
    }
  }
  for (const auto& [schema, tables] : catalog.virtual_tables().schemas()) {
    for (const auto& [name, table] : tables) {
      RelationInfo info;
      info.oid = SystemOid(schema, name);
      info.schema = schema;
      info.name = name;
      // Those of PostgreSQL's that are views there.
      info.kind = schema == "pg_catalog" && StandardOid(name) != 0 ? 'r' : 'v';
      info.system = true;
      info.comment = std::string(table->comment());
      for (const Field& column : table->schema()) info.columns.push_back({column.name, column.type, true, "", ""});
      out.push_back(std::move(info));
    }
  }
  return out;
}

}  // namespace weir
