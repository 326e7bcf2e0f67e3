#include "types/type.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/error.h"

namespace weir {

struct Type::Nested {
  std::vector<Field> fields;  // list: 1, map: 2 (key, value), struct: its fields
  // enum
  std::string name;
  std::vector<EnumLabel> labels;
  std::vector<int32_t> by_text;    // positions in the order of the texts
  std::vector<int32_t> by_stored;  // in the order of the stored texts
  // notes
  std::string domain;
  uint32_t domain_id = 0;
  std::optional<Collation> collation;
};

Type::Type(TypeKind kind) : kind_(kind) {
  WEIR_CHECK(!is_nested() && kind != TypeKind::kDecimal && kind != TypeKind::kEnum, "kind={}", static_cast<int>(kind));
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

Type Type::Bit(uint32_t length, bool varying) {
  Type type(TypeKind::kBit);
  type.length_ = length;
  type.scale_ = varying ? 1 : 0;
  return type;
}

Type Type::Enum(std::string name, uint32_t id, std::vector<EnumLabel> labels) {
  auto nested = std::make_shared<Nested>();
  nested->name = std::move(name);
  nested->labels = std::move(labels);
  const auto sorted = [&](std::string EnumLabel::* text) {
    std::vector<int32_t> order(nested->labels.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int32_t>(i);
    std::sort(order.begin(), order.end(),
              [&](int32_t a, int32_t b) { return nested->labels[a].*text < nested->labels[b].*text; });
    return order;
  };
  nested->by_text = sorted(&EnumLabel::text);
  nested->by_stored = sorted(&EnumLabel::stored);
  Type type;
  type.kind_ = TypeKind::kEnum;
  type.length_ = id;
  type.nested_ = std::move(nested);
  return type;
}

const std::string& Type::enum_name() const {
  WEIR_CHECK(kind_ == TypeKind::kEnum);
  return nested_->name;
}

std::span<const EnumLabel> Type::labels() const {
  WEIR_CHECK(kind_ == TypeKind::kEnum);
  return nested_->labels;
}

namespace {

std::optional<int32_t> FindIn(const std::vector<EnumLabel>& labels, const std::vector<int32_t>& order,
                              std::string EnumLabel::* member, std::string_view text) {
  const auto at = std::lower_bound(order.begin(), order.end(), text,
                                   [&](int32_t i, std::string_view value) { return labels[i].*member < value; });
  if (at == order.end() || labels[*at].*member != text) return std::nullopt;
  return *at;
}

}  // namespace

std::optional<int32_t> Type::FindLabel(std::string_view text) const {
  WEIR_CHECK(kind_ == TypeKind::kEnum);
  return FindIn(nested_->labels, nested_->by_text, &EnumLabel::text, text);
}

std::optional<int32_t> Type::FindStoredLabel(std::string_view stored) const {
  WEIR_CHECK(kind_ == TypeKind::kEnum);
  return FindIn(nested_->labels, nested_->by_stored, &EnumLabel::stored, stored);
}

std::shared_ptr<Type::Nested> Type::CopyNested() const {
  return nested_ == nullptr ? std::make_shared<Nested>() : std::make_shared<Nested>(*nested_);
}

std::string_view Type::domain() const {
  return nested_ == nullptr ? std::string_view() : nested_->domain;
}

uint32_t Type::domain_id() const {
  return nested_ == nullptr ? 0 : nested_->domain_id;
}

Type Type::WithDomain(std::string name, uint32_t id) const {
  if (domain() == name) return *this;
  auto nested = CopyNested();
  nested->domain = std::move(name);
  nested->domain_id = id;
  Type type = *this;
  type.nested_ = std::move(nested);
  return type;
}

const Collation* Type::collation() const {
  return nested_ == nullptr || !nested_->collation.has_value() ? nullptr : &*nested_->collation;
}

Type Type::WithCollation(std::optional<Collation> collation) const {
  if (!collation.has_value() && this->collation() == nullptr) return *this;
  auto nested = CopyNested();
  nested->collation = std::move(collation);
  Type type = *this;
  type.nested_ = std::move(nested);
  return type;
}

bool Type::SameNotes(const Type& other) const {
  if (nested_ == other.nested_) return true;
  const Collation* left = collation();
  const Collation* right = other.collation();
  return domain() == other.domain() && (left == nullptr) == (right == nullptr) && (left == nullptr || *left == *right);
}

std::shared_ptr<const Type::Nested> Type::WithFields(std::vector<Field> fields) {
  auto nested = std::make_shared<Nested>();
  nested->fields = std::move(fields);
  return nested;
}

Type Type::List(Type element) {
  Type type;
  type.kind_ = TypeKind::kList;
  type.nested_ = WithFields({Field{"element", std::move(element)}});
  return type;
}

Type Type::Map(Type key, Type value) {
  Type type;
  type.kind_ = TypeKind::kMap;
  type.nested_ = WithFields({Field{"key", std::move(key), false}, Field{"value", std::move(value)}});
  return type;
}

Type Type::Struct(std::vector<Field> fields) {
  Type type;
  type.kind_ = TypeKind::kStruct;
  type.nested_ = WithFields(std::move(fields));
  return type;
}

PhysicalType Type::physical() const {
  switch (kind_) {
    case TypeKind::kUnknown:
    case TypeKind::kVarchar:
    case TypeKind::kVarbinary:
    case TypeKind::kJson:
    case TypeKind::kBit:
    case TypeKind::kHll:
    case TypeKind::kBitmap:
    case TypeKind::kPercentile:
      return PhysicalType::kString;
    case TypeKind::kBoolean:
      return PhysicalType::kBool;
    case TypeKind::kInt8:
      return PhysicalType::kInt8;
    case TypeKind::kInt16:
      return PhysicalType::kInt16;
    case TypeKind::kInt32:
    case TypeKind::kDate:
    case TypeKind::kEnum:
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
  if (!domain().empty()) return std::string(domain());
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
    case TypeKind::kBit: {
      const std::string_view name = is_varying() ? "bit varying" : "bit";
      return length_ == 0 ? std::string(name) : fmt::format("{}({})", name, length_);
    }
    case TypeKind::kEnum: {
      if (!enum_name().empty()) return enum_name();
      std::string out = "enum(";
      for (const EnumLabel& label : labels()) {
        if (out.back() != '(') out += ", ";
        out += '\'';
        for (const char c : label.text) out += c == '\'' ? std::string("''") : std::string(1, c);
        out += '\'';
      }
      return out + ")";
    }
    case TypeKind::kHll:
      return "hll";
    case TypeKind::kBitmap:
      return "bitmap";
    case TypeKind::kPercentile:
      return "percentile";
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
  if (a.nested_ == b.nested_ || (!a.is_nested() && a.kind_ != TypeKind::kEnum)) return true;
  if (a.kind_ == TypeKind::kEnum) {
    return a.nested_->name == b.nested_->name && a.nested_->labels == b.nested_->labels;
  }
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
