#include "function/scalar/example_reader.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

// What PostgreSQL 15 answers; "error" and the SQLSTATE where it refuses.
constexpr std::pair<const char*, const char*> kAnswers[] = {
    {"age(timestamp '2001-04-10', timestamp '1957-06-13')", "43 years 9 mons 27 days"},
    {"age(timestamp '2024-03-01', timestamp '2024-01-31')", "1 mon 1 day"},
    {"age(timestamp '2024-01-31', timestamp '2024-03-01')", "-1 mons -1 days"},
    {"age(timestamp '2024-01-01 00:00:00', timestamp '2023-12-31 23:00:01')", "00:59:59"},
    {"age(timestamp '2023-12-31 23:00:01', timestamp '2024-01-01 00:00:00')", "-00:59:59"},
    {"age(timestamptz '2024-02-29', timestamptz '2020-02-29')", "4 years"},
    {"timestamp '2001-09-29 03:00' - timestamp '2001-07-27 12:00'", "63 days 15:00:00"},
    {"timestamp '2001-07-27 12:00' - timestamp '2001-09-29 03:00'", "-63 days -15:00:00"},
    {"time '01:00' - interval '3 hours'", "22:00:00"},
    {"time '05:00' - time '07:00'", "-02:00:00"},
    {"time '12:00' + interval '13 hours'", "01:00:00"},
    {"interval '1 month' * 1.5", "1 mon 15 days"},
    {"interval '1 day' / 3", "08:00:00"},
    {"21 * interval '3 seconds'", "00:01:03"},
    {"interval '1 year 1 mon 1 day' / 2.5", "5 mons 6 days 09:36:00"},
    {"interval '1 mon 1 day 1 hour' * 0.3", "9 days 07:30:00"},
    {"interval '-1 mon' * 0.5", "-15 days"},
    {"interval '1 day' / 0", "error 22012"},
    {"justify_days(interval '1 year 65 days')", "1 year 2 mons 5 days"},
    {"justify_hours(interval '50 hours 10 minutes')", "2 days 02:10:00"},
    {"justify_interval(interval '1 month -1 hour')", "29 days 23:00:00"},
    {"justify_interval('-1 mon 31 days -25:00:00'::interval)", "-01:00:00"},
    {"make_date(2013,7,15)", "2013-07-15"},
    {"make_date(-44,3,15)", "0044-03-15 BC"},
    {"make_date(2013,2,30)", "error 22008"},
    {"make_time(8,15,23.5)", "08:15:23.5"},
    {"make_time(25,1,1)", "error 22008"},
    {"make_timestamp(2013,7,15,8,15,23.5)", "2013-07-15 08:15:23.5"},
    {"make_timestamp(2013,13,15,8,15,23.5)", "error 22008"},
    {"make_interval(1,2,3,4,5,6,7.5)", "1 year 2 mons 25 days 05:06:07.5"},
    {"to_timestamp(1284352323)", "2010-09-13 04:32:03+00"},
    {"to_timestamp(1284352323.5::float8)", "2010-09-13 04:32:03.5+00"},
    {"to_timestamp('infinity'::float8)", "infinity"},
    {"date '2001-09-28' + 7", "2001-10-05"},
    {"date '2001-09-28' - 7", "2001-09-21"},
    {"7 + date '2001-09-28'", "2001-10-05"},
    {"date '2001-09-28' + interval '1 hour'", "2001-09-28 01:00:00"},
    {"date '2001-09-28' + time '03:00'", "2001-09-28 03:00:00"},
    {"date '2001-10-01' - date '2001-09-28'", "3"},
    {"date '2001-09-28' - interval '1 hour'", "2001-09-27 23:00:00"},
    {"timestamp '2024-01-31' + interval '1 month'", "2024-02-29 00:00:00"},
    {"timestamp '2024-03-31' - interval '1 month'", "2024-02-29 00:00:00"},
    {"timestamp '2024-02-29' + interval '1 year'", "2025-02-28 00:00:00"},
    {"timestamptz '2024-03-31 12:00+00' + interval '1 day 2 hours'", "2024-04-01 14:00:00+00"},
    {"interval '1 day' + interval '1 hour'", "1 day 01:00:00"},
    {"extract(year from interval '1 year 5 mons')", "1"},
    {"extract(epoch from interval '5 days 3 hours')", "442800.000000"},
    {"extract(epoch from interval '1 year 2 months')", "36741600.000000"},
    {"extract(julian from timestamp '2024-01-01 12:00')", "2460311.50000000000000000000"},
    {"extract(julian from date '2024-01-01')", "2460311"},
    {"extract(second from time '17:12:28.5')", "28.500000"},
    {"extract(milliseconds from time '17:12:28.5')", "28500.000"},
    {"extract(microseconds from time '17:12:28.5')", "28500000"},
    {"extract(epoch from timestamp '2024-01-01 00:00:00.5')", "1704067200.500000"},
    {"extract(epoch from timestamptz '2024-01-01 00:00:00.5+02')", "1704060000.500000"},
    {"extract(epoch from date '2024-01-01')", "1704067200"},
    {"extract(century from date '0001-01-01 BC')", "-1"},
    {"extract(century from date '2000-12-31')", "20"},
    {"extract(century from date '2001-01-01')", "21"},
    {"extract(decade from date '0011-01-01 BC')", "-1"},
    {"extract(millennium from timestamp '2001-02-16 20:38:40')", "3"},
    {"extract(week from date '2005-01-01')", "53"},
    {"extract(isoyear from date '2006-01-01')", "2005"},
    {"extract(dow from date '2024-01-07')", "0"},
    {"extract(isodow from date '2024-01-07')", "7"},
    {"extract(doy from date '2024-12-31')", "366"},
    {"extract(quarter from date '2024-12-31')", "4"},
    {"extract(year from date '0044-03-15 BC')", "-44"},
    {"extract(timezone from timestamptz '2024-01-01 00:00+00')", "0"},
    {"extract(timezone_hour from timestamptz '2024-01-01 00:00+00')", "0"},
    {"extract(hour from date '2024-01-01')", "error 0A000"},
    {"extract(foo from date '2024-01-01')", "error 22023"},
    {"extract(dow from interval '1 day')", "error 0A000"},
    {"extract(day from interval '40 days 1 minute')", "40"},
    {"extract(hour from interval '100 hours')", "100"},
    {"date_part('epoch', timestamp 'infinity')", "Infinity"},
    {"date_part('hour', timestamp 'infinity')", "NULL"},
    {"date_part('second', timestamp '2024-01-01 00:00:01.25')", "1.25"},
    {"isfinite(date 'infinity')", "f"},
    {"isfinite(interval '4 hours')", "t"},
    {"date_trunc('hour', timestamp '2001-02-16 20:38:40')", "2001-02-16 20:00:00"},
    {"date_trunc('week', timestamp '2024-01-07')", "2024-01-01 00:00:00"},
    {"date_trunc('quarter', timestamp '2024-05-07')", "2024-04-01 00:00:00"},
    {"date_trunc('century', timestamp '2024-01-01')", "2001-01-01 00:00:00"},
    {"date_trunc('decade', timestamp '0005-01-01 BC')", "0011-01-01 00:00:00 BC"},
    {"date_trunc('century', timestamp '0005-01-01 BC')", "0100-01-01 00:00:00 BC"},
    {"date_trunc('millennium', timestamp '2024-01-01')", "2001-01-01 00:00:00"},
    {"date_trunc('milliseconds', timestamp '2024-01-01 00:00:00.123456')", "2024-01-01 00:00:00.123"},
    {"date_trunc('day', timestamptz '2001-02-16 20:38:40+00', 'Australia/Sydney')", "2001-02-16 13:00:00+00"},
    {"date_trunc('day', date '2024-01-15')", "2024-01-15 00:00:00+00"},
    {"date_trunc('foo', timestamp '2024-01-01')", "error 22023"},
    {"date_trunc('month', interval '3 years 2 months 47 hours')", "3 years 2 mons"},
    {"date_trunc('hour', interval '3 days 02:47:33')", "3 days 02:00:00"},
    {"date_trunc('day', timestamp 'infinity')", "infinity"},
    {"date_bin('15 minutes', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01')", "2020-02-11 15:30:00"},
    {"date_bin('15 minutes', timestamp '2000-02-11 15:44:17', timestamp '2001-01-01 00:02:30')", "2000-02-11 15:32:30"},
    {"date_bin('1 month', timestamp '2000-02-11 15:44:17', timestamp '2001-01-01 00:02:30')", "error 0A000"},
    {"timestamp '2001-02-16 20:38:40' at time zone 'America/Denver'", "2001-02-17 03:38:40+00"},
    {"timestamptz '2001-02-16 20:38:40-05' at time zone 'America/Denver'", "2001-02-16 18:38:40"},
    {"timezone(interval '-08:00', timestamp '2001-02-16 20:38:40')", "2001-02-17 04:38:40+00"},
    {"timestamp '2024-03-10 02:30' at time zone 'America/New_York'", "2024-03-10 07:30:00+00"},
    {"timestamp '2024-11-03 01:30' at time zone 'America/New_York'", "2024-11-03 06:30:00+00"},
    {"timestamptz '2060-07-01 00:00+00' at time zone 'Europe/Paris'", "2060-07-01 02:00:00"},
    {"timestamp '2024-01-01' at time zone 'foo/bar'", "error 22023"},
};

TEST(PostgresTest, DateTime) {
  for (const auto& [expression, answer] : kAnswers) {
    const std::string expected = answer;
    const std::string result = RunExample(expression);
    if (expected.starts_with("error ")) {
      EXPECT_EQ(result.substr(0, 5), expected.substr(6)) << expression << ": " << result;
    } else {
      EXPECT_EQ(result, expected) << expression;
    }
  }
}

}  // namespace
}  // namespace weir
