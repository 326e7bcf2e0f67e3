// Text output of dates, times and intervals.

#include <array>
#include <iterator>

#include <fmt/format.h>

#include "types/calendar.h"
#include "types/text.h"
#include "types/time_zone.h"

namespace weir {

namespace {

void AppendTwo(unsigned value, std::string& out) {
  out += static_cast<char>('0' + value / 10);
  out += static_cast<char>('0' + value % 10);
}

void AppendDay(int64_t days, std::string& out) {
  const CivilDate date = CivilFromDays(days);
  const auto year = static_cast<unsigned>(date.year > 0 ? date.year : 1 - date.year);
  if (year < 10'000) {
    AppendTwo(year / 100, out);
    AppendTwo(year % 100, out);
  } else {
    AppendInt64(year, out);
  }
  out += '-';
  AppendTwo(static_cast<unsigned>(date.month), out);
  out += '-';
  AppendTwo(static_cast<unsigned>(date.day), out);
}

// `fraction` of a second with `digits` digits, trailing zeros left out.
void AppendFraction(int64_t fraction, int digits, std::string& out) {
  if (fraction == 0) return;
  std::array<char, 10> text;
  for (int i = digits - 1; i >= 0; --i) {
    text[static_cast<size_t>(i)] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  while (text[static_cast<size_t>(digits) - 1] == '0') --digits;
  out += '.';
  out.append(text.data(), static_cast<size_t>(digits));
}

// Of a time of day in units of 10^-digits seconds.
void AppendTimeOfDay(int64_t time, int digits, int64_t units_per_second, std::string& out) {
  const int64_t seconds = time / units_per_second;
  AppendTwo(static_cast<unsigned>(seconds / 3600), out);
  out += ':';
  AppendTwo(static_cast<unsigned>(seconds / 60 % 60), out);
  out += ':';
  AppendTwo(static_cast<unsigned>(seconds % 60), out);
  AppendFraction(time % units_per_second, digits, out);
}

bool AppendInfinity(bool is_plus, bool is_minus, std::string& out) {
  if (is_plus) out += "infinity";
  if (is_minus) out += "-infinity";
  return is_plus || is_minus;
}

// Returns whether the year is before Christ, which the caller says at the very end.
bool AppendLocal(int64_t value, bool nanos, std::string& out) {
  const int64_t per_second = nanos ? kNanosPerSecond : kMicrosPerSecond;
  const int64_t per_day = per_second * kSecondsPerDay;
  const int64_t days = FloorDiv(value, per_day);
  AppendDay(days, out);
  out += ' ';
  AppendTimeOfDay(value - days * per_day, nanos ? 9 : 6, per_second, out);
  return CivilFromDays(days).year <= 0;
}

}  // namespace

void AppendDate(int32_t days, std::string& out) {
  if (AppendInfinity(days == kDateInfinity, days == kDateMinusInfinity, out)) return;
  AppendDay(days, out);
  if (CivilFromDays(days).year <= 0) out += " BC";
}

void AppendTime(int64_t micros, std::string& out) {
  AppendTimeOfDay(micros, 6, kMicrosPerSecond, out);
}

void AppendTimestamp(int64_t value, bool nanos, std::string& out) {
  if (AppendInfinity(value == kTimestampInfinity, value == kTimestampMinusInfinity, out)) return;
  if (AppendLocal(value, nanos, out)) out += " BC";
}

void AppendTimestampTz(int64_t value, bool nanos, std::string_view time_zone, std::string& out) {
  if (AppendInfinity(value == kTimestampInfinity, value == kTimestampMinusInfinity, out)) return;
  const int64_t per_second = nanos ? kNanosPerSecond : kMicrosPerSecond;
  const int32_t offset = time_zone == "UTC" ? 0 : TimeZone::Find(time_zone).OffsetAt(FloorDiv(value, per_second));
  int64_t local;
  if (__builtin_add_overflow(value, offset * per_second, &local)) local = value;  // the last hours of the range
  const bool before_christ = AppendLocal(local, nanos, out);
  AppendUtcOffset(offset, out);
  if (before_christ) out += " BC";
}

void AppendInterval(const Interval& interval, std::string& out) {
  AppendInterval(interval, TextStyle::Intervals::kPostgres, out);
}

namespace {

// The year with four digits, of years before Christ how many before.
std::string YearText(const CivilDate& date) {
  return fmt::format("{:04}", date.year > 0 ? date.year : 1 - date.year);
}

void AppendStyledDay(const CivilDate& date, const TextStyle& style, std::string& out) {
  const bool day_first = style.order == TextStyle::Order::kDayFirst || style.dates == TextStyle::Dates::kGerman;
  const char separator = style.dates == TextStyle::Dates::kGerman ? '.'
                         : style.dates == TextStyle::Dates::kSql  ? '/'
                                                                  : '-';
  fmt::format_to(std::back_inserter(out), "{:02}{}{:02}{}{}", day_first ? date.day : date.month, separator,
                 day_first ? date.month : date.day, separator, YearText(date));
}

// A local time with the name of its zone, empty without one, in a form that is not ISO's.
void AppendStyled(int64_t local, bool nanos, const TextStyle& style, std::string_view zone, std::string& out) {
  const int64_t per_second = nanos ? kNanosPerSecond : kMicrosPerSecond;
  const int64_t per_day = per_second * kSecondsPerDay;
  const int64_t days = FloorDiv(local, per_day);
  const CivilDate date = CivilFromDays(days);
  const auto append_time = [&] { AppendTimeOfDay(local - days * per_day, nanos ? 9 : 6, per_second, out); };
  if (style.dates == TextStyle::Dates::kPostgres) {
    const std::string_view month = MonthName(date.month).substr(0, 3);
    fmt::format_to(std::back_inserter(out), "{} ", WeekdayName(DayOfWeek(days)).substr(0, 3));
    if (style.order == TextStyle::Order::kDayFirst) {
      fmt::format_to(std::back_inserter(out), "{:02} {} ", date.day, month);
    } else {
      fmt::format_to(std::back_inserter(out), "{} {:02} ", month, date.day);
    }
    append_time();
    out += ' ';
    out += YearText(date);
  } else {
    AppendStyledDay(date, style, out);
    out += ' ';
    append_time();
  }
  if (!zone.empty()) {
    out += ' ';
    out += zone;
  }
  if (date.year <= 0) out += " BC";
}

}  // namespace

void AppendDate(int32_t days, const TextStyle& style, std::string& out) {
  if (style.dates == TextStyle::Dates::kIso || days == kDateInfinity || days == kDateMinusInfinity) {
    return AppendDate(days, out);
  }
  const CivilDate date = CivilFromDays(days);
  AppendStyledDay(date, style, out);
  if (date.year <= 0) out += " BC";
}

void AppendTimestamp(int64_t value, bool nanos, const TextStyle& style, std::string& out) {
  if (style.dates == TextStyle::Dates::kIso || IsInfiniteTimestamp(value)) return AppendTimestamp(value, nanos, out);
  AppendStyled(value, nanos, style, {}, out);
}

void AppendTimestampTz(int64_t value, bool nanos, const TextOptions& options, std::string& out) {
  if (options.dates == TextStyle::Dates::kIso || IsInfiniteTimestamp(value)) {
    return AppendTimestampTz(value, nanos, options.time_zone, out);
  }
  const int64_t per_second = nanos ? kNanosPerSecond : kMicrosPerSecond;
  const TimeZone& zone = TimeZone::Find(options.time_zone);
  const int64_t seconds = FloorDiv(value, per_second);
  int64_t local;
  if (__builtin_add_overflow(value, zone.OffsetAt(seconds) * per_second, &local)) local = value;
  AppendStyled(local, nanos, options, zone.AbbreviationAt(seconds), out);
}

}  // namespace weir
