#include "types/time_zone.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "types/calendar.h"

namespace weir {
namespace {

int64_t At(int year, int month, int day, int hour = 0) {
  return DaysFromCivil(year, month, day) * 86'400 + hour * 3600;
}

TEST(TimeZoneTest, FindsNamesAbbreviationsAndOffsets) {
  EXPECT_EQ(TimeZone::Find("europe/berlin").name(), "Europe/Berlin");
  EXPECT_EQ(&TimeZone::Find("EUROPE/BERLIN"), &TimeZone::Find("Europe/Berlin"));
  EXPECT_EQ(TimeZone::Find("utc").OffsetAt(0), 0);
  EXPECT_EQ(TimeZone::Find("PST").OffsetAt(0), -8 * 3600);
  EXPECT_EQ(TimeZone::Find("+02").OffsetAt(0), 2 * 3600);
  EXPECT_EQ(TimeZone::Find("-03:30").OffsetAt(0), -(3 * 3600 + 1800));
  EXPECT_EQ(TimeZone::Find("UTC+3").OffsetAt(0), -3 * 3600);
  EXPECT_EQ(TimeZone::Find("<XY>-4").OffsetAt(0), 4 * 3600);
  EXPECT_EQ(TimeZone::FindOrNull("Nowhere/Town"), nullptr);
  EXPECT_EQ(TimeZone::FindOrNull(""), nullptr);
  EXPECT_THROW(TimeZone::Find("Nowhere/Town"), Error);
}

TEST(TimeZoneTest, OffsetsOverTime) {
  const TimeZone& zone = TimeZone::Find("America/New_York");
  EXPECT_EQ(zone.OffsetAt(At(1800, 1, 1)), -17'762);
  EXPECT_EQ(zone.OffsetAt(At(2024, 1, 1)), -5 * 3600);
  EXPECT_EQ(zone.OffsetAt(At(2024, 7, 1)), -4 * 3600);
  EXPECT_EQ(zone.AbbreviationAt(At(2024, 7, 1)), "EDT");
  EXPECT_TRUE(zone.IsDaylightSavingAt(At(2024, 7, 1)));
  TimeZoneCursor cursor(zone);
  for (int month = 1; month <= 12; ++month)
    EXPECT_EQ(cursor.OffsetAt(At(2024, month, 1)), zone.OffsetAt(At(2024, month, 1)));
}

TEST(TimeZoneTest, RulesGoOnPastTheDatabase) {
  const TimeZone& york = TimeZone::Find("America/New_York");
  // 2050: March 13 and November 6 at 2:00 local time.
  EXPECT_EQ(york.OffsetAt(At(2050, 3, 13, 6)), -5 * 3600);
  EXPECT_EQ(york.OffsetAt(At(2050, 3, 13, 7)), -4 * 3600);
  EXPECT_EQ(york.OffsetAt(At(2050, 11, 6, 5)), -4 * 3600);
  EXPECT_EQ(york.OffsetAt(At(2050, 11, 6, 6)), -5 * 3600);
  // The last Sundays of March and October at 1:00 UTC.
  const TimeZone& berlin = TimeZone::Find("Europe/Berlin");
  EXPECT_EQ(berlin.OffsetAt(At(2099, 3, 29, 0)), 3600);
  EXPECT_EQ(berlin.OffsetAt(At(2099, 3, 29, 1)), 7200);
  EXPECT_EQ(berlin.OffsetAt(At(2099, 10, 25, 1)), 3600);
  EXPECT_EQ(TimeZone::Find("Asia/Tokyo").OffsetAt(At(2200, 7, 1)), 9 * 3600);
}

TEST(TimeZoneTest, LocalTimesInGapsAndOverlaps) {
  const TimeZone& zone = TimeZone::Find("America/New_York");
  const int64_t gap = DaysFromCivil(2024, 3, 10) * 86'400 + 9000;      // 02:30 does not exist
  const int64_t overlap = DaysFromCivil(2024, 11, 3) * 86'400 + 5400;  // 01:30 exists twice
  EXPECT_EQ(zone.LocalToUtc(gap), gap + 5 * 3600);
  EXPECT_EQ(zone.LocalToUtc(overlap), overlap + 5 * 3600);
  for (int64_t local = At(2024, 1, 1); local < At(2025, 1, 1); local += 3600) {
    const int64_t utc = zone.LocalToUtc(local);
    const bool in_gap = local >= At(2024, 3, 10, 2) && local < At(2024, 3, 10, 3);
    EXPECT_TRUE(in_gap || utc + zone.OffsetAt(utc) == local) << local;
  }
}

TEST(TimeZoneTest, UtcOffsets) {
  EXPECT_EQ(ParseUtcOffset("+0530"), 19'800);
  EXPECT_EQ(ParseUtcOffset("-5"), -18'000);
  EXPECT_EQ(ParseUtcOffset("+01:02:03"), 3723);
  for (const char* text : {"", "+", "5", "+25", "+05:70", "+x", "+5:", "+01:02:03:04"})
    EXPECT_EQ(ParseUtcOffset(text), std::nullopt) << text;
  std::string out;
  AppendUtcOffset(-17'762, out);
  EXPECT_EQ(out, "-04:56:02");
}

TEST(CalendarTest, RoundTripsTheWholeRange) {
  for (int64_t day = kDateMin; day <= kDateMax; day += 9973) {
    const CivilDate date = CivilFromDays(day);
    ASSERT_EQ(DaysFromCivil(date.year, date.month, date.day), day);
  }
  EXPECT_EQ(CivilFromDays(kDateMin), (CivilDate{-4713, 11, 24}));
  EXPECT_EQ(CivilFromDays(kDateMax), (CivilDate{5'874'897, 12, 31}));
}

TEST(CalendarTest, WeeksAndMonths) {
  const IsoWeekDate week = IsoWeekFromDays(DaysFromCivil(2021, 1, 3));
  EXPECT_EQ(week.year, 2020);
  EXPECT_EQ(week.week, 53);
  EXPECT_EQ(week.weekday, 7);
  EXPECT_EQ(CivilFromDays(AddMonthsToDays(DaysFromCivil(2024, 1, 31), 1)), (CivilDate{2024, 2, 29}));
  EXPECT_EQ(CivilFromDays(AddMonthsToDays(DaysFromCivil(2024, 1, 31), -2)), (CivilDate{2023, 11, 30}));
  EXPECT_EQ(CivilFromDays(AddMonthsToDays(DaysFromCivil(1, 1, 1), -12)), (CivilDate{0, 1, 1}));
  EXPECT_EQ(DayOfWeek(0), 4);
}

}  // namespace
}  // namespace weir
