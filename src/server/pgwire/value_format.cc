#include "server/pgwire/value_format.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdlib>

#include "catalog/system_type.h"
#include "server/cell_text.h"
#include "server/client_text.h"
#include "server/copy_binary.h"
#include "server/system/pg_types.h"

namespace weir::pgwire {

namespace {

constexpr int64_t kPostgresEpochMicros = 946'684'800'000'000;  // 2000-01-01
constexpr int32_t kPostgresEpochDays = 10957;
constexpr int64_t kMicrosPerDay = 86'400'000'000;
constexpr int kPrecisionMax = 38;
const Type kNumericParameter = Type::Numeric();

constexpr uint32_t kOidJsonb = 3802;
constexpr uint32_t kOidNumericArray = 1231;

}  // namespace

namespace {

// A column of a domain is one of the base type to clients.
PgType ClientType(const Type& type) {
  return PgTypeOf(SystemTypeOf(type).has_value() ? type : type.WithDomain("", 0));
}

}  // namespace

uint32_t OidOf(const Type& type) {
  return static_cast<uint32_t>(ClientType(type).oid);
}

int16_t TypeLengthOf(const Type& type) {
  return ClientType(type).length;
}

int32_t TypeModifierOf(const Type& type) {
  if (type.is(TypeKind::kDecimal) && !type.has_natural_scale()) return ((type.precision() << 16) | type.scale()) + 4;
  if (type.is(TypeKind::kVarchar) && type.max_length() != 0) return static_cast<int32_t>(type.max_length()) + 4;
  if (type.is(TypeKind::kBit) && type.max_length() != 0) return static_cast<int32_t>(type.max_length());
  if (type.is(TypeKind::kInterval) && type.fraction_digits() >= 0) return (0x7FFF << 16) | type.fraction_digits();
  return type.fraction_digits();
}

Type TypeOfOid(uint32_t oid) {
  switch (oid) {
    case 16:
      return TypeKind::kBoolean;
    case 18:
    case 19:
    case 25:
    case 1042:
    case 1043:
      return TypeKind::kVarchar;
    case 17:
      return TypeKind::kVarbinary;
    case 20:
      return TypeKind::kInt64;
    case 26:
      return MakeSystemType(SystemType::kOid);
    case 1028:
      return Type::List(MakeSystemType(SystemType::kOid));
    case 21:
      return TypeKind::kInt16;
    case 23:
      return TypeKind::kInt32;
    case 114:
      return TypeKind::kJson;
    case kOidJsonb:
      return Type::Jsonb();
    case 700:
      return TypeKind::kFloat;
    case 701:
      return TypeKind::kDouble;
    case 1082:
      return TypeKind::kDate;
    case 1083:
      return TypeKind::kTime;
    case 1114:
      return TypeKind::kTimestamp;
    case 1184:
      return TypeKind::kTimestampTz;
    case 1186:
      return TypeKind::kInterval;
    case 1560:
      return TypeKind::kBit;
    case 1562:
      return Type::Bit(0, true);
    case 1700:
      return kNumericParameter;
    case 2950:
      return TypeKind::kUuid;
    default:
      break;
  }
  // Elements of a numeric array would each bring a scale of its own.
  if (oid == kOidNumericArray) return {};
  for (const PgType& type : PgTypes()) {
    if (type.oid != oid || type.element_oid == 0) continue;
    const Type element = TypeOfOid(static_cast<uint32_t>(type.element_oid));
    return element.is(TypeKind::kUnknown) ? element : Type::List(element);
  }
  return {};
}

// ---- parameters

namespace {

Error BadBinary(const Type& type, size_t size) {
  return Error::User(sqlstate::kInvalidBinaryRepresentation, "incorrect binary data format of {} bytes for type {}",
                     size, type.ToString());
}

template <typename T>
T Fixed(std::string_view bytes, const Type& type) {
  if (bytes.size() != sizeof(T)) throw BadBinary(type, bytes.size());
  return LoadBigEndian<T>(bytes.data());
}

// A parameter that a client declares as numeric has no scale of its own; a value that the usual one does not hold
// brings the scale that it needs.
Value ParseNumeric(const Type& type, std::string_view text) {
  if (type != kNumericParameter) return ParseValue(type, text);
  std::string_view digits = text;
  while (!digits.empty() && (digits.front() == ' ' || digits.front() == '-' || digits.front() == '+')) {
    digits.remove_prefix(1);
  }
  while (digits.starts_with("0")) digits.remove_prefix(1);
  int exponent = 0;
  if (const size_t e = digits.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view power = digits.substr(e + 1);
    if (power.starts_with("+")) power.remove_prefix(1);
    const auto [end, failure] = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (failure != std::errc() || std::abs(exponent) > 1000) return ParseValue(type, text);
    digits = digits.substr(0, e);
  }
  if (digits.find_first_not_of("0123456789.") != std::string_view::npos) return ParseValue(type, text);
  const size_t point = std::min(digits.find('.'), digits.size());
  std::string_view fraction = digits.substr(std::min(point + 1, digits.size()));
  while (fraction.ends_with("0")) fraction.remove_suffix(1);
  if (fraction.empty() && point == 0) return ParseValue(type, text);  // zero
  const int whole = std::max(static_cast<int>(point) + exponent, 0);
  const int behind = std::max(static_cast<int>(fraction.size()) - exponent, 0);
  int scale = std::max(type.scale(), behind);
  if (whole + scale > kPrecisionMax) scale = std::max(behind, kPrecisionMax - whole);
  if (whole + scale > kPrecisionMax) {
    throw Error::User(sqlstate::kNumericValueOutOfRange, "numeric parameter has more than {} digits", kPrecisionMax);
  }
  return ParseValue(Type::Decimal(kPrecisionMax, scale), text);
}

// Base-10000 digits, a weight, a sign and a display scale.
std::string NumericText(std::string_view bytes, const Type& type) {
  if (bytes.size() < 8) throw BadBinary(type, bytes.size());
  const auto digits = LoadBigEndian<uint16_t>(bytes.data());
  const auto weight = LoadBigEndian<int16_t>(bytes.data() + 2);
  const auto sign = LoadBigEndian<uint16_t>(bytes.data() + 4);
  const auto scale = LoadBigEndian<uint16_t>(bytes.data() + 6);
  if (bytes.size() != size_t{8} + digits * 2U || sign == 0xC000 || weight > 1000 || scale > 1000) {
    throw BadBinary(type, bytes.size());
  }
  std::string text = sign == 0x4000 ? "-" : "";
  const auto group = [&](int i) {
    if (i < 0 || i >= digits) return std::string("0000");
    const auto value = LoadBigEndian<uint16_t>(bytes.data() + 8 + i * 2);
    if (value > 9999) throw BadBinary(type, bytes.size());
    return fmt::format("{:04}", value);
  };
  if (weight < 0) text += "0";
  for (int i = 0; i <= weight; ++i) text += group(i);
  if (scale > 0) {
    std::string fraction;
    for (int i = weight + 1; static_cast<int>(fraction.size()) < scale; ++i) fraction += group(i);
    text += "." + fraction.substr(0, scale);
  }
  return text;
}

// The inverse, from the digits of the text form.
void EncodeNumeric(std::string_view text, MessageWriter& out) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  std::string padded(whole.size() % 4 == 0 ? 0 : 4 - whole.size() % 4, '0');
  padded += whole;
  int weight = static_cast<int>(padded.size() / 4) - 1;
  padded += fraction;
  padded.append(fraction.size() % 4 == 0 ? 0 : 4 - fraction.size() % 4, '0');
  std::vector<int16_t> groups;
  for (size_t i = 0; i < padded.size(); i += 4) {
    int value = 0;
    for (size_t k = 0; k < 4; ++k) value = value * 10 + (padded[i + k] - '0');
    groups.push_back(static_cast<int16_t>(value));
  }
  size_t first = 0;
  while (first < groups.size() && groups[first] == 0) {
    ++first;
    --weight;
  }
  size_t last = groups.size();
  while (last > first && groups[last - 1] == 0) --last;
  if (first == last) weight = 0;
  out.Int16(static_cast<int16_t>(last - first));
  out.Int16(static_cast<int16_t>(weight));
  out.Int16(negative && first != last ? 0x4000 : 0);
  out.Int16(static_cast<int16_t>(fraction.size()));
  for (size_t i = first; i < last; ++i) out.Int16(groups[i]);
}

Value DecodeArray(std::string_view bytes, const Type& type, const TextOptions& text) {
  MessageReader in(bytes);
  const int32_t dimensions = in.Int32();
  in.Int32();  // has NULLs
  const auto oid = static_cast<uint32_t>(in.Int32());
  // Values of another binary form must not be read as if they were of this one.
  if (TypeOfOid(oid).kind() != TypeOfOid(OidOf(type.element())).kind()) {
    throw Error::User(sqlstate::kDatatypeMismatch, "wrong element type of a binary array: {} for {}", oid,
                      type.element().ToString());
  }
  std::vector<Value> parts;
  if (dimensions == 0) return Value::Nested(type, {});
  if (dimensions != 1) {
    throw Error::Unsupported("Send nested lists as text.", "binary arrays of {} dimensions are not available",
                             dimensions);
  }
  const int32_t count = in.Int32();
  if (count < 0) throw BadBinary(type, bytes.size());
  in.Int32();  // lower bound
  for (int32_t i = 0; i < count; ++i) {
    const int32_t size = in.Int32();
    if (size < 0) {
      parts.push_back(Value::Null(type.element()));
    } else {
      parts.push_back(DecodeParameter(in.Bytes(static_cast<size_t>(size)), true, type.element(), text));
    }
  }
  in.ExpectEnd();
  return Value::Nested(type, std::move(parts));
}

// The number of bits, then eight in a byte from the highest on.
Value DecodeBits(std::string_view bytes, const Type& type) {
  if (bytes.size() < 4) throw BadBinary(type, bytes.size());
  const auto count = LoadBigEndian<uint32_t>(bytes.data());
  if ((uint64_t{count} + 7) / 8 != bytes.size() - 4) throw BadBinary(type, bytes.size());
  std::string bits(count, '0');
  for (uint32_t i = 0; i < count; ++i) {
    if ((static_cast<uint8_t>(bytes[4 + i / 8]) >> (7 - i % 8) & 1) != 0) bits[i] = '1';
  }
  return Value::Bytes(type, FitBits(std::move(bits), type, false));
}

void EncodeBits(std::string_view bits, MessageWriter& out) {
  out.Int32(static_cast<int32_t>(bits.size()));
  std::string bytes((bits.size() + 7) / 8, '\0');
  for (size_t i = 0; i < bits.size(); ++i) {
    if (bits[i] == '1') bytes[i / 8] = static_cast<char>(static_cast<uint8_t>(bytes[i / 8]) | 0x80U >> (i % 8));
  }
  out.Bytes(bytes);
}

}  // namespace

Value DecodeParameter(std::string_view bytes, bool binary, const Type& type, const TextOptions& text) {
  if (!binary || type.is(TypeKind::kVarchar) || type.is(TypeKind::kUnknown) || type.is(TypeKind::kJson)) {
    RequireUtf8(bytes);
  }
  if (!binary) {
    if (type.is(TypeKind::kDecimal)) return ParseNumeric(type, bytes);
    if (type.is(TypeKind::kVarchar)) return Value::Bytes(type, std::string(bytes));
    return ParseValue(type, bytes, text);
  }
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return Value::Boolean(Fixed<int8_t>(bytes, type) != 0);
    case TypeKind::kInt8:
    case TypeKind::kInt16:
      return Value::Integer(type, Fixed<int16_t>(bytes, type));
    case TypeKind::kInt32:
      return Value::Integer(type, Fixed<int32_t>(bytes, type));
    case TypeKind::kInt64:
      // oid parameters come with four bytes.
      if (bytes.size() == 4) return Value::Integer(type, Fixed<uint32_t>(bytes, type));
      return Value::Integer(type, Fixed<int64_t>(bytes, type));
    case TypeKind::kFloat:
      return Value::Floating(type, std::bit_cast<float>(Fixed<uint32_t>(bytes, type)));
    case TypeKind::kDouble:
      return Value::Floating(type, std::bit_cast<double>(Fixed<uint64_t>(bytes, type)));
    case TypeKind::kInt128:
    case TypeKind::kDecimal:
      return ParseNumeric(type, NumericText(bytes, type));
    case TypeKind::kDate: {
      const auto days = Fixed<int32_t>(bytes, type);
      if (days == INT32_MAX || days == INT32_MIN) return Value::Integer(type, days);
      int32_t value = 0;
      if (__builtin_add_overflow(days, kPostgresEpochDays, &value)) {
        throw Error::User(sqlstate::kDatetimeFieldOverflow, "date out of range");
      }
      return Value::Integer(type, value);
    }
    case TypeKind::kTime: {
      const auto micros = Fixed<int64_t>(bytes, type);
      if (micros < 0 || micros > kMicrosPerDay)
        throw Error::User(sqlstate::kDatetimeFieldOverflow, "time out of range");
      return Value::Integer(type, micros);
    }
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs: {
      const auto micros = Fixed<int64_t>(bytes, type);
      if (micros == INT64_MAX || micros == INT64_MIN) return Value::Integer(type, micros);
      int64_t value = 0;
      if (__builtin_add_overflow(micros, kPostgresEpochMicros, &value) ||
          (type.is_timestamp_ns() && __builtin_mul_overflow(value, int64_t{1000}, &value))) {
        throw Error::User(sqlstate::kDatetimeFieldOverflow, "timestamp out of range");
      }
      return Value::Integer(type, value);
    }
    case TypeKind::kInterval: {
      if (bytes.size() != 16) throw BadBinary(type, bytes.size());
      return Value::OfInterval({LoadBigEndian<int32_t>(bytes.data() + 12), LoadBigEndian<int32_t>(bytes.data() + 8),
                                LoadBigEndian<int64_t>(bytes.data())});
    }
    case TypeKind::kUuid: {
      if (bytes.size() != 16) throw BadBinary(type, bytes.size());
      const auto high = LoadBigEndian<uint64_t>(bytes.data()) ^ (uint64_t{1} << 63);
      const auto low = LoadBigEndian<uint64_t>(bytes.data() + 8);
      return Value::Wide(type, static_cast<int128_t>((static_cast<uint128_t>(high) << 64) | low));
    }
    case TypeKind::kList:
      return DecodeArray(bytes, type, text);
    case TypeKind::kVarchar:
    case TypeKind::kVarbinary:
    case TypeKind::kUnknown:
      return Value::Bytes(type, std::string(bytes));
    case TypeKind::kHll:
    case TypeKind::kBitmap:
    case TypeKind::kPercentile:
      return Value::Bytes(type, std::string(bytes));
    case TypeKind::kEnum:
      RequireUtf8(bytes);
      return ParseValue(type, bytes, text);
    case TypeKind::kBit:
      return DecodeBits(bytes, type);
    case TypeKind::kJson:
      // jsonb begins with a version byte.
      if (!bytes.empty() && bytes[0] == '\1') bytes.remove_prefix(1);
      return ParseValue(type, bytes, text);
    default:
      throw Error::Unsupported("Send it as text.", "binary parameters are not available for type {}", type.ToString());
  }
}

Value DecodeField(std::string_view bytes, const Type& type, const TextOptions& text) {
  if (type.is(TypeKind::kDecimal)) return ParseValue(type, NumericText(bytes, type));
  if (!type.is_string()) return DecodeParameter(bytes, true, type, text);
  RequireUtf8(bytes);
  return ParseValue(type, bytes);
}

// ---- rows

RowEncoder::RowEncoder(const Schema& schema, std::vector<bool> binary, std::string time_zone, const TextStyle& style)
    : schema_(schema), binary_(std::move(binary)), time_zone_(std::move(time_zone)) {
  text_.time_zone = time_zone_;
  static_cast<TextStyle&>(text_) = style;
}

void RowEncoder::TextCell(const ColumnView& view, const Type& type, size_t row, std::string& out) {
  AppendCellText(view, type, row, text_, out);
}

void RowEncoder::BinaryCell(const ColumnView& view, const Type& type, size_t row, MessageWriter& out) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return out.Int8(static_cast<int8_t>(view.At<uint8_t>(row)));
    case TypeKind::kInt8:
      return out.Int16(view.At<int8_t>(row));
    case TypeKind::kInt16:
      return out.Int16(view.At<int16_t>(row));
    case TypeKind::kInt32:
      return out.Int32(view.At<int32_t>(row));
    case TypeKind::kInt64:
      if (SystemTypeOf(type) == SystemType::kOid) return out.Int32(static_cast<int32_t>(view.At<int64_t>(row)));
      return out.Int64(view.At<int64_t>(row));
    case TypeKind::kFloat:
      return out.Int32(std::bit_cast<int32_t>(view.At<float>(row)));
    case TypeKind::kDouble:
      return out.Int64(std::bit_cast<int64_t>(view.At<double>(row)));
    case TypeKind::kInt128:
    case TypeKind::kDecimal: {
      std::string digits;
      TextCell(view, type, row, digits);
      return EncodeNumeric(digits, out);
    }
    case TypeKind::kDate: {
      const int32_t days = view.At<int32_t>(row);
      return out.Int32(days == kDateInfinity || days == kDateMinusInfinity ? days : days - kPostgresEpochDays);
    }
    case TypeKind::kTime:
      return out.Int64(view.At<int64_t>(row));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs: {
      int64_t value = view.At<int64_t>(row);
      if (value == kTimestampInfinity || value == kTimestampMinusInfinity) return out.Int64(value);
      // The protocol counts microseconds; nanoseconds round down.
      if (type.is_timestamp_ns()) value = value / 1000 - (value % 1000 < 0 ? 1 : 0);
      return out.Int64(value - kPostgresEpochMicros);
    }
    case TypeKind::kInterval: {
      const Interval& interval = view.At<Interval>(row);
      out.Int64(interval.micros);
      out.Int32(interval.days);
      return out.Int32(interval.months);
    }
    case TypeKind::kUuid: {
      const auto value = static_cast<uint128_t>(view.At<int128_t>(row));
      out.Int64(static_cast<int64_t>(static_cast<uint64_t>(value >> 64) ^ (uint64_t{1} << 63)));
      return out.Int64(static_cast<int64_t>(static_cast<uint64_t>(value)));
    }
    case TypeKind::kList:
      return BinaryArray(view, type, row, out);
    case TypeKind::kStruct:
      return BinaryRecord(view, type, row, out);
    case TypeKind::kBit:
      return EncodeBits(view.At<StringRef>(row).view(), out);
    case TypeKind::kVarchar:
    case TypeKind::kVarbinary:
    case TypeKind::kJson:
    case TypeKind::kUnknown:
    case TypeKind::kHll:
    case TypeKind::kBitmap:
    case TypeKind::kPercentile:
      // The version of jsonb's binary form.
      if (type.is_jsonb()) out.Int8(1);
      return out.Bytes(view.At<StringRef>(row).view());
    default: {
      // Types that PostgreSQL does not have are text to it.
      std::string text;
      TextCell(view, type, row, text);
      return out.Bytes(text);
    }
  }
}

namespace {

// A list of lists as PostgreSQL has it: a box of elements.
struct ArrayBox {
  std::vector<uint32_t> sizes;  // of each dimension; none when there are no elements
  ColumnView elements;
  std::vector<size_t> rows;  // of `elements`
  const Type* type;          // of an element
};

ArrayBox BoxOf(const ColumnView& view, const Type& type, size_t row) {
  ArrayBox box{{}, view, {row}, &type};
  while (box.type->is(TypeKind::kList)) {
    const uint32_t size = box.elements.At<ListEntry>(box.rows[0]).length;
    std::vector<size_t> inner;
    for (const size_t at : box.rows) {
      const ListEntry entry = box.elements.IsNull(at) ? ListEntry{} : box.elements.At<ListEntry>(at);
      if (box.elements.IsNull(at) || entry.length != size) {
        throw Error::Unsupported("Ask for the text format.",
                                 "a list of lists of different lengths has no binary format: {}", type.ToString());
      }
      for (uint32_t i = 0; i < size; ++i) inner.push_back(entry.offset + i);
    }
    box.sizes.push_back(size);
    box.elements = ColumnView(*box.elements.base().child(0));
    box.type = &box.type->element();
    box.rows = std::move(inner);
    if (size == 0) {
      box.sizes.clear();
      while (box.type->is(TypeKind::kList)) box.type = &box.type->element();
    }
  }
  return box;
}

}  // namespace

int32_t RowEncoder::OidIn(const Type& part) {
  for (const auto& [type, oid] : part_oids_) {
    if (type == &part) return oid;
  }
  return part_oids_.emplace_back(&part, static_cast<int32_t>(OidOf(part))).second;
}

void RowEncoder::BinaryArray(const ColumnView& view, const Type& type, size_t row, MessageWriter& out) {
  const ArrayBox box = BoxOf(view, type, row);
  const bool nulls = std::ranges::any_of(box.rows, [&](size_t at) { return box.elements.IsNull(at); });
  out.Int32(static_cast<int32_t>(box.sizes.size()));
  out.Int32(nulls ? 1 : 0);
  out.Int32(OidIn(*box.type));
  for (const uint32_t size : box.sizes) {
    out.Int32(static_cast<int32_t>(size));
    out.Int32(IsSystemVector(type) ? 0 : 1);  // lower bound
  }
  for (const size_t at : box.rows) Cell(box.elements, *box.type, at, true, out);
}

void RowEncoder::BinaryRecord(const ColumnView& view, const Type& type, size_t row, MessageWriter& out) {
  out.Int32(static_cast<int32_t>(type.fields().size()));
  for (size_t i = 0; i < type.fields().size(); ++i) {
    const Type& field = type.fields()[i].type;
    out.Int32(OidIn(field));
    Cell(ColumnView(*view.base().child(i)), field, view.Index(row), true, out);
  }
}

void RowEncoder::Cell(const ColumnView& view, const Type& type, size_t row, bool binary, MessageWriter& out) {
  if (view.IsNull(row)) return out.Int32(-1);
  const size_t from = out.ReserveLength();
  if (binary) {
    BinaryCell(view, type, row, out);
  } else {
    TextCell(view, type, row, out.buffer());
  }
  out.FillLength(from);
}

void RowEncoder::Encode(const Chunk& chunk, size_t from, size_t count, MessageWriter& out) {
  Rows('D', {}, chunk, from, count, out);
}

void RowEncoder::EncodeCopy(const Chunk& chunk, std::string_view first, MessageWriter& out) {
  Rows('d', first, chunk, 0, chunk.row_count(), out);
}

// A row is the same in both kinds of message: a count of fields, and of each its length and bytes.
void RowEncoder::Rows(char message, std::string_view first, const Chunk& chunk, size_t from, size_t count,
                      MessageWriter& out) {
  std::vector<ColumnView> views;
  views.reserve(chunk.column_count());
  for (const ColumnPtr& column : chunk.columns()) views.emplace_back(*column);
  const RowSet rows = chunk.rows();
  for (size_t i = from; i < from + count; ++i) {
    const size_t row = rows[i];
    out.Begin(message);
    out.Bytes(std::exchange(first, {}));
    out.Int16(static_cast<int16_t>(views.size()));
    try {
      for (size_t c = 0; c < views.size(); ++c) Cell(views[c], schema_[c].type, row, binary_[c], out);
    } catch (...) {
      out.Abandon();
      throw;
    }
    out.End();
  }
}

// ---- COPY

CopyEncoder::CopyEncoder(const Schema& schema, const CopyOptions& options, std::string time_zone,
                         const TextStyle& style)
    : formatter_(schema, options, time_zone, style) {
  if (options.format != CopyOptions::Format::kBinary) return;
  binary_.emplace(schema, std::vector<bool>(schema.size(), true), std::move(time_zone), style);
}

void CopyEncoder::Header(MessageWriter& out) {
  // Clients look for the header before the first row in one message, as PostgreSQL sends it.
  if (binary_.has_value()) {
    binary_header_ = kCopyBinaryHeader;
    return;
  }
  std::string text;
  formatter_.AppendHeader(text);
  Send(text, out);
}

void CopyEncoder::Encode(const Chunk& chunk, MessageWriter& out) {
  if (binary_.has_value()) {
    if (!chunk.empty()) binary_->EncodeCopy(chunk, std::exchange(binary_header_, {}), out);
    return;
  }
  formatter_.Start(chunk);
  chunk.rows().ForEach([&](size_t row) {
    out.Begin('d');
    formatter_.AppendRow(row, out.buffer());
    out.End();
  });
}

void CopyEncoder::Footer(MessageWriter& out) {
  if (binary_.has_value()) return Send(std::string(binary_header_) + "\xff\xff", out);
  std::string text;
  formatter_.AppendFooter(text);
  Send(text, out);
}

void CopyEncoder::Send(std::string_view text, MessageWriter& out) {
  if (text.empty()) return;
  out.Begin('d');
  out.buffer() += text;
  out.End();
}

}  // namespace weir::pgwire
