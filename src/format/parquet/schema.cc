#include "format/parquet/schema.h"

#include <utility>

#include "format/parquet/corrupt.h"

namespace weir::parquet {

size_t Leaf::raw_width() const {
  switch (physical) {
    case PhysicalKind::kBoolean:
      return 1;
    case PhysicalKind::kInt32:
    case PhysicalKind::kFloat:
      return 4;
    case PhysicalKind::kInt64:
    case PhysicalKind::kDouble:
      return 8;
    case PhysicalKind::kInt96:
      return 12;
    case PhysicalKind::kFixedLenByteArray:
      return static_cast<size_t>(type_length);
    case PhysicalKind::kByteArray:
      break;
  }
  return 0;
}

namespace {

using Kind = LogicalType::Kind;

// What the two generations of annotations say, in the newer one's words.
std::optional<LogicalType> Annotation(const SchemaElement& element) {
  if (element.logical_type.has_value()) return element.logical_type;
  if (!element.converted_type.has_value()) return std::nullopt;
  LogicalType out;
  const auto with = [&](Kind kind) {
    out.kind = kind;
    return out;
  };
  const auto integer = [&](int8_t bits, bool is_signed) {
    out.bit_width = bits;
    out.is_signed = is_signed;
    return with(Kind::kInteger);
  };
  // The old time types were defined as instants.
  const auto time = [&](Kind kind, TimeUnit unit) {
    out.unit = unit;
    out.adjusted_to_utc = true;
    return with(kind);
  };
  switch (*element.converted_type) {
    case ConvertedType::kUtf8:
      return with(Kind::kString);
    case ConvertedType::kMap:
    case ConvertedType::kMapKeyValue:
      return with(Kind::kMap);
    case ConvertedType::kList:
      return with(Kind::kList);
    case ConvertedType::kEnum:
      return with(Kind::kEnum);
    case ConvertedType::kDecimal:
      out.precision = element.precision.value_or(0);
      out.scale = element.scale.value_or(0);
      return with(Kind::kDecimal);
    case ConvertedType::kDate:
      return with(Kind::kDate);
    case ConvertedType::kTimeMillis:
      return time(Kind::kTime, TimeUnit::kMillis);
    case ConvertedType::kTimeMicros:
      return time(Kind::kTime, TimeUnit::kMicros);
    case ConvertedType::kTimestampMillis:
      return time(Kind::kTimestamp, TimeUnit::kMillis);
    case ConvertedType::kTimestampMicros:
      return time(Kind::kTimestamp, TimeUnit::kMicros);
    case ConvertedType::kUint8:
      return integer(8, false);
    case ConvertedType::kUint16:
      return integer(16, false);
    case ConvertedType::kUint32:
      return integer(32, false);
    case ConvertedType::kUint64:
      return integer(64, false);
    case ConvertedType::kInt8:
      return integer(8, true);
    case ConvertedType::kInt16:
      return integer(16, true);
    case ConvertedType::kInt32:
      return integer(32, true);
    case ConvertedType::kInt64:
      return integer(64, true);
    case ConvertedType::kJson:
      return with(Kind::kJson);
    case ConvertedType::kBson:
      return with(Kind::kBson);
    case ConvertedType::kInterval:
      break;
  }
  return std::nullopt;
}

void MapDecimal(Leaf& leaf, int precision, int scale) {
  if (precision <= 0 || scale < 0 || scale > precision) {
    throw Corrupt("decimal type is invalid: column {}, precision {}, scale {}", leaf.path, precision, scale);
  }
  const bool bytes = leaf.physical == PhysicalKind::kByteArray || leaf.physical == PhysicalKind::kFixedLenByteArray;
  if (precision > Type::kDecimalPrecisionMax) {
    if (!bytes) throw Corrupt("decimal type is too wide for its storage: column {}", leaf.path);
    leaf.type = TypeKind::kDouble;
    leaf.conversion = Conversion::kBytesToDouble;
    return;
  }
  leaf.type = Type::Decimal(precision, scale);
  const bool small = leaf.type.physical() == PhysicalType::kInt64;
  if (bytes) {
    leaf.conversion = small ? Conversion::kBytesToInt64 : Conversion::kBytesToInt128;
  } else if (leaf.physical == PhysicalKind::kInt32) {
    if (!small) throw Corrupt("decimal type is too wide for its storage: column {}", leaf.path);
    leaf.conversion = Conversion::kInt32ToInt64;
  } else {
    leaf.conversion = small ? Conversion::kNone : Conversion::kInt64ToInt128;
  }
}

void MapInt32(Leaf& leaf) {
  leaf.type = TypeKind::kInt32;
  if (!leaf.logical.has_value()) return;
  const LogicalType& logical = *leaf.logical;
  switch (logical.kind) {
    case Kind::kInteger:
      leaf.is_unsigned = !logical.is_signed;
      if (logical.bit_width == 8) {
        leaf.type = logical.is_signed ? TypeKind::kInt8 : TypeKind::kInt16;
        leaf.conversion = logical.is_signed ? Conversion::kInt32ToInt8 : Conversion::kInt32ToInt16;
      } else if (logical.bit_width == 16) {
        leaf.type = logical.is_signed ? TypeKind::kInt16 : TypeKind::kInt32;
        leaf.conversion = logical.is_signed ? Conversion::kInt32ToInt16 : Conversion::kUint16;
      } else if (!logical.is_signed) {
        leaf.type = TypeKind::kInt64;
        leaf.conversion = Conversion::kUint32ToInt64;
      }
      return;
    case Kind::kDecimal:
      return MapDecimal(leaf, logical.precision, logical.scale);
    case Kind::kDate:
      leaf.type = TypeKind::kDate;
      return;
    case Kind::kTime:
      leaf.type = TypeKind::kTime;
      leaf.conversion = Conversion::kMillisToMicros32;
      return;
    default:
      return;
  }
}

void MapInt64(Leaf& leaf) {
  leaf.type = TypeKind::kInt64;
  if (!leaf.logical.has_value()) return;
  const LogicalType& logical = *leaf.logical;
  switch (logical.kind) {
    case Kind::kInteger:
      if (!logical.is_signed) {
        leaf.is_unsigned = true;
        leaf.type = Type::Decimal(20, 0);
        leaf.conversion = Conversion::kUint64ToInt128;
      }
      return;
    case Kind::kDecimal:
      return MapDecimal(leaf, logical.precision, logical.scale);
    case Kind::kTime:
      leaf.type = TypeKind::kTime;
      if (logical.unit == TimeUnit::kNanos) leaf.conversion = Conversion::kNanosToMicros;
      return;
    case Kind::kTimestamp:
      if (logical.unit == TimeUnit::kNanos) {
        leaf.type = logical.adjusted_to_utc ? TypeKind::kTimestampTzNs : TypeKind::kTimestampNs;
      } else {
        leaf.type = logical.adjusted_to_utc ? TypeKind::kTimestampTz : TypeKind::kTimestamp;
        if (logical.unit == TimeUnit::kMillis) leaf.conversion = Conversion::kMillisToMicros64;
      }
      return;
    default:
      return;
  }
}

void MapByteArray(Leaf& leaf, const SchemaOptions& options) {
  leaf.type = options.binary_as_string ? TypeKind::kVarchar : TypeKind::kVarbinary;
  if (!leaf.logical.has_value()) return;
  switch (leaf.logical->kind) {
    case Kind::kString:
    case Kind::kEnum:
      leaf.type = TypeKind::kVarchar;
      return;
    case Kind::kJson:
      leaf.type = TypeKind::kJson;
      return;
    case Kind::kDecimal:
      return MapDecimal(leaf, leaf.logical->precision, leaf.logical->scale);
    default:
      leaf.type = TypeKind::kVarbinary;
      return;
  }
}

void MapFixed(Leaf& leaf, const SchemaElement& element) {
  leaf.type = TypeKind::kVarbinary;
  leaf.conversion = Conversion::kFixedToString;
  if (element.converted_type == ConvertedType::kInterval && leaf.type_length == 12) {
    leaf.type = TypeKind::kInterval;
    leaf.conversion = Conversion::kInterval;
    return;
  }
  if (!leaf.logical.has_value()) return;
  switch (leaf.logical->kind) {
    case Kind::kDecimal:
      return MapDecimal(leaf, leaf.logical->precision, leaf.logical->scale);
    case Kind::kUuid:
      if (leaf.type_length != 16)
        throw Corrupt("uuid type is invalid: column {}, {} bytes", leaf.path, leaf.type_length);
      leaf.type = TypeKind::kUuid;
      leaf.conversion = Conversion::kUuid;
      return;
    case Kind::kFloat16:
      if (leaf.type_length != 2) {
        throw Corrupt("float16 type is invalid: column {}, {} bytes", leaf.path, leaf.type_length);
      }
      leaf.type = TypeKind::kFloat;
      leaf.conversion = Conversion::kHalfToFloat;
      return;
    case Kind::kString:
    case Kind::kEnum:
      leaf.type = TypeKind::kVarchar;
      return;
    default:
      return;
  }
}

void MapLeaf(Leaf& leaf, const SchemaElement& element, const SchemaOptions& options) {
  leaf.logical = Annotation(element);
  switch (leaf.physical) {
    case PhysicalKind::kBoolean:
      leaf.type = TypeKind::kBoolean;
      return;
    case PhysicalKind::kInt32:
      return MapInt32(leaf);
    case PhysicalKind::kInt64:
      return MapInt64(leaf);
    case PhysicalKind::kInt96:
      leaf.type = TypeKind::kTimestamp;
      leaf.conversion = Conversion::kInt96ToMicros;
      return;
    case PhysicalKind::kFloat:
      leaf.type = TypeKind::kFloat;
      return;
    case PhysicalKind::kDouble:
      leaf.type = TypeKind::kDouble;
      return;
    case PhysicalKind::kByteArray:
      return MapByteArray(leaf, options);
    case PhysicalKind::kFixedLenByteArray: {
      constexpr int kLengthMax = 1 << 20;
      leaf.type_length = element.type_length.value_or(0);
      if (leaf.type_length <= 0 || leaf.type_length > kLengthMax) {
        throw Corrupt("length of a fixed-length column is out of range: column {}, {}", leaf.path, leaf.type_length);
      }
      return MapFixed(leaf, element);
    }
  }
  throw Corrupt("unknown physical type: column {}, {}", leaf.path, static_cast<int>(leaf.physical));
}

// Walks the flattened tree. Two passes: the elements as a tree, then nodes with levels.
struct Element {
  const SchemaElement* element = nullptr;
  std::vector<Element> children;

  Repetition repetition() const { return element->repetition.value_or(Repetition::kRequired); }
  bool is_group() const { return !element->type.has_value(); }
  bool is_repeated() const { return repetition() == Repetition::kRepeated; }
};

class SchemaBuilder {
 public:
  SchemaBuilder(const FileMetaData& metadata, const SchemaOptions& options)
      : elements_(metadata.schema), options_(options) {}

  std::vector<SchemaNode> Build() {
    if (elements_.empty()) throw Corrupt("schema is empty");
    Element root = ReadElement(0);
    if (next_ != elements_.size()) throw Corrupt("schema has elements outside of its tree");
    std::vector<SchemaNode> columns;
    columns.reserve(root.children.size());
    for (const Element& child : root.children) columns.push_back(MakeNode(child, Levels(), ""));
    return columns;
  }

 private:
  static constexpr int kDepthMax = 64;

  struct Levels {
    int definition = 0;       // reached when everything above is there
    int slot_definition = 0;  // of the innermost repeated group above
    int slot_repetition = 0;
  };

  Element ReadElement(int depth) {
    if (next_ == elements_.size()) throw Corrupt("schema ends early");
    if (depth > kDepthMax) throw Corrupt("schema is nested deeper than {}", kDepthMax);
    Element out{&elements_[next_++], {}};
    const int32_t count = out.element->num_children.value_or(0);
    if (depth == 0 || out.is_group()) {
      if (count < 0) throw Corrupt("schema has a negative number of children: {}", out.element->name);
      for (int32_t i = 0; i < count; ++i) out.children.push_back(ReadElement(depth + 1));
    } else if (count > 0) {
      throw Corrupt("schema has a primitive with children: {}", out.element->name);
    }
    return out;
  }

  static std::string Join(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }

  // A field with its own repetition.
  SchemaNode MakeNode(const Element& element, Levels levels, const std::string& path) {
    if (element.is_repeated()) {
      // Repeated without a LIST around it: a list that is never NULL, of elements that are never NULL.
      SchemaNode list = Start(element, SchemaNode::Kind::kList, levels);
      list.nullable = false;
      list.valid_definition = levels.slot_definition;
      list.children.push_back(RepeatedElement(element, list, levels, path));
      list.type = Type::List(list.children[0].type);
      return list;
    }
    SchemaNode node = Start(element, SchemaNode::Kind::kLeaf, levels);
    node.nullable = element.repetition() == Repetition::kOptional;
    if (node.nullable) ++levels.definition;
    node.valid_definition = levels.definition;
    Fill(node, element, levels, Join(path, element.element->name));
    return node;
  }

  static SchemaNode Start(const Element& element, SchemaNode::Kind kind, const Levels& levels) {
    SchemaNode node;
    node.kind = kind;
    node.name = element.element->name;
    node.field_id = element.element->field_id;
    node.slot_definition = levels.slot_definition;
    node.slot_repetition = levels.slot_repetition;
    node.valid_definition = levels.definition;
    return node;
  }

  // The levels inside of a repeated element; notes in `list` where elements begin.
  static Levels Enter(SchemaNode& list, Levels levels) {
    ++levels.definition;
    list.element_definition = levels.definition;
    levels.slot_definition = levels.definition;
    ++levels.slot_repetition;
    return levels;
  }

  // The repeated element itself as the list's element.
  SchemaNode RepeatedElement(const Element& element, SchemaNode& list, const Levels& levels, const std::string& path) {
    const Levels inner = Enter(list, levels);
    SchemaNode node = Start(element, SchemaNode::Kind::kLeaf, inner);
    node.nullable = false;
    node.field_id = std::nullopt;
    Fill(node, element, inner, Join(path, element.element->name));
    return node;
  }

  // Kind, type and children; `levels` are those of the element being there.
  void Fill(SchemaNode& node, const Element& element, const Levels& levels, const std::string& path) {
    if (!element.is_group()) {
      node.kind = SchemaNode::Kind::kLeaf;
      node.leaf.index = leaves_++;
      node.leaf.physical = *element.element->type;
      node.leaf.path = path;
      node.leaf.definition_max = levels.definition;
      node.leaf.repetition_max = levels.slot_repetition;
      MapLeaf(node.leaf, *element.element, options_);
      node.type = node.leaf.type;
      return;
    }
    if (element.children.empty()) throw Corrupt("schema has a group without fields: {}", path);
    const auto annotation = Annotation(*element.element);
    if (annotation.has_value() && element.children.size() == 1 && element.children[0].is_repeated()) {
      const Element& repeated = element.children[0];
      if (annotation->kind == Kind::kList) return FillList(node, element, repeated, levels, path);
      if (annotation->kind == Kind::kMap && repeated.is_group() && repeated.children.size() == 2 &&
          !repeated.children[0].is_repeated()) {
        return FillMap(node, repeated, levels, path);
      }
    }
    node.kind = SchemaNode::Kind::kStruct;
    std::vector<Field> fields;
    fields.reserve(element.children.size());
    for (const Element& child : element.children) {
      const SchemaNode& field = node.children.emplace_back(MakeNode(child, levels, path));
      fields.push_back({field.name, field.type, field.nullable});
    }
    node.type = Type::Struct(std::move(fields));
  }

  void FillList(SchemaNode& node, const Element& list, const Element& repeated, const Levels& levels,
                const std::string& path) {
    node.kind = SchemaNode::Kind::kList;
    // The specification's rules for lists of older writers, in which the repeated field is the element.
    const bool two_levels = !repeated.is_group() || repeated.children.size() != 1 ||
                            repeated.children[0].is_repeated() || repeated.element->name == "array" ||
                            repeated.element->name == list.element->name + "_tuple";
    if (two_levels) {
      node.children.push_back(RepeatedElement(repeated, node, levels, path));
    } else {
      const Levels inner = Enter(node, levels);
      node.children.push_back(MakeNode(repeated.children[0], inner, Join(path, repeated.element->name)));
    }
    node.type = Type::List(node.children[0].type);
  }

  void FillMap(SchemaNode& node, const Element& entries, const Levels& levels, const std::string& path) {
    node.kind = SchemaNode::Kind::kMap;
    const Levels inner = Enter(node, levels);
    for (const Element& child : entries.children) {
      node.children.push_back(MakeNode(child, inner, Join(path, entries.element->name)));
    }
    node.type = Type::Map(node.children[0].type, node.children[1].type);
  }

  const std::vector<SchemaElement>& elements_;
  const SchemaOptions options_;
  size_t next_ = 0;
  int leaves_ = 0;
};

}  // namespace

std::vector<SchemaNode> BuildSchema(const FileMetaData& metadata, const SchemaOptions& options) {
  return SchemaBuilder(metadata, options).Build();
}

size_t CountLeaves(const SchemaNode& node) {
  if (node.kind == SchemaNode::Kind::kLeaf) return 1;
  size_t count = 0;
  for (const SchemaNode& child : node.children) count += CountLeaves(child);
  return count;
}

}  // namespace weir::parquet
