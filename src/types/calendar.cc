#include "types/calendar.h"

namespace weir {

int64_t IsoYearStart(int64_t iso_year) {
  // January 4 is always in week 1.
  const int64_t fourth = DaysFromCivil(iso_year, 1, 4);
  return fourth - (DayOfWeek(fourth) + 6) % 7;
}

IsoWeekDate IsoWeekFromDays(int64_t days) {
  const int weekday = (DayOfWeek(days) + 6) % 7;
  // The year of the week is that of its Thursday.
  const int32_t year = CivilFromDays(days - weekday + 3).year;
  const int64_t start = IsoYearStart(year);
  return {year, static_cast<int32_t>((days - start) / 7 + 1), weekday + 1};
}

int64_t AddMonthsToDays(int64_t days, int64_t months) {
  const CivilDate date = CivilFromDays(days);
  const int64_t month_index = static_cast<int64_t>(date.year) * 12 + (date.month - 1) + months;
  const int64_t year = FloorDiv(month_index, 12);
  const int month = static_cast<int>(FloorMod(month_index, 12)) + 1;
  const int last = DaysInMonth(year, month);
  return DaysFromCivil(year, month, date.day < last ? date.day : last);
}

std::string_view MonthName(int month) {
  constexpr std::string_view kNames[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
  return kNames[month - 1];
}

std::string_view WeekdayName(int weekday) {
  constexpr std::string_view kNames[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  return kNames[weekday];
}

int64_t RoundFraction(int64_t micros, int digits) {
  int64_t unit = kMicrosPerSecond;
  for (int i = 0; i < digits; ++i) unit /= 10;
  const int64_t rest = micros % unit;
  if (rest == 0) return micros;
  const int64_t truncated = micros - rest;
  if (rest * 2 >= unit) return truncated > INT64_MAX - unit ? truncated : truncated + unit;
  if (rest * 2 <= -unit) return truncated < INT64_MIN + unit ? truncated : truncated - unit;
  return truncated;
}

int64_t RoundTimestampFraction(int64_t micros, int digits) {
  constexpr int64_t kOrigin = 10'957 * kMicrosPerDay;  // 2000-01-01
  if (IsInfiniteTimestamp(micros) || micros < kTimestampMin + kOrigin) return micros;
  return RoundFraction(micros - kOrigin, digits) + kOrigin;
}

}  // namespace weir
