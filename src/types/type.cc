#include "types/type.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/error.h"

namespace weir {

struct Type::Nested {
  std::vector<Field> fields;  // list: 1, map: 2 (key, value), struct: its fields
};

Type::Type(TypeKind kind) : kind_(kind) {
  WEIR_CHECK(kind < TypeKind::kList && kind != TypeKind::kDecimal, "kind={}", static_cast<int>(kind));
}

Type Type::Decimal(int precision, int scale) {
  if (precision < 1 || precision > kDecimalPrecisionMax) {
    throw Error::User(sqlstate::kInvalidParameterValue, "numeric precision must be between 1 and {}: {}",
                      kDecimalPrecisionMax, precision);
  }
  if (scale < 0 || scale > precision) {
    throw Error::User(sqlstate::kInvalidParameterValue, "numeric scale must be between 0 and precision {}: {}",
                      precision, scale);
  }
  Type type;
  type.kind_ = TypeKind::kDecimal;
  type.precision_ = static_cast<uint8_t>(precision);
  type.scale_ = static_cast<uint8_t>(scale);
  return type;
}

Type Type::WithFraction(TypeKind kind, int digits) {
  WEIR_CHECK(digits >= 0 && digits <= 6, "digits={}", digits);
  Type type(kind);
  if (digits < 6) type.fraction_ = static_cast<uint8_t>(digits + 1);
  return type;
}

Type Type::List(Type element) {
  Type type;
  type.kind_ = TypeKind::kList;
  type.nested_ = std::make_shared<const Nested>(Nested{{Field{"element", std::move(element)}}});
  return type;
}

Type Type::Map(Type key, Type value) {
  Type type;
  type.kind_ = TypeKind::kMap;
  type.nested_ =
      std::make_shared<const Nested>(Nested{{Field{"key", std::move(key), false}, Field{"value", std::move(value)}}});
  return type;
}

Type Type::Struct(std::vector<Field> fields) {
  Type type;
  type.kind_ = TypeKind::kStruct;
  type.nested_ = std::make_shared<const Nested>(Nested{std::move(fields)});
  return type;
}

PhysicalType Type::physical() const {
  switch (kind_) {
    case TypeKind::kUnknown:
    case TypeKind::kVarchar:
    case TypeKind::kVarbinary:
    case TypeKind::kJson:
      return PhysicalType::kString;
    case TypeKind::kBoolean:
      return PhysicalType::kBool;
    case TypeKind::kInt8:
      return PhysicalType::kInt8;
    case TypeKind::kInt16:
      return PhysicalType::kInt16;
    case TypeKind::kInt32:
    case TypeKind::kDate:
      return PhysicalType::kInt32;
    case TypeKind::kInt64:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
      return PhysicalType::kInt64;
    case TypeKind::kInt128:
    case TypeKind::kUuid:
      return PhysicalType::kInt128;
    case TypeKind::kFloat:
      return PhysicalType::kFloat;
    case TypeKind::kDouble:
      return PhysicalType::kDouble;
    case TypeKind::kDecimal:
      return precision_ <= kDecimalPrecisionInt64Max ? PhysicalType::kInt64 : PhysicalType::kInt128;
    case TypeKind::kInterval:
      return PhysicalType::kInterval;
    case TypeKind::kList:
      return PhysicalType::kList;
    case TypeKind::kStruct:
      return PhysicalType::kStruct;
    case TypeKind::kMap:
      return PhysicalType::kMap;
  }
  WEIR_CHECK(false, "type kind {}", static_cast<int>(kind_));
}

const Type& Type::element() const {
  WEIR_CHECK(kind_ == TypeKind::kList);
  return nested_->fields[0].type;
}

const Type& Type::key() const {
  WEIR_CHECK(kind_ == TypeKind::kMap);
  return nested_->fields[0].type;
}

const Type& Type::value() const {
  WEIR_CHECK(kind_ == TypeKind::kMap);
  return nested_->fields[1].type;
}

std::span<const Field> Type::fields() const {
  WEIR_CHECK(kind_ == TypeKind::kStruct);
  return nested_->fields;
}

size_t Type::child_count() const {
  return nested_ == nullptr ? 0 : nested_->fields.size();
}

const Type& Type::child(size_t i) const {
  WEIR_CHECK(i < child_count(), "child {} of {}", i, ToString());
  return nested_->fields[i].type;
}

std::string Type::ToString() const {
  const std::string fraction = fraction_ == 0 ? "" : fmt::format("({})", fraction_digits());
  switch (kind_) {
    case TypeKind::kUnknown:
      return "unknown";
    case TypeKind::kBoolean:
      return "boolean";
    case TypeKind::kInt8:
      return "tinyint";
    case TypeKind::kInt16:
      return "smallint";
    case TypeKind::kInt32:
      return "integer";
    case TypeKind::kInt64:
      return "bigint";
    case TypeKind::kInt128:
      return "largeint";
    case TypeKind::kFloat:
      return "real";
    case TypeKind::kDouble:
      return "double precision";
    case TypeKind::kDecimal:
      if (natural_scale_ && *this == Numeric()) return "numeric";
      return fmt::format("numeric({},{})", precision_, scale_);
    case TypeKind::kDate:
      return "date";
    case TypeKind::kTime:
      return fmt::format("time{} without time zone", fraction);
    case TypeKind::kTimestamp:
      return fmt::format("timestamp{} without time zone", fraction);
    case TypeKind::kTimestampTz:
      return fmt::format("timestamp{} with time zone", fraction);
    case TypeKind::kTimestampNs:
      return "timestamp(9) without time zone";
    case TypeKind::kTimestampTzNs:
      return "timestamp(9) with time zone";
    case TypeKind::kInterval:
      return "interval" + fraction;
    case TypeKind::kVarchar:
      return length_ == 0 ? "text" : fmt::format("character varying({})", length_);
    case TypeKind::kVarbinary:
      return "bytea";
    case TypeKind::kUuid:
      return "uuid";
    case TypeKind::kJson:
      return is_jsonb() ? "jsonb" : "json";
    case TypeKind::kList:
      return element().ToString() + "[]";
    case TypeKind::kMap:
      return fmt::format("map({}, {})", key().ToString(), value().ToString());
    case TypeKind::kStruct: {
      std::string out = "struct(";
      for (const Field& field : fields()) {
        if (out.back() != '(') out += ", ";
        out += fmt::format("{} {}", field.name, field.type.ToString());
      }
      return out + ")";
    }
  }
  WEIR_CHECK(false, "type kind {}", static_cast<int>(kind_));
}

std::string Type::Name() const {
  switch (kind_) {
    case TypeKind::kDecimal:
      return "numeric";
    case TypeKind::kVarchar:
      return length_ == 0 ? "text" : "character varying";
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kInterval:
      return Type(kind_).ToString();
    case TypeKind::kList:
      return element().Name() + "[]";
    default:
      return ToString();
  }
}

bool operator==(const Type& a, const Type& b) {
  if (a.kind_ != b.kind_ || a.precision_ != b.precision_ || a.scale_ != b.scale_ || a.length_ != b.length_)
    return false;
  if (a.nested_ == b.nested_) return true;
  if (a.nested_ == nullptr || b.nested_ == nullptr) return false;
  const auto& left = a.nested_->fields;
  const auto& right = b.nested_->fields;
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    // Nullability of nested parts is a matter of storage, not of type; names matter for structs only.
    if (!(left[i].type == right[i].type) || (a.kind_ == TypeKind::kStruct && left[i].name != right[i].name))
      return false;
  }
  return true;
}

size_t PhysicalWidth(PhysicalType type) {
  switch (type) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8:
      return 1;
    case PhysicalType::kInt16:
      return 2;
    case PhysicalType::kInt32:
    case PhysicalType::kFloat:
      return 4;
    case PhysicalType::kInt64:
    case PhysicalType::kDouble:
    case PhysicalType::kList:
    case PhysicalType::kMap:
      return 8;
    case PhysicalType::kInt128:
    case PhysicalType::kInterval:
    case PhysicalType::kString:
      return 16;
    case PhysicalType::kStruct:
      return 0;
  }
  WEIR_CHECK(false, "physical type {}", static_cast<int>(type));
}

std::string_view PhysicalTypeName(PhysicalType type) {
  constexpr std::string_view kNames[] = {"bool",   "int8",     "int16",  "int32", "int64",  "int128", "float",
                                         "double", "interval", "string", "list",  "struct", "map"};
  return kNames[static_cast<size_t>(type)];
}

}  // namespace weir
