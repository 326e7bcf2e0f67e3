#include "types/value.h"

#include <cmath>

#include "base/check.h"
#include "base/hash.h"
#include "types/text.h"

namespace weir {

int128_t Value::wide() const {
  if (const auto* small = std::get_if<int64_t>(&data_)) return *small;
  return std::get<int128_t>(data_);
}

namespace {

int Sign(std::strong_ordering order) {
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

template <typename T>
int CompareNumbers(T a, T b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

int CompareDoubles(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
  return CompareNumbers(a, b);
}

int CompareParts(const std::vector<Value>& a, const std::vector<Value>& b) {
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    // NULLs inside nested values sort last and equal each other, as in PostgreSQL's arrays.
    if (a[i].is_null() || b[i].is_null()) {
      if (a[i].is_null() != b[i].is_null()) return a[i].is_null() ? 1 : -1;
      continue;
    }
    if (const int order = Value::Compare(a[i], b[i]); order != 0) return order;
  }
  return CompareNumbers(a.size(), b.size());
}

}  // namespace

int Value::Compare(const Value& a, const Value& b) {
  WEIR_CHECK(!a.is_null() && !b.is_null());
  switch (a.type_.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
      return CompareNumbers(a.integer(), b.integer());
    case PhysicalType::kInt128:
      return CompareNumbers(a.wide(), b.wide());
    case PhysicalType::kFloat:
    case PhysicalType::kDouble:
      return CompareDoubles(a.floating(), b.floating());
    case PhysicalType::kInterval:
      return CompareNumbers(a.interval().NormalizedMicros(), b.interval().NormalizedMicros());
    case PhysicalType::kString:
      return Sign(a.bytes() <=> b.bytes());
    case PhysicalType::kList:
    case PhysicalType::kStruct:
    case PhysicalType::kMap:
      return CompareParts(a.parts(), b.parts());
  }
  WEIR_CHECK(false, "physical type {}", static_cast<int>(a.type_.physical()));
}

bool operator==(const Value& a, const Value& b) {
  if (!(a.type_ == b.type_) || a.is_null() != b.is_null()) return false;
  return a.is_null() || Value::Compare(a, b) == 0;
}

uint64_t Value::Hash() const {
  switch (data_.index()) {
    case 0:
      return kNullHash;
    case 1:
      return HashInt(static_cast<uint64_t>(integer()));
    case 2:
      return HashInt128(wide());
    case 3:
      return HashDouble(floating());
    case 4:
      return HashString(bytes());
    case 5:
      return HashInt128(interval().NormalizedMicros());
    default: {
      uint64_t hash = parts().size();
      for (const Value& part : parts()) hash = HashCombine(hash, part.Hash());
      return hash;
    }
  }
}

std::string Value::ToString() const {
  return is_null() ? "NULL" : FormatValue(*this);
}

namespace {

// Stands before a type that has notes: a domain, a collation.
constexpr uint8_t kNotesTag = 0xFE;
// Where a TypeKind is written: no kind of its own in memory.
constexpr uint8_t kSerializedJsonb = 64;
// Added to the kind of a type with fraction_digits(), which then follow, and of numerics of natural scale.
constexpr uint8_t kModified = 0x80;

void SerializeNotes(const Type& type, ByteWriter& out) {
  const Collation* collation = type.collation();
  if (type.domain().empty() && collation == nullptr) return;
  out.Put(kNotesTag);
  out.PutString(type.domain());
  out.PutVarint(type.domain_id());
  out.Put(static_cast<uint8_t>(collation != nullptr));
  if (collation == nullptr) return;
  out.PutString(collation->name);
  out.PutString(collation->locale);
  out.Put(static_cast<uint8_t>(collation->deterministic));
  out.Put(static_cast<uint8_t>(collation->origin));
}

}  // namespace

void SerializeType(const Type& type, ByteWriter& out) {
  SerializeNotes(type, out);
  if (type.is_jsonb()) {
    out.Put(kSerializedJsonb);
    return;
  }
  const bool rounded = type.fraction_digits() >= 0;
  out.Put(static_cast<uint8_t>(static_cast<uint8_t>(type.kind()) |
                               (rounded || type.has_natural_scale() ? kModified : uint8_t{0})));
  if (rounded) {
    out.Put(static_cast<uint8_t>(type.fraction_digits()));
    return;
  }
  switch (type.kind()) {
    case TypeKind::kDecimal:
      out.Put(static_cast<uint8_t>(type.precision()));
      out.Put(static_cast<uint8_t>(type.scale()));
      break;
    case TypeKind::kVarchar:
      out.PutVarint(type.max_length());
      break;
    case TypeKind::kBit:
      out.PutVarint(type.max_length());
      out.Put(static_cast<uint8_t>(type.is_varying()));
      break;
    case TypeKind::kEnum:
      out.PutString(type.enum_name());
      out.PutVarint(type.enum_id());
      out.PutVarint(type.labels().size());
      for (const EnumLabel& label : type.labels()) {
        out.PutString(label.text);
        out.PutString(label.stored);
      }
      break;
    case TypeKind::kList:
      SerializeType(type.element(), out);
      break;
    case TypeKind::kMap:
      SerializeType(type.key(), out);
      SerializeType(type.value(), out);
      break;
    case TypeKind::kStruct:
      out.PutVarint(type.fields().size());
      for (const Field& field : type.fields()) {
        out.PutString(field.name);
        out.Put(static_cast<uint8_t>(field.nullable));
        SerializeType(field.type, out);
      }
      break;
    default:
      break;
  }
}

namespace {

constexpr int kTypeDepthMax = 100;

Type DeserializeTypeAt(ByteReader& in, int depth) {
  if (depth > kTypeDepthMax) throw Error::Operational(sqlstate::kDataCorrupted, "type nested too deeply");
  auto kind = in.Get<uint8_t>();
  if (kind == kSerializedJsonb) return Type::Jsonb();
  if (kind == kNotesTag) {
    std::string domain(in.GetString());
    const auto domain_id = static_cast<uint32_t>(in.GetVarint());
    std::optional<Collation> collation;
    if (in.Get<uint8_t>() != 0) {
      collation.emplace();
      collation->name = in.GetString();
      collation->locale = in.GetString();
      collation->deterministic = in.Get<uint8_t>() != 0;
      const auto origin = in.Get<uint8_t>();
      if (origin > static_cast<uint8_t>(Collation::Origin::kExplicit)) {
        throw Error::Operational(sqlstate::kDataCorrupted, "unknown origin of a collation: {}", origin);
      }
      collation->origin = static_cast<Collation::Origin>(origin);
    }
    return DeserializeTypeAt(in, depth + 1)
        .WithDomain(std::move(domain), domain_id)
        .WithCollation(std::move(collation));
  }
  const bool modified = (kind & kModified) != 0;
  kind &= static_cast<uint8_t>(~kModified);
  if (modified && kind != static_cast<uint8_t>(TypeKind::kDecimal)) {
    const auto digits = in.Get<uint8_t>();
    if (kind < static_cast<uint8_t>(TypeKind::kDate) || kind > static_cast<uint8_t>(TypeKind::kInterval) ||
        digits > 5) {
      throw Error::Operational(sqlstate::kDataCorrupted, "unknown modifier of a type: {}", kind);
    }
    return Type::WithFraction(static_cast<TypeKind>(kind), digits);
  }
  if (kind > static_cast<uint8_t>(TypeKind::kPercentile)) {
    throw Error::Operational(sqlstate::kDataCorrupted, "unknown type kind: {}", kind);
  }
  switch (static_cast<TypeKind>(kind)) {
    case TypeKind::kDecimal: {
      const auto precision = in.Get<uint8_t>();
      const auto scale = in.Get<uint8_t>();
      if (precision < 1 || precision > Type::kDecimalPrecisionMax || scale > precision) {
        throw Error::Operational(sqlstate::kDataCorrupted, "no such decimal type: numeric({},{})", precision, scale);
      }
      return Type::Decimal(precision, scale).WithNaturalScale(modified);
    }
    case TypeKind::kVarchar:
      return Type::Varchar(static_cast<uint32_t>(in.GetVarint()));
    case TypeKind::kBit: {
      const auto length = static_cast<uint32_t>(in.GetVarint());
      return Type::Bit(length, in.Get<uint8_t>() != 0);
    }
    case TypeKind::kEnum: {
      std::string name(in.GetString());
      const auto id = static_cast<uint32_t>(in.GetVarint());
      std::vector<EnumLabel> labels;
      for (uint64_t count = in.GetVarint(); count > 0; --count) {
        EnumLabel label;
        label.text = in.GetString();
        label.stored = in.GetString();
        labels.push_back(std::move(label));
      }
      return Type::Enum(std::move(name), id, std::move(labels));
    }
    case TypeKind::kList:
      return Type::List(DeserializeTypeAt(in, depth + 1));
    case TypeKind::kMap: {
      Type key = DeserializeTypeAt(in, depth + 1);
      Type value = DeserializeTypeAt(in, depth + 1);
      return Type::Map(std::move(key), std::move(value));
    }
    case TypeKind::kStruct: {
      std::vector<Field> fields;
      for (uint64_t count = in.GetVarint(); count > 0; --count) {
        Field field;
        field.name = in.GetString();
        field.nullable = in.Get<uint8_t>() != 0;
        field.type = DeserializeTypeAt(in, depth + 1);
        fields.push_back(std::move(field));
      }
      return Type::Struct(std::move(fields));
    }
    default:
      return static_cast<TypeKind>(kind);
  }
}

}  // namespace

Type DeserializeType(ByteReader& in) {
  return DeserializeTypeAt(in, 0);
}

void Value::Serialize(ByteWriter& out) const {
  SerializeType(type_, out);
  out.Put(static_cast<uint8_t>(data_.index()));
  switch (data_.index()) {
    case 1:
      out.PutZigzag(integer());
      break;
    case 2:
      out.Put(std::get<int128_t>(data_));
      break;
    case 3:
      out.Put(floating());
      break;
    case 4:
      out.PutString(bytes());
      break;
    case 5:
      out.Put(interval());
      break;
    case 6:
      out.PutVarint(parts().size());
      for (const Value& part : parts()) part.Serialize(out);
      break;
    default:
      break;
  }
}

namespace {

// Whether values of one are kept as those of the other.
bool SameForm(const Type& a, const Type& b) {
  if (a.physical() != b.physical() || a.child_count() != b.child_count()) return false;
  for (size_t i = 0; i < a.child_count(); ++i) {
    if (!SameForm(a.child(i), b.child(i))) return false;
  }
  return true;
}

bool IsWithin(int64_t value, PhysicalType type) {
  switch (type) {
    case PhysicalType::kBool:
      return value == 0 || value == 1;
    case PhysicalType::kInt8:
      return value == static_cast<int8_t>(value);
    case PhysicalType::kInt16:
      return value == static_cast<int16_t>(value);
    case PhysicalType::kInt32:
      return value == static_cast<int32_t>(value);
    default:
      return type == PhysicalType::kInt64 || type == PhysicalType::kInt128;
  }
}

// A value that is not one of its type is damage: columns are filled with values unseen.
Value DeserializeValueAt(ByteReader& in, int depth) {
  if (depth > kTypeDepthMax) throw Error::Operational(sqlstate::kDataCorrupted, "value nested too deeply");
  Type type = DeserializeType(in);
  const PhysicalType physical = type.physical();
  const auto form = in.Get<uint8_t>();
  const auto need = [&](bool fits) {
    if (!fits) {
      throw Error::Operational(sqlstate::kDataCorrupted, "no value of type {} has this form: {}", type.ToString(),
                               form);
    }
  };
  switch (form) {
    case 0:
      return Value::Null(std::move(type));
    case 1: {
      const int64_t value = in.GetZigzag();
      need(IsWithin(value, physical));
      need(!type.is(TypeKind::kEnum) || (value >= 0 && static_cast<size_t>(value) < type.labels().size()));
      return Value::Integer(std::move(type), value);
    }
    case 2:
      need(physical == PhysicalType::kInt128);
      return Value::Wide(std::move(type), in.Get<int128_t>());
    case 3:
      need(physical == PhysicalType::kFloat || physical == PhysicalType::kDouble);
      return Value::Floating(std::move(type), in.Get<double>());
    case 4:
      need(physical == PhysicalType::kString);
      return Value::Bytes(std::move(type), std::string(in.GetString()));
    case 5:
      need(physical == PhysicalType::kInterval);
      return Value::OfInterval(in.Get<Interval>());
    case 6: {
      const size_t cycle = type.child_count();  // of a map: key, value, key, value
      const uint64_t count = in.GetVarint();
      need(cycle != 0 && (physical == PhysicalType::kStruct ? count == cycle : count % cycle == 0));
      std::vector<Value> parts;
      for (uint64_t i = 0; i < count; ++i) {
        parts.push_back(DeserializeValueAt(in, depth + 1));
        need(parts.back().is_null() || SameForm(parts.back().type(), type.child(i % cycle)));
      }
      return Value::Nested(std::move(type), std::move(parts));
    }
    default:
      need(false);
  }
  return {};
}

}  // namespace

Value Value::Deserialize(ByteReader& in) {
  return DeserializeValueAt(in, 0);
}

}  // namespace weir
