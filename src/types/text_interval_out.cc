// Text output of intervals in the forms of IntervalStyle.

#include <array>
#include <iterator>

#include <fmt/format.h>

#include "types/calendar.h"
#include "types/text.h"

namespace weir {

namespace {

// The parts as they are written; all have the sign of the unit they come from.
struct Parts {
  int64_t years, months, days, hours, minutes, seconds, fraction;

  explicit Parts(const Interval& interval)
      : years(interval.months / 12),
        months(interval.months % 12),
        days(interval.days),
        hours(interval.micros / kMicrosPerHour),
        minutes(interval.micros / kMicrosPerMinute % 60),
        seconds(interval.micros / kMicrosPerSecond % 60),
        fraction(interval.micros % kMicrosPerSecond) {}

  bool has_time() const { return hours != 0 || minutes != 0 || seconds != 0 || fraction != 0; }
  bool negative_time() const { return hours < 0 || minutes < 0 || seconds < 0 || fraction < 0; }
};

// "6", "06.5": without sign and without zeros at the end.
void AppendSeconds(const Parts& parts, int width, std::string& out) {
  const int64_t seconds = parts.seconds < 0 ? -parts.seconds : parts.seconds;
  const int64_t fraction = parts.fraction < 0 ? -parts.fraction : parts.fraction;
  fmt::format_to(std::back_inserter(out), "{:0{}}", seconds, width);
  if (fraction == 0) return;
  std::string digits = fmt::format("{:06}", fraction);
  while (digits.back() == '0') digits.pop_back();
  out += '.';
  out += digits;
}

void AppendPostgres(const Interval& interval, std::string& out) {
  const size_t start = out.size();
  bool before = false;  // the last part was negative, so a positive one must say so
  const auto part = [&](int64_t value, std::string_view unit) {
    if (value == 0) return;
    fmt::format_to(std::back_inserter(out), "{}{}{} {}{}", out.size() == start ? "" : " ",
                   before && value > 0 ? "+" : "", value, unit, value == 1 ? "" : "s");
    before = value < 0;
  };
  const Parts parts(interval);
  part(parts.years, "year");
  part(parts.months, "mon");
  part(parts.days, "day");
  if (out.size() != start && interval.micros == 0) return;
  if (out.size() != start) out += ' ';
  if (interval.micros < 0) {
    out += '-';
  } else if (before) {
    out += '+';
  }
  fmt::format_to(std::back_inserter(out), "{:02}:{:02}:", parts.hours < 0 ? -parts.hours : parts.hours,
                 parts.minutes < 0 ? -parts.minutes : parts.minutes);
  AppendSeconds(parts, 2, out);
}

void AppendVerbose(const Interval& interval, std::string& out) {
  const Parts parts(interval);
  bool zero = true;
  bool ago = false;  // as the first part says; the others are relative to it
  out += '@';
  const auto part = [&](int64_t value, std::string_view unit) {
    if (value == 0) return;
    if (zero) ago = value < 0;
    if (ago) value = -value;
    fmt::format_to(std::back_inserter(out), " {} {}{}", value, unit, value == 1 ? "" : "s");
    zero = false;
  };
  part(parts.years, "year");
  part(parts.months, "mon");
  part(parts.days, "day");
  part(parts.hours, "hour");
  part(parts.minutes, "min");
  if (parts.seconds != 0 || parts.fraction != 0) {
    const bool negative = parts.seconds < 0 || parts.fraction < 0;
    if (zero) ago = negative;
    out += negative == ago ? " " : " -";
    AppendSeconds(parts, 1, out);
    const bool one = (parts.seconds == 1 || parts.seconds == -1) && parts.fraction == 0;
    out += one ? " sec" : " secs";
    zero = false;
  }
  if (zero) out += " 0";
  if (ago) out += " ago";
}

void AppendSqlStandard(Interval interval, std::string& out) {
  const bool has_years = interval.months != 0;
  const bool has_days = interval.days != 0;
  const bool negative = interval.months < 0 || interval.days < 0 || interval.micros < 0;
  const bool positive = interval.months > 0 || interval.days > 0 || interval.micros > 0;
  // The standard has one sign, and either years and months or days and a time.
  const bool standard = !(negative && positive) && !(has_years && (has_days || interval.micros != 0));
  if (!negative && !positive) {
    out += '0';
    return;
  }
  if (negative && standard) out += '-';
  Parts parts(interval);
  const bool negative_time = parts.negative_time();
  for (int64_t* part : {&parts.years, &parts.months, &parts.days, &parts.hours, &parts.minutes}) {
    if (*part < 0) *part = -*part;
  }
  const auto append_time = [&] {
    fmt::format_to(std::back_inserter(out), "{}:{:02}:", parts.hours, parts.minutes);
    AppendSeconds(parts, 2, out);
  };
  if (!standard) {
    fmt::format_to(std::back_inserter(out), "{}{}-{} {}{} {}", interval.months < 0 ? '-' : '+', parts.years,
                   parts.months, interval.days < 0 ? '-' : '+', parts.days, negative_time ? '-' : '+');
    append_time();
  } else if (has_years) {
    fmt::format_to(std::back_inserter(out), "{}-{}", parts.years, parts.months);
  } else {
    if (has_days) fmt::format_to(std::back_inserter(out), "{} ", parts.days);
    append_time();
  }
}

void AppendIso8601(const Interval& interval, std::string& out) {
  const Parts parts(interval);
  if (interval.months == 0 && interval.days == 0 && interval.micros == 0) {
    out += "PT0S";
    return;
  }
  const auto part = [&](int64_t value, char unit) {
    if (value != 0) fmt::format_to(std::back_inserter(out), "{}{}", value, unit);
  };
  out += 'P';
  part(parts.years, 'Y');
  part(parts.months, 'M');
  part(parts.days, 'D');
  if (!parts.has_time()) return;
  out += 'T';
  part(parts.hours, 'H');
  part(parts.minutes, 'M');
  if (parts.seconds == 0 && parts.fraction == 0) return;
  if (parts.seconds < 0 || parts.fraction < 0) out += '-';
  AppendSeconds(parts, 1, out);
  out += 'S';
}

}  // namespace

void AppendInterval(const Interval& interval, TextStyle::Intervals style, std::string& out) {
  switch (style) {
    case TextStyle::Intervals::kPostgres:
      return AppendPostgres(interval, out);
    case TextStyle::Intervals::kVerbose:
      return AppendVerbose(interval, out);
    case TextStyle::Intervals::kSqlStandard:
      return AppendSqlStandard(interval, out);
    case TextStyle::Intervals::kIso8601:
      return AppendIso8601(interval, out);
  }
}

}  // namespace weir
