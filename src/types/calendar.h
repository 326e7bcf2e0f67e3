#pragma once

#include <cstdint>
#include <string_view>

#include "types/type.h"

namespace weir {

// The proleptic Gregorian calendar on days since 1970-01-01. Years are astronomical: 0 is 1 BC, -1 is 2 BC.

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;
inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kNanosPerDay = 24 * 3600 * kNanosPerSecond;
inline constexpr int64_t kSecondsPerDay = 86'400;

// PostgreSQL's range of dates: 4714-11-24 BC (Julian day 0) to 5874897-12-31. Timestamps begin there as well and end
// with the representation: microseconds since 1970 reach 294247-01-10, nanoseconds 2262-04-11.
inline constexpr int32_t kDateMin = -2'440'588;
inline constexpr int32_t kDateMax = 2'145'042'905;
inline constexpr int64_t kTimestampMin = kDateMin * kMicrosPerDay;
inline constexpr int64_t kTimestampMax = INT64_MAX - 1;
inline constexpr int kJulianDayOf1970 = 2'440'588;

struct CivilDate {
  int32_t year = 1970;
  int32_t month = 1;  // 1..12
  int32_t day = 1;    // 1..31
  friend bool operator==(const CivilDate&, const CivilDate&) = default;
};

struct IsoWeekDate {
  int32_t year;
  int32_t week;     // 1..53
  int32_t weekday;  // 1 = Monday .. 7 = Sunday
};

constexpr bool IsLeapYear(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr int DaysInMonth(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

// Rounds towards minus infinity.
constexpr int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - static_cast<int64_t>((a % b != 0) && ((a < 0) != (b < 0)));
}
constexpr int64_t FloorMod(int64_t a, int64_t b) {
  return a - FloorDiv(a, b) * b;
}

// Months past December and days past the month's end are not checked for; the arithmetic just goes on.
// (Algorithms: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".)
constexpr int64_t DaysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

// For days within some billion years of 1970. Divisions by multiplications, all of numbers that are not negative:
// C. Neri, L. Schneider, "Euclidean affine functions and their application to calendar algorithms" (2022).
constexpr CivilDate CivilFromDays(int64_t days) {
  constexpr int64_t kEras = int64_t{1} << 24;  // of 400 years, that counting begins before 0000-03-01
  const auto quarters = 4 * static_cast<uint64_t>(days + 719'468 + 146'097 * kEras) + 3;
  const uint64_t century = quarters / 146'097;
  const uint64_t in_century = 2'939'745 * (quarters % 146'097 | 3);
  const uint64_t year_of_century = in_century >> 32;
  const uint32_t day_of_year = static_cast<uint32_t>(in_century) / 2'939'745 / 4;  // from March on
  const uint32_t month_and_day = 2141 * day_of_year + 197'913;
  const bool next_year = day_of_year >= 306;
  const auto year = static_cast<int64_t>(100 * century + year_of_century) - 400 * kEras + (next_year ? 1 : 0);
  return {static_cast<int32_t>(year), static_cast<int32_t>(month_and_day >> 16) - (next_year ? 12 : 0),
          static_cast<int32_t>((month_and_day & 0xFFFF) / 2141) + 1};
}

// 0 = Sunday .. 6 = Saturday.
constexpr int DayOfWeek(int64_t days) {
  return static_cast<int>(static_cast<uint64_t>(days + 4 + (int64_t{7} << 56)) % 7);
}
constexpr int DayOfYear(const CivilDate& date) {
  constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  return kBefore[date.month - 1] + (date.month > 2 && IsLeapYear(date.year) ? 1 : 0) + date.day;
}
IsoWeekDate IsoWeekFromDays(int64_t days);
// Monday of week 1 of the ISO year.
int64_t IsoYearStart(int64_t iso_year);

// The same day of a month `months` later, or the month's last day when it is shorter.
int64_t AddMonthsToDays(int64_t days, int64_t months);

inline bool IsValidDate(int64_t days) {
  return days >= kDateMin && days <= kDateMax;
}
inline bool IsValidTimestamp(int64_t micros) {
  return micros >= kTimestampMin && micros <= kTimestampMax;
}
inline bool IsInfiniteDate(int32_t days) {
  return days == kDateInfinity || days == kDateMinusInfinity;
}
inline bool IsInfiniteTimestamp(int64_t value) {
  return value == kTimestampInfinity || value == kTimestampMinusInfinity;
}

// To so many digits (0..6) of a second's fraction, halves away from zero; timestamps count from 2000, as in PostgreSQL.
int64_t RoundFraction(int64_t micros, int digits);
int64_t RoundTimestampFraction(int64_t micros, int digits);

// "January".. and "Sunday"..; 1-based months, weekdays from 0 = Sunday.
std::string_view MonthName(int month);
std::string_view WeekdayName(int weekday);

}  // namespace weir
