#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::jsonpath {

// What .datetime() makes of a text: a date, time or timestamp, perhaps with an offset from UTC.
struct Datetime {
  enum class Kind : uint8_t { kDate, kTime, kTimeTz, kTimestamp, kTimestampTz };
  Kind kind = Kind::kDate;
  int64_t micros = 0;  // local: since 1970-01-01 00:00, or of the day
  int32_t offset = 0;  // seconds east of Greenwich

  bool has_date() const { return kind == Kind::kDate || kind >= Kind::kTimestamp; }
  bool has_zone() const { return kind == Kind::kTimeTz || kind == Kind::kTimestampTz; }
};

// "2023-08-15", "12:34:56.5+02", "2023-08-15T12:34:56Z": ISO 8601 as PostgreSQL takes it; empty for all else.
std::optional<Datetime> ParseIsoDatetime(std::string_view text);
// By a template as of to_timestamp; throws when the text does not fit.
Datetime ParseDatetime(std::string_view text, std::string_view pattern);

// ISO 8601: "2023-08-15T12:34:56+02:00".
void AppendDatetime(const Datetime& value, std::string& out);
// "timestamp with time zone"
std::string_view DatetimeTypeName(Datetime::Kind kind);

// Negative, 0, positive; empty for a date against a time. Values with and without a zone meet in `time_zone`; where it
// is empty that throws kFeatureNotSupported.
std::optional<int> CompareDatetimes(const Datetime& a, const Datetime& b, std::string_view time_zone);

}  // namespace weir::jsonpath
