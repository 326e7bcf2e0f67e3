#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/text_style.h"
#include "types/value.h"

namespace weir {

// PostgreSQL's text input and output of values of every type. Parsing throws kInvalidTextRepresentation,
// kInvalidDatetimeFormat, kDatetimeFieldOverflow or kNumericValueOutOfRange with PostgreSQL's wording.
//
// Nested types: lists as '{1,NULL,"a b",{2}}', structs as records '(1,"a b",)', maps as '{k=1, "a b"=NULL}'.

// How text depends on the session; defaults are PostgreSQL's with TimeZone = UTC.
struct TextOptions : TextStyle {
  static constexpr int64_t kNoClock = INT64_MIN;
  std::string_view time_zone = "UTC";  // of timestamptz output, and of input without an offset
  int64_t now_us = kNoClock;           // what 'now', 'today', 'tomorrow' mean as input; without it they are errors
};

void AppendValue(const Value& value, std::string& out, const TextOptions& options = {});
std::string FormatValue(const Value& value, const TextOptions& options = {});
Value ParseValue(const Type& type, std::string_view text, const TextOptions& options = {});

// The kinds one by one, for kernels over columns. All append to `out`.
void AppendInt64(int64_t value, std::string& out);
void AppendInt128(int128_t value, std::string& out);
void AppendFloat(float value, std::string& out);  // "1.5", "1e+20", "NaN", "Infinity"
void AppendDouble(double value, std::string& out);
// With `extra_float_digits` <= 0: rounded to 15 (float: 6) + extra_float_digits significant digits.
void AppendFloat(float value, int extra_float_digits, std::string& out);
void AppendDouble(double value, int extra_float_digits, std::string& out);
void AppendDecimal(int128_t unscaled, int scale, std::string& out);
// As a value of `type`, without zeros at the end where its scale is a natural one.
void AppendDecimal(int128_t unscaled, const Type& type, std::string& out);
void AppendDate(int32_t days, std::string& out);                    // "2024-01-31", "infinity", "0044-03-15 BC"
void AppendTime(int64_t micros, std::string& out);                  // "13:05:00.25"
void AppendTimestamp(int64_t value, bool nanos, std::string& out);  // "2024-01-31 13:05:00.25"
void AppendTimestampTz(int64_t value, bool nanos, std::string_view time_zone, std::string& out);  // "...+00"
void AppendInterval(const Interval& interval, std::string& out);  // "1 year 2 mons 3 days 04:05:06"
// The same in the forms of DateStyle and IntervalStyle.
void AppendDate(int32_t days, const TextStyle& style, std::string& out);
void AppendTimestamp(int64_t value, bool nanos, const TextStyle& style, std::string& out);
void AppendTimestampTz(int64_t value, bool nanos, const TextOptions& options, std::string& out);
void AppendInterval(const Interval& interval, TextStyle::Intervals style, std::string& out);
void AppendUuid(int128_t uuid, std::string& out);
void AppendBytea(std::string_view bytes, std::string& out);  // "\x0aff"
void AppendBytea(std::string_view bytes, bool escaped, std::string& out);
void AppendHex(std::string_view bytes, std::string& out);  // "0aff"

bool ParseBoolean(std::string_view text);
int128_t ParseInteger(std::string_view text, const Type& type);          // checked against the type's range
double ParseDouble(std::string_view text, const Type& type);             // float or double
int128_t ParseDecimal(std::string_view text, int precision, int scale);  // rounds half away from zero
int32_t ParseDate(std::string_view text, const TextOptions& options = {});
int64_t ParseTime(std::string_view text, const TextOptions& options = {});
int64_t ParseTimestamp(std::string_view text, bool nanos, const TextOptions& options = {});
int64_t ParseTimestampTz(std::string_view text, bool nanos, std::string_view time_zone);
int64_t ParseTimestampTz(std::string_view text, bool nanos, const TextOptions& options);
Interval ParseInterval(std::string_view text);  // PostgreSQL, SQL-standard and ISO 8601 forms
int128_t ParseUuid(std::string_view text);
std::string ParseBytea(std::string_view text);                   // hex and escape forms
int32_t ParseEnum(std::string_view text, const Type& type);      // the label's position
std::string ParseBits(std::string_view text, const Type& type);  // "101", "b101", "x1f"; its length is checked
// `bits` as a value of the type: padded or cut where `coerce`, else of the right length or an error.
std::string FitBits(std::string bits, const Type& type, bool coerce);
// Throws kInvalidTextRepresentation with the offset of the fault unless the text is one JSON value.
void ValidateJson(std::string_view text);

// The errors that every parser throws.
[[noreturn]] void ThrowInvalidInput(std::string_view type_name, std::string_view text);
[[noreturn]] void ThrowOutOfRange(std::string_view type_name, std::string_view text);

}  // namespace weir
