#include "format/text_value.h"

#include <charconv>
#include <limits>

#include "base/error.h"
#include "format/plain_forms.h"
#include "format/text_stream.h"

namespace weir {

namespace {

template <typename T>
bool AppendInteger(ColumnBuilder& out, std::string_view text) {
  int64_t value;
  if (!ParsePlainInteger(text, value)) return false;
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
  out.Append(static_cast<T>(value));
  return true;
}

bool AppendTimestamp(ColumnBuilder& out, const Type& type, std::string_view text, bool zone_is_utc) {
  int64_t micros;
  bool has_zone;
  if (!ParsePlainTimestamp(text, micros, has_zone)) return false;
  if (type.has_time_zone() ? !has_zone && !zone_is_utc : has_zone) return false;
  out.Append(micros);
  return true;
}

}  // namespace

bool AppendPlainValue(ColumnBuilder& out, const Type& type, std::string_view text, bool zone_is_utc) {
  switch (type.kind()) {
    case TypeKind::kVarchar:
      // As many bytes are at most as many characters.
      if ((type.max_length() != 0 && text.size() > type.max_length()) || !IsUtf8(text)) return false;
      out.AppendString(text);
      return true;
    case TypeKind::kBoolean: {
      bool value;
      if (text == "t" || text == "f") {
        value = text == "t";
      } else if (!ParsePlainBoolean(text, value)) {
        return false;
      }
      out.Append(static_cast<uint8_t>(value));
      return true;
    }
    case TypeKind::kInt8:
      return AppendInteger<int8_t>(out, text);
    case TypeKind::kInt16:
      return AppendInteger<int16_t>(out, text);
    case TypeKind::kInt32:
      return AppendInteger<int32_t>(out, text);
    case TypeKind::kInt64:
      return AppendInteger<int64_t>(out, text);
    case TypeKind::kInt128: {
      int128_t value;
      if (!ParsePlainInt128(text, value)) return false;
      out.Append(value);
      return true;
    }
    case TypeKind::kDouble: {
      double value;
      if (!ParsePlainDouble(text, value)) return false;
      out.Append(value);
      return true;
    }
    case TypeKind::kFloat: {
      float value;
      const char* const end = text.data() + text.size();
      const auto [at, error] = std::from_chars(text.data(), end, value);
      if (error != std::errc() || at != end) return false;
      out.Append(value);
      return true;
    }
    case TypeKind::kDecimal: {
      int64_t value;
      if (!ParsePlainDecimal(text, type.precision(), type.scale(), value)) return false;
      type.physical() == PhysicalType::kInt64 ? out.Append(value) : out.Append(int128_t{value});
      return true;
    }
    case TypeKind::kDate: {
      int32_t days;
      if (!ParsePlainDate(text, days)) return false;
      out.Append(days);
      return true;
    }
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return type.fraction_digits() < 0 && AppendTimestamp(out, type, text, zone_is_utc);
    default:
      return false;
  }
}

bool AppendTextValue(ColumnBuilder& out, const Type& type, std::string_view text) {
  if (AppendPlainValue(out, type, text)) return true;
  Value value;
  try {
    if (IsUtf8(text)) value = ParseValue(type, text);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUser) throw;
  }
  out.AppendValue(value);
  return !value.is_null();
}

}  // namespace weir
