#include "types/text.h"

#include "base/check.h"
#include "base/error.h"
#include "types/calendar.h"
#include "types/jsonb.h"
#include "types/text_nested.h"
#include "types/text_scan.h"

namespace weir {

void AppendValue(const Value& value, std::string& out, const TextOptions& options) {
  if (value.is_null()) {
    out += "NULL";
    return;
  }
  const Type& type = value.type();
  switch (type.kind()) {
    case TypeKind::kBoolean:
      out += value.boolean() ? 't' : 'f';
      break;
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
      AppendInt64(value.integer(), out);
      break;
    case TypeKind::kInt128:
      AppendInt128(value.wide(), out);
      break;
    case TypeKind::kFloat:
      AppendFloat(static_cast<float>(value.floating()), options.extra_float_digits, out);
      break;
    case TypeKind::kDouble:
      AppendDouble(value.floating(), options.extra_float_digits, out);
      break;
    case TypeKind::kDecimal:
      AppendDecimal(value.wide(), type, out);
      break;
    case TypeKind::kDate:
      AppendDate(static_cast<int32_t>(value.integer()), options, out);
      break;
    case TypeKind::kTime:
      AppendTime(value.integer(), out);
      break;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
      AppendTimestamp(value.integer(), type.is_timestamp_ns(), options, out);
      break;
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampTzNs:
      AppendTimestampTz(value.integer(), type.is_timestamp_ns(), options, out);
      break;
    case TypeKind::kInterval:
      AppendInterval(value.interval(), options.intervals, out);
      break;
    case TypeKind::kVarbinary:
      AppendBytea(value.bytes(), options.bytea_escaped, out);
      break;
    case TypeKind::kUuid:
      AppendUuid(value.wide(), out);
      break;
    case TypeKind::kEnum:
      out += type.labels()[static_cast<size_t>(value.integer())].text;
      break;
    case TypeKind::kHll:
    case TypeKind::kBitmap:
    case TypeKind::kPercentile:
      AppendBytea(value.bytes(), out);
      break;
    case TypeKind::kUnknown:
    case TypeKind::kVarchar:
    case TypeKind::kJson:
    case TypeKind::kBit:
      out += value.bytes();
      break;
    case TypeKind::kList:
    case TypeKind::kStruct:
    case TypeKind::kMap:
      AppendNested(value, out, options);
      break;
  }
}

std::string FormatValue(const Value& value, const TextOptions& options) {
  std::string out;
  AppendValue(value, out, options);
  return out;
}

namespace {

size_t CountCharacters(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<uint8_t>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

}  // namespace

int32_t ParseEnum(std::string_view text, const Type& type) {
  const std::optional<int32_t> label = type.FindLabel(text);
  if (!label.has_value()) {
    throw Error::User(sqlstate::kInvalidTextRepresentation, "invalid input value for enum {}: \"{}\"", type.enum_name(),
                      text);
  }
  return *label;
}

Value ParseValue(const Type& type, std::string_view text, const TextOptions& options) {
  const int digits = type.fraction_digits();
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return Value::Boolean(ParseBoolean(text));
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
      return Value::Integer(type, static_cast<int64_t>(ParseInteger(text, type)));
    case TypeKind::kInt128:
      return Value::Wide(type, ParseInteger(text, type));
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return Value::Floating(type, ParseDouble(text, type));
    case TypeKind::kDecimal: {
      const int128_t unscaled = ParseDecimal(text, type.precision(), type.scale());
      return type.physical() == PhysicalType::kInt64 ? Value::Integer(type, static_cast<int64_t>(unscaled))
                                                     : Value::Wide(type, unscaled);
    }
    case TypeKind::kDate:
      return Value::Integer(type, ParseDate(text, options));
    case TypeKind::kTime: {
      const int64_t time = ParseTime(text, options);
      return Value::Integer(type, digits < 0 ? time : RoundFraction(time, digits));
    }
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampTzNs: {
      const int64_t moment = type.has_time_zone() ? ParseTimestampTz(text, type.is_timestamp_ns(), options)
                                                  : ParseTimestamp(text, type.is_timestamp_ns(), options);
      return Value::Integer(type, digits < 0 ? moment : RoundTimestampFraction(moment, digits));
    }
    case TypeKind::kInterval: {
      Interval interval = ParseInterval(text);
      if (digits >= 0) interval.micros = RoundFraction(interval.micros, digits);
      return Value::OfInterval(interval);
    }
    case TypeKind::kVarbinary:
      return Value::Bytes(type, ParseBytea(text));
    case TypeKind::kUuid:
      return Value::Wide(type, ParseUuid(text));
    case TypeKind::kJson:
      if (type.is_jsonb()) return Value::Bytes(type, NormalizeJsonb(text));
      ValidateJson(text);
      return Value::Bytes(type, std::string(text));
    case TypeKind::kVarchar:
      if (type.max_length() != 0 && text.size() > type.max_length() && CountCharacters(text) > type.max_length()) {
        throw Error::User(sqlstate::kStringDataRightTruncation, "value too long for type character varying({})",
                          type.max_length());
      }
      return Value::Bytes(type, std::string(text));
    case TypeKind::kEnum:
      return Value::Integer(type, ParseEnum(text, type));
    case TypeKind::kBit:
      return Value::Bytes(type, ParseBits(text, type));
    case TypeKind::kHll:
    case TypeKind::kBitmap:
    case TypeKind::kPercentile:
      return Value::Bytes(type, ParseBytea(text));
    case TypeKind::kUnknown:
      return Value::Bytes(type, std::string(text));
    case TypeKind::kList:
    case TypeKind::kStruct:
    case TypeKind::kMap:
      return ParseNested(type, text, options);
  }
  WEIR_CHECK(false, "type kind {}", static_cast<int>(type.kind()));
}

}  // namespace weir
