#include "format/parquet/writer_schema.h"

namespace weir::parquet {

namespace {

struct Builder {
  WriterSchema& schema;
  const WriterColumn& column;
  size_t column_index;
  std::vector<std::string> path{};

  SchemaElement& Add(const std::string& name, Repetition repetition) {
    path.push_back(name);
    SchemaElement& element = schema.elements.emplace_back();
    element.name = name;
    element.repetition = repetition;
    return element;
  }

  // `definition` and `repetition` are the levels of what is around; `id` the field id, for the outermost only.
  WriterNode Build(const std::string& name, const Type& type, bool nullable, std::optional<int32_t> id, int definition,
                   int repetition) {
    WriterNode node;
    node.type = type;
    node.nullable = nullable;
    if (nullable) ++definition;
    SchemaElement& element = Add(name, nullable ? Repetition::kOptional : Repetition::kRequired);
    element.field_id = id;
    switch (type.kind()) {
      case TypeKind::kStruct: {
        if (type.child_count() == 0) {
          throw Error::Unsupported("add a field", "Parquet has no structs without fields: {}", column.name);
        }
        element.num_children = static_cast<int32_t>(type.child_count());
        for (const Field& field : type.fields()) {
          node.children.push_back(Build(field.name, field.type, field.nullable, {}, definition, repetition));
        }
        break;
      }
      case TypeKind::kList: {
        element.num_children = 1;
        element.converted_type = ConvertedType::kList;
        element.logical_type = LogicalType{.kind = LogicalType::Kind::kList};
        Add("list", Repetition::kRepeated).num_children = 1;
        node.repetition = repetition + 1;
        node.children.push_back(Build("element", type.element(), true, {}, definition + 1, repetition + 1));
        path.pop_back();
        break;
      }
      case TypeKind::kMap: {
        element.num_children = 1;
        element.converted_type = ConvertedType::kMap;
        element.logical_type = LogicalType{.kind = LogicalType::Kind::kMap};
        Add("key_value", Repetition::kRepeated).num_children = 2;
        node.repetition = repetition + 1;
        node.children.push_back(Build("key", type.key(), false, {}, definition + 1, repetition + 1));
        node.children.push_back(Build("value", type.value(), true, {}, definition + 1, repetition + 1));
        path.pop_back();
        break;
      }
      default: {
        WriterLeaf leaf;
        leaf.type = type;
        leaf.definition_max = definition;
        leaf.repetition_max = repetition;
        leaf.path = path;
        leaf.column = column_index;
        leaf.is_top_level = path.size() == 1;
        leaf.bloom_filter = column.bloom_filter;
        leaf.encoding = column.encoding;
        Describe(type, element, leaf);
        node.leaf = schema.leaves.size();
        schema.leaves.push_back(std::move(leaf));
      }
    }
    path.pop_back();
    return node;
  }

  static void Integer(SchemaElement& element, int bits, ConvertedType converted) {
    element.converted_type = converted;
    element.logical_type = LogicalType{.kind = LogicalType::Kind::kInteger, .bit_width = static_cast<int8_t>(bits)};
  }

  static void Decimal(SchemaElement& element, int precision, int scale) {
    element.converted_type = ConvertedType::kDecimal;
    element.precision = precision;
    element.scale = scale;
    element.logical_type = LogicalType{.kind = LogicalType::Kind::kDecimal, .scale = scale, .precision = precision};
  }

  static void Store(StoredKind stored, PhysicalKind physical, SchemaElement& element, WriterLeaf& leaf,
                    int fixed_bytes = 0) {
    leaf.stored = stored;
    leaf.physical = physical;
    leaf.fixed_bytes = fixed_bytes;
    element.type = physical;
    if (fixed_bytes != 0) element.type_length = fixed_bytes;
  }

  static void Timestamp(SchemaElement& element, WriterLeaf& leaf) {
    Store(StoredKind::kInt64, PhysicalKind::kInt64, element, leaf);
    const bool utc = leaf.type.has_time_zone();
    const bool nanos = leaf.type.is_timestamp_ns();
    // The old annotation exists for microseconds in UTC only.
    if (!nanos && utc) element.converted_type = ConvertedType::kTimestampMicros;
    element.logical_type = LogicalType{.kind = LogicalType::Kind::kTimestamp,
                                       .adjusted_to_utc = utc,
                                       .unit = nanos ? TimeUnit::kNanos : TimeUnit::kMicros};
  }

  void Describe(const Type& type, SchemaElement& element, WriterLeaf& leaf) const {
    switch (type.kind()) {
      case TypeKind::kBoolean:
        return Store(StoredKind::kBoolean, PhysicalKind::kBoolean, element, leaf);
      case TypeKind::kInt8:
        Integer(element, 8, ConvertedType::kInt8);
        return Store(StoredKind::kInt32, PhysicalKind::kInt32, element, leaf);
      case TypeKind::kInt16:
        Integer(element, 16, ConvertedType::kInt16);
        return Store(StoredKind::kInt32, PhysicalKind::kInt32, element, leaf);
      case TypeKind::kInt32:
        return Store(StoredKind::kInt32, PhysicalKind::kInt32, element, leaf);
      case TypeKind::kInt64:
        return Store(StoredKind::kInt64, PhysicalKind::kInt64, element, leaf);
      case TypeKind::kInt128:
        // Its last digit may be one more than decimals have; readers take the 16 bytes all the same.
        Decimal(element, 38, 0);
        return Store(StoredKind::kFixedBytes, PhysicalKind::kFixedLenByteArray, element, leaf, 16);
      case TypeKind::kFloat:
        return Store(StoredKind::kFloat, PhysicalKind::kFloat, element, leaf);
      case TypeKind::kDouble:
        return Store(StoredKind::kDouble, PhysicalKind::kDouble, element, leaf);
      case TypeKind::kDecimal:
        Decimal(element, type.precision(), type.scale());
        if (type.precision() <= 9) return Store(StoredKind::kInt32, PhysicalKind::kInt32, element, leaf);
        if (type.precision() <= 18) return Store(StoredKind::kInt64, PhysicalKind::kInt64, element, leaf);
        return Store(StoredKind::kFixedBytes, PhysicalKind::kFixedLenByteArray, element, leaf, 16);
      case TypeKind::kDate:
        element.converted_type = ConvertedType::kDate;
        element.logical_type = LogicalType{.kind = LogicalType::Kind::kDate};
        return Store(StoredKind::kInt32, PhysicalKind::kInt32, element, leaf);
      case TypeKind::kTime:
        element.logical_type = LogicalType{.kind = LogicalType::Kind::kTime, .unit = TimeUnit::kMicros};
        return Store(StoredKind::kInt64, PhysicalKind::kInt64, element, leaf);
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampTz:
      case TypeKind::kTimestampNs:
      case TypeKind::kTimestampTzNs:
        return Timestamp(element, leaf);
      case TypeKind::kInterval:
        element.converted_type = ConvertedType::kInterval;
        leaf.has_order = false;
        return Store(StoredKind::kFixedBytes, PhysicalKind::kFixedLenByteArray, element, leaf, 12);
      case TypeKind::kVarchar:
        element.converted_type = ConvertedType::kUtf8;
        element.logical_type = LogicalType{.kind = LogicalType::Kind::kString};
        return Store(StoredKind::kBytes, PhysicalKind::kByteArray, element, leaf);
      case TypeKind::kVarbinary:
      case TypeKind::kHll:
      case TypeKind::kBitmap:
      case TypeKind::kPercentile:
        return Store(StoredKind::kBytes, PhysicalKind::kByteArray, element, leaf);
      case TypeKind::kUuid:
        element.logical_type = LogicalType{.kind = LogicalType::Kind::kUuid};
        return Store(StoredKind::kFixedBytes, PhysicalKind::kFixedLenByteArray, element, leaf, 16);
      case TypeKind::kJson:
        element.converted_type = ConvertedType::kJson;
        element.logical_type = LogicalType{.kind = LogicalType::Kind::kJson};
        return Store(StoredKind::kBytes, PhysicalKind::kByteArray, element, leaf);
      default:
        throw Error::Unsupported("cast it to another type", "Parquet has no form for type {}: {}", type.ToString(),
                                 column.name);
    }
  }
};

}  // namespace

WriterSchema BuildWriterSchema(const std::vector<WriterColumn>& columns) {
  WriterSchema schema;
  SchemaElement& root = schema.elements.emplace_back();
  root.name = "schema";
  root.num_children = static_cast<int32_t>(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    Builder builder{schema, columns[i], i};
    schema.columns.push_back(
        builder.Build(columns[i].name, columns[i].type, columns[i].nullable, columns[i].field_id, 0, 0));
  }
  return schema;
}

}  // namespace weir::parquet
