#include "types/calendar.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

CivilDate NextDay(CivilDate date) {
  if (++date.day <= DaysInMonth(date.year, date.month)) return date;
  date.day = 1;
  if (++date.month <= 12) return date;
  date.month = 1;
  ++date.year;
  return date;
}

// Day by day, beginning with a date that is known.
void ExpectDays(int64_t day, CivilDate date, int64_t count) {
  int weekday = DayOfWeek(day);
  int day_of_year = DayOfYear(date);
  for (int64_t end = day + count; day < end; ++day) {
    ASSERT_EQ(CivilFromDays(day), date) << day;
    ASSERT_EQ(DaysFromCivil(date.year, date.month, date.day), day);
    ASSERT_EQ(DayOfWeek(day), weekday) << day;
    ASSERT_EQ(DayOfYear(date), day_of_year) << day;
    const int32_t year = date.year;
    date = NextDay(date);
    weekday = (weekday + 1) % 7;
    day_of_year = date.year == year ? day_of_year + 1 : 1;
  }
}

TEST(CalendarTest, EveryDayOfElevenCenturies) {
  ExpectDays(0, {1970, 1, 1}, 400'000);
  EXPECT_EQ(DayOfWeek(0), 4);
}

TEST(CalendarTest, BeforeYearOne) {
  ExpectDays(kDateMin, {-4713, 11, 24}, 3'000'000);
  EXPECT_EQ(DayOfWeek(kDateMin), 1);
}

TEST(CalendarTest, TheLastDays) {
  ExpectDays(kDateMax - 1000, CivilFromDays(kDateMax - 1000), 1001);
  EXPECT_EQ(CivilFromDays(kDateMax), (CivilDate{5'874'897, 12, 31}));
}

TEST(CalendarTest, IsoWeeks) {
  EXPECT_EQ(IsoWeekFromDays(DaysFromCivil(2021, 1, 3)).week, 53);
  EXPECT_EQ(IsoWeekFromDays(DaysFromCivil(2021, 1, 3)).year, 2020);
  EXPECT_EQ(IsoWeekFromDays(DaysFromCivil(2024, 12, 30)).week, 1);
  EXPECT_EQ(IsoWeekFromDays(DaysFromCivil(2024, 12, 30)).year, 2025);
  EXPECT_EQ(IsoWeekFromDays(DaysFromCivil(2007, 1, 1)).weekday, 1);
}

}  // namespace
}  // namespace weir
