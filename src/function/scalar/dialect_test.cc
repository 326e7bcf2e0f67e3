#include "function/scalar/answers_testing.h"

namespace weir {
namespace {

// Functions that PostgreSQL lacks, by the documentation of MySQL, StarRocks and TimescaleDB; "error" and the SQLSTATE.
constexpr Answer kAnswers[] = {
    {"week(date '2008-02-20')", "7"},
    {"week(date '2008-02-20', 1)", "8"},
    {"week(date '2008-12-31', 1)", "53"},
    {"week(date '2000-01-01', 0)", "0"},
    {"week(date '2000-01-01', 2)", "52"},
    {"week(date '2008-12-31', 3)", "1"},
    {"date_format(timestamp '1900-10-04 22:23:00', '%D %y %a %d %m %b %j')", "4th 00 Thu 04 10 Oct 277"},
    {"date_format(timestamp '1997-10-04 22:23:00', '%H %k %I %r %T %S %w')", "22 22 10 10:23:00 PM 22:23:00 00 6"},
    {"date_format(date '1999-01-01', '%X %V')", "1998 52"},
    {"date_format(date '2006-06-00'::text::date, '%d')", "error 22008"},
    {"str_to_date('01,5,2013','%d,%m,%Y')", "2013-05-01 00:00:00"},
    {"str_to_date('May 1, 2013','%M %d,%Y')", "2013-05-01 00:00:00"},
    {"str_to_date('a09:30:17','a%h:%i:%s')", "0001-01-01 09:30:17 BC"},
    {"str_to_date('09:30:17 PM','%h:%i:%s %p')", "0001-01-01 21:30:17 BC"},
    {"str_to_date('2024-02-30','%Y-%m-%d')", "NULL"},
    {"from_unixtime(0)", "1970-01-01 00:00:00"},
    {"from_unixtime(1196440219, '%Y-%m-%d')", "2007-11-30"},
    {"from_unixtime(-1)", "NULL"},
    {"unix_timestamp('2007-11-30 10:30:19', '%Y-%m-%d %H:%i:%s')", "1196418619"},
    {"to_days(date '0000-01-01'::text::date)", "error 22008"},
    {"to_days(date '1970-01-01')", "719528"},
    {"last_day(timestamp '2023-02-10 10:00')", "2023-02-28"},
    {"time_slice(timestamp '2022-04-26 19:01:07', interval '5 minutes', 'ceil')", "2022-04-26 19:05:00"},
    {"time_slice(date '2022-04-26', interval '1 month')", "2022-04-01"},
    {"time_slice(timestamp '2022-04-26 19:01:07', interval '1 year')", "2022-01-01 00:00:00"},
    {"time_bucket(interval '1 week', date '2024-01-10')", "2024-01-08"},
    {"time_bucket(interval '1 month', timestamp '2024-02-10 10:00')", "2024-02-01 00:00:00"},
    {"time_bucket(interval '2 weeks', timestamp '2024-02-10 10:00', timestamp '2024-01-01')", "2024-01-29 00:00:00"},
    {"time_bucket(interval '1 day', timestamp '2024-02-10 10:00', interval '6 hours')", "2024-02-10 06:00:00"},
    {"time_bucket(interval '0', timestamp '2024-02-10 10:00')", "error 22008"},
    {"months_diff(timestamp '2024-03-31', timestamp '2024-02-29')", "1"},
    {"months_diff(timestamp '2024-02-29', timestamp '2024-03-31')", "-1"},
    {"timestampdiff('day', timestamp '2024-01-01 12:00', timestamp '2024-01-03 11:00')", "1"},
    {"date_diff('day', timestamp '2024-01-01 12:00', timestamp '2024-01-03 11:00')", "2"},
    {"date_add(date '2024-01-31', interval '1 month')", "2024-02-29 00:00:00"},
    {"months_add(date '2024-01-31', 1)", "2024-02-29"},
    {"hours_add(date '2024-01-31', 1)", "2024-01-31 01:00:00"},
    {"epoch_ms(timestamp '2024-01-01 00:00:00.123')", "1704067200123"},
    {"money_format(-1234567.891)", "-1,234,567.89"},
    {"money_format(1)", "1.00"},
    {"find_in_set('b', 'a,b,c')", "2"},
    {"find_in_set('', 'a,,c')", "2"},
    {"parse_url('https://user:pw@a.org:80/x/y?q=1&r=2#frag', 'HOST')", "a.org"},
    {"parse_url('https://user:pw@a.org:80/x/y?q=1&r=2#frag', 'REF')", "frag"},
    {"parse_url('https://user:pw@a.org:80/x/y?q=1&r=2#frag', 'AUTHORITY')", "user:pw@a.org:80"},
    {"parse_url('https://user:pw@a.org:80/x/y?q=1&r=2#frag', 'FILE')", "/x/y?q=1&r=2"},
    {"parse_url('x', 'foo')", "error 22023"},
    {"element_at(map('a',1,'b',2), 'b')", "2"},
    {"map('a',1,'b',2)['c']", "NULL"},
    {"map(array['a','a'], array[1,2])", "error 22023"},
    {"map(array['a'], array[1,2])", "error 22023"},
    {"struct_extract(row(1,'x'), 2)", "x"},
    {"struct_extract(row(1,'x'), 'zz')", "error 42703"},
    {"array_sort(array[3,1,NULL,2], 'desc', 'nulls first')", "{NULL,3,2,1}"},
    {"array_slice(array[1,2,3,4], -2)", "{3,4}"},
    {"array_distinct(array[[1],[1],[2]])", "{{1},{2}}"},
};

TEST(DialectTest, Answers) {
  ExpectAnswers(kAnswers);
}

TEST(DialectTest, TimeZoneOfTheSession) {
  StatementContext statement;
  statement.time_zone = "Europe/Berlin";
  statement.statement_time_us = 1'719'792'000'000'000;  // 2024-07-01 00:00 UTC
  EXPECT_EQ(RunExample("date_trunc('day', timestamptz '2024-03-31 12:00+00')", statement), "2024-03-31 00:00:00+01");
  EXPECT_EQ(RunExample("timestamptz '2024-03-30 12:00+00' + interval '1 day'", statement), "2024-03-31 13:00:00+02");
  EXPECT_EQ(RunExample("timestamptz '2024-03-30 12:00+00' + interval '24 hours'", statement), "2024-03-31 14:00:00+02");
  EXPECT_EQ(RunExample("hour(timestamptz '2024-07-01 00:00+00')", statement), "2");
  EXPECT_EQ(RunExample("localtimestamp()", statement), "2024-07-01 02:00:00");
  EXPECT_EQ(RunExample("now()", statement), "2024-07-01 02:00:00+02");
  EXPECT_EQ(RunExample("current_date()", statement), "2024-07-01");
  EXPECT_EQ(RunExample("from_unixtime(0)", statement), "1970-01-01 01:00:00");
  EXPECT_EQ(RunExample("unix_timestamp(timestamp '1970-01-01 01:00')", statement), "0");
  EXPECT_EQ(RunExample("to_char(timestamptz '2024-07-01 00:00+00', 'YYYY-MM-DD HH24 TZ OF')", statement),
            "2024-07-01 02 CEST +02");
  EXPECT_EQ(RunExample("extract(timezone from timestamptz '2024-07-01 00:00+00')", statement), "7200");
  EXPECT_EQ(RunExample("time_bucket(interval '1 day', timestamptz '2024-07-01 00:00+00')", statement),
            "2024-07-01 00:00:00+02");
}

// Found by feeding mutated expressions to a build with sanitizers.
TEST(DialectTest, HugeNumbersInTemplates) {
  EXPECT_EQ(RunExample("to_number('5.01', '9.9999999999999999999999999999999999999999999999')").substr(0, 5), "22003");
  EXPECT_EQ(RunExample("to_date('999999999999999999', 'IYYY')").substr(0, 5), "22008");
  EXPECT_EQ(RunExample("to_date('999999999999999999', 'J')").substr(0, 5), "22008");
  EXPECT_EQ(RunExample("to_date('2024 999999999999999999', 'YYYY WW')").substr(0, 5), "22008");
}

TEST(DialectTest, RandomFunctions) {
  EXPECT_NE(RunExample("gen_random_uuid()"), RunExample("gen_random_uuid()"));
  EXPECT_EQ(RunExample("length(gen_random_uuid()::text)"), "36");
  EXPECT_EQ(RunExample("substring(gen_random_uuid()::text, 15, 1)"), "4");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(RunExample("random() < 1"), "t");
    EXPECT_EQ(RunExample("random(3, 3)"), "3");
  }
  EXPECT_EQ(RunExample("random(4, 3)").substr(0, 5), "22023");
}

}  // namespace
}  // namespace weir
