#include "catalog/table.h"

#include "catalog/serialize.h"

namespace weir {

namespace {

constexpr uint8_t kTableFormat = 1;
constexpr uint8_t kViewFormat = 1;

void CheckFormat(uint8_t found, uint8_t known, std::string_view what) {
  if (found == 0 || found > known) {
    throw Error::Operational(sqlstate::kObjectNotInPrerequisiteState,
                             "catalog was written by a newer version: {} format {}", what, found)
        .WithHint("start the version of weir that wrote it, or a later one");
  }
}

char FoldCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool SameAnyCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (FoldCase(a[i]) != FoldCase(b[i])) return false;
  }
  return true;
}

void WritePartition(const PartitionSpec& spec, ByteWriter& out) {
  out.Put(spec.kind);
  WriteList(spec.fields, out, [&](const PartitionField& field) {
    WriteId(field.column, out);
    out.Put(field.transform);
  });
  WriteList(spec.partitions, out, [&](const PartitionDef& def) { SerializePartitionDef(def, out); });
  out.PutString(spec.sql);
}

PartitionSpec ReadPartition(ByteReader& in) {
  PartitionSpec spec;
  spec.kind = ReadEnum<PartitionKind>(in, PartitionKind::kList);
  spec.fields = ReadList<PartitionField>(in, [&] {
    PartitionField field;
    field.column = ReadId<FieldId>(in);
    field.transform = ReadEnum<PartitionTransform>(in, PartitionTransform::kYear);
    return field;
  });
  spec.partitions = ReadList<PartitionDef>(in, [&] { return DeserializePartitionDef(in); });
  spec.sql = in.GetString();
  return spec;
}

void WriteFieldIds(const std::vector<FieldId>& ids, ByteWriter& out) {
  WriteList(ids, out, [&](FieldId id) { WriteId(id, out); });
}
std::vector<FieldId> ReadFieldIds(ByteReader& in) {
  return ReadList<FieldId>(in, [&] { return ReadId<FieldId>(in); });
}

}  // namespace

std::string_view TableKindName(TableKind kind) {
  switch (kind) {
    case TableKind::kDuplicateKey:
      return "DUPLICATE KEY";
    case TableKind::kPrimaryKey:
      return "PRIMARY KEY";
    case TableKind::kAggregateKey:
      return "AGGREGATE KEY";
    case TableKind::kUniqueKey:
      return "UNIQUE KEY";
  }
  return "?";
}

std::string_view PartitionTransformName(PartitionTransform transform) {
  switch (transform) {
    case PartitionTransform::kIdentity:
      return "identity";
    case PartitionTransform::kHour:
      return "hour";
    case PartitionTransform::kDay:
      return "day";
    case PartitionTransform::kWeek:
      return "week";
    case PartitionTransform::kMonth:
      return "month";
    case PartitionTransform::kYear:
      return "year";
  }
  return "?";
}

void SerializePartitionDef(const PartitionDef& def, ByteWriter& out) {
  out.PutString(def.name);
  WriteOptional(def.lower, out, [&](const Value& value) { value.Serialize(out); });
  WriteOptional(def.upper, out, [&](const Value& value) { value.Serialize(out); });
  WriteList(def.values, out, [&](const Value& value) { value.Serialize(out); });
}

PartitionDef DeserializePartitionDef(ByteReader& in) {
  PartitionDef def;
  def.name = in.GetString();
  def.lower = ReadOptional<Value>(in, [&] { return Value::Deserialize(in); });
  def.upper = ReadOptional<Value>(in, [&] { return Value::Deserialize(in); });
  def.values = ReadList<Value>(in, [&] { return Value::Deserialize(in); });
  return def;
}

void SerializeColumnDef(const ColumnDef& column, ByteWriter& out) {
  WriteId(column.id, out);
  out.PutString(column.name);
  SerializeType(column.type, out);
  out.Put<uint8_t>(column.nullable ? 1 : 0);
  out.PutString(column.default_sql);
  WriteOptional(column.default_value, out, [&](const Value& value) { value.Serialize(out); });
  WriteOptional(column.initial_value, out, [&](const Value& value) { value.Serialize(out); });
  out.PutString(column.comment);
  out.PutString(column.aggregate);
}

ColumnDef DeserializeColumnDef(ByteReader& in) {
  ColumnDef column;
  column.id = ReadId<FieldId>(in);
  column.name = in.GetString();
  column.type = DeserializeType(in);
  column.nullable = in.Get<uint8_t>() != 0;
  column.default_sql = in.GetString();
  column.default_value = ReadOptional<Value>(in, [&] { return Value::Deserialize(in); });
  column.initial_value = ReadOptional<Value>(in, [&] { return Value::Deserialize(in); });
  column.comment = in.GetString();
  column.aggregate = in.GetString();
  return column;
}

const ColumnDef* TableDef::FindColumn(std::string_view column_name) const {
  for (const ColumnDef& column : columns) {
    if (column.name == column_name) return &column;
  }
  return nullptr;
}

const ColumnDef* TableDef::FindColumnAnyCase(std::string_view column_name) const {
  if (const ColumnDef* exact = FindColumn(column_name)) return exact;
  const ColumnDef* found = nullptr;
  for (const ColumnDef& column : columns) {
    if (!SameAnyCase(column.name, column_name)) continue;
    if (found != nullptr) return nullptr;
    found = &column;
  }
  return found;
}

const ColumnDef* TableDef::FindColumn(FieldId column) const {
  const size_t index = ColumnIndex(column);
  return index == columns.size() ? nullptr : &columns[index];
}

size_t TableDef::ColumnIndex(FieldId column) const {
  size_t index = 0;
  while (index < columns.size() && columns[index].id != column) ++index;
  return index;
}

Schema TableDef::RowType() const {
  Schema out;
  out.reserve(columns.size());
  for (const ColumnDef& column : columns) out.push_back({column.name, column.type, column.nullable});
  return out;
}

std::string_view TableDef::property(std::string_view key, std::string_view fallback) const {
  const auto at = properties.find(std::string(key));
  return at == properties.end() ? fallback : std::string_view(at->second);
}

void TableDef::Serialize(ByteWriter& out) const {
  out.Put(kTableFormat);
  WriteId(id, out);
  WriteId(database, out);
  WriteId(schema, out);
  out.PutString(name);
  WriteList(columns, out, [&](const ColumnDef& column) { SerializeColumnDef(column, out); });
  out.Put(kind);
  WriteFieldIds(key_columns, out);
  WritePartition(partition, out);
  WriteFieldIds(distribution.hash_columns, out);
  out.PutVarint(distribution.buckets);
  WriteFieldIds(sort_key, out);
  out.PutVarint(properties.size());
  for (const auto& [key, value] : properties) {
    out.PutString(key);
    out.PutString(value);
  }
  out.PutString(comment);
  WriteId(next_field, out);
  WriteId(created_version, out);
  WriteId(changed_version, out);
}

TableDef TableDef::Deserialize(ByteReader& in) {
  CheckFormat(in.Get<uint8_t>(), kTableFormat, "table");
  TableDef table;
  table.id = ReadId<TableId>(in);
  table.database = ReadId<DatabaseId>(in);
  table.schema = ReadId<SchemaId>(in);
  table.name = in.GetString();
  table.columns = ReadList<ColumnDef>(in, [&] { return DeserializeColumnDef(in); });
  table.kind = ReadEnum<TableKind>(in, TableKind::kUniqueKey);
  table.key_columns = ReadFieldIds(in);
  table.partition = ReadPartition(in);
  table.distribution.hash_columns = ReadFieldIds(in);
  table.distribution.buckets = static_cast<uint32_t>(in.GetVarint());
  table.sort_key = ReadFieldIds(in);
  const uint64_t properties = in.GetVarint();
  for (uint64_t i = 0; i < properties; ++i) {
    std::string key(in.GetString());
    table.properties[std::move(key)] = in.GetString();
  }
  table.comment = in.GetString();
  table.next_field = ReadId<FieldId>(in);
  table.created_version = ReadId<Version>(in);
  table.changed_version = ReadId<Version>(in);
  return table;
}

void ViewDef::Serialize(ByteWriter& out) const {
  out.Put(kViewFormat);
  WriteId(id, out);
  WriteId(database, out);
  WriteId(schema, out);
  out.PutString(name);
  out.PutString(sql);
  WriteList(columns, out, [&](const Field& field) {
    out.PutString(field.name);
    SerializeType(field.type, out);
    out.Put<uint8_t>(field.nullable ? 1 : 0);
  });
  WriteList(search_path, out, [&](const std::string& part) { out.PutString(part); });
  out.PutString(comment);
  WriteId(created_version, out);
}

ViewDef ViewDef::Deserialize(ByteReader& in) {
  CheckFormat(in.Get<uint8_t>(), kViewFormat, "view");
  ViewDef view;
  view.id = ReadId<TableId>(in);
  view.database = ReadId<DatabaseId>(in);
  view.schema = ReadId<SchemaId>(in);
  view.name = in.GetString();
  view.sql = in.GetString();
  view.columns = ReadList<Field>(in, [&] {
    Field field;
    field.name = in.GetString();
    field.type = DeserializeType(in);
    field.nullable = in.Get<uint8_t>() != 0;
    return field;
  });
  view.search_path = ReadList<std::string>(in, [&] { return std::string(in.GetString()); });
  view.comment = in.GetString();
  view.created_version = ReadId<Version>(in);
  return view;
}

}  // namespace weir
