#include "types/text.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "types/time_zone.h"

namespace weir {
namespace {

std::string Round(const Type& type, std::string_view text, const TextOptions& options = {}) {
  return FormatValue(ParseValue(type, text, options), options);
}

std::string Code(const Type& type, std::string_view text) {
  try {
    return "no error: " + Round(type, text);
  } catch (const Error& error) {
    return std::string(error.sqlstate());
  }
}

std::string Message(const Type& type, std::string_view text) {
  try {
    return "no error: " + Round(type, text);
  } catch (const Error& error) {
    return error.message();
  }
}

// Expected values here and below are what PostgreSQL 15 answers.
TEST(TextTest, Booleans) {
  for (const char* text : {"t", "tru", "TRUE", " yes ", "y", "on", "1"})
    EXPECT_EQ(Round(TypeKind::kBoolean, text), "t");
  for (const char* text : {"f", "FALSE", "no", "off", "of", "0"}) EXPECT_EQ(Round(TypeKind::kBoolean, text), "f");
  for (const char* text : {"o", "", "x", "truee", "2"}) EXPECT_EQ(Code(TypeKind::kBoolean, text), "22P02") << text;
}

TEST(TextTest, Integers) {
  EXPECT_EQ(Round(TypeKind::kInt32, " +12 "), "12");
  EXPECT_EQ(Round(TypeKind::kInt64, "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Round(TypeKind::kInt128, "-170141183460469231731687303715884105728"),
            "-170141183460469231731687303715884105728");
  EXPECT_EQ(Round(TypeKind::kInt8, "-128"), "-128");
  EXPECT_EQ(Code(TypeKind::kInt8, "128"), "22003");
  EXPECT_EQ(Message(TypeKind::kInt32, "99999999999"), "value \"99999999999\" is out of range for type integer");
  EXPECT_EQ(Code(TypeKind::kInt64, "9223372036854775808"), "22003");
  EXPECT_EQ(Code(TypeKind::kInt128, "170141183460469231731687303715884105728"), "22003");
  EXPECT_EQ(Message(TypeKind::kInt32, "x"), "invalid input syntax for type integer: \"x\"");
  for (const char* text : {"", "1.5", "+-1", "--1", "1 2", "+", "-"})
    EXPECT_EQ(Code(TypeKind::kInt32, text), "22P02") << text;
}

TEST(TextTest, FloatingPoint) {
  const std::pair<const char*, const char*> doubles[] = {
      {"1e15", "1e+15"},
      {"1e14", "100000000000000"},
      {"123456789012345.6", "123456789012345.6"},
      {"0.0001", "0.0001"},
      {"0.00001", "1e-05"},
      {"-0", "-0"},
      {" +1.5 ", "1.5"},
      {"inf", "Infinity"},
      {"-Infinity", "-Infinity"},
      {"nan", "NaN"},
      {"1.", "1"},
      {".5", "0.5"},
      {"1e20", "1e+20"},
      {"100", "100"},
      {"1234.5678", "1234.5678"},
      {"0.1", "0.1"},
      {"1e-300", "1e-300"},
      {"12345678901234567", "1.2345678901234568e+16"},
      {"0", "0"},
      {"62734137283180417", "6.2734137283180416e+16"},
      {"-312740564582080797", "-3.1274056458208077e+17"},
      {"-12.25", "-12.25"},
  };
  for (const auto& [in, out] : doubles) EXPECT_EQ(Round(TypeKind::kDouble, in), out) << in;
  EXPECT_EQ(Round(TypeKind::kFloat, "1e5"), "100000");
  EXPECT_EQ(Round(TypeKind::kFloat, "1234567"), "1.234567e+06");
  EXPECT_EQ(Round(TypeKind::kFloat, "1e-5"), "1e-05");
  EXPECT_EQ(Round(TypeKind::kFloat, "0.1"), "0.1");
  EXPECT_EQ(Round(TypeKind::kFloat, "7.343e+08"), "7.3430003e+08");
  EXPECT_EQ(Message(TypeKind::kDouble, "1e400"), "\"1e400\" is out of range for type double precision");
  EXPECT_EQ(Code(TypeKind::kDouble, "1e-400"), "22003");
  EXPECT_EQ(Code(TypeKind::kFloat, "1e40"), "22003");
  for (const char* text : {"", "x", "1x", "++1", "1e", "e5"}) EXPECT_EQ(Code(TypeKind::kDouble, text), "22P02") << text;
  TextOptions rounded;
  rounded.extra_float_digits = 0;
  EXPECT_EQ(Round(TypeKind::kDouble, "0.30000000000000004", rounded), "0.3");
}

TEST(TextTest, Decimals) {
  EXPECT_EQ(Round(Type::Decimal(5, 2), "123.456"), "123.46");
  EXPECT_EQ(Round(Type::Decimal(5, 2), "-123.455"), "-123.46");
  EXPECT_EQ(Round(Type::Decimal(5, 2), "1e2"), "100.00");
  EXPECT_EQ(Round(Type::Decimal(5, 2), "12345e-3"), "12.35");
  EXPECT_EQ(Round(Type::Decimal(5, 2), ".5"), "0.50");
  EXPECT_EQ(Round(Type::Decimal(5, 2), "-0.004"), "0.00");
  EXPECT_EQ(Round(Type::Decimal(5, 5), "0.12345"), "0.12345");
  EXPECT_EQ(Round(Type::Decimal(38, 0), "99999999999999999999999999999999999999"),
            "99999999999999999999999999999999999999");
  EXPECT_EQ(Round(Type::Decimal(38, 1), "1234567890123456789012345678901234567.85"),
            "1234567890123456789012345678901234567.9");
  EXPECT_EQ(Round(Type::Decimal(38, 0), "12345678901234567890123456789012345678.5"),
            "12345678901234567890123456789012345679");
  EXPECT_EQ(Round(Type::Decimal(10, 2), "0.00000000000000000000000000000000000000000000000001"), "0.00");
  EXPECT_EQ(Round(Type::Decimal(10, 2), "000000000000000000000000000000000000000000000000012.5"), "12.50");
  EXPECT_EQ(Code(Type::Decimal(38, 0), "99999999999999999999999999999999999999.5"), "22003");
  EXPECT_EQ(Code(Type::Decimal(38, 0), "999999999999999999999999999999999999999"), "22003");
  EXPECT_EQ(Code(Type::Decimal(5, 2), "1234.5"), "22003");
  EXPECT_EQ(Code(Type::Decimal(5, 2), "1e100"), "22003");
  EXPECT_EQ(Code(Type::Decimal(5, 2), "999.995"), "22003");
  EXPECT_EQ(Code(Type::Decimal(5, 2), "NaN"), "0A000");
  for (const char* text : {"", "x", "1.2.3", "1e", "--1", "1 2", "."})
    EXPECT_EQ(Code(Type::Decimal(5, 2), text), "22P02");
}

TEST(TextTest, Dates) {
  const std::pair<const char*, const char*> cases[] = {
      {"1999/01/08", "1999-01-08"},
      {"1/8/1999", "1999-01-08"},
      {"1/18/1999", "1999-01-18"},
      {"990108", "1999-01-08"},
      {"19990108", "1999-01-08"},
      {"1999.008", "1999-01-08"},
      {"J2451187", "1999-01-08"},
      {"January 8, 99 BC", "0099-01-08 BC"},
      {"08-Jan-99", "1999-01-08"},
      {"Jan-08-1999", "1999-01-08"},
      {"1999-Jan-08", "1999-01-08"},
      {"2024-1-5", "2024-01-05"},
      {"20240131", "2024-01-31"},
      {"0044-03-15 BC", "0044-03-15 BC"},
      {"1-2-3", "2003-01-02"},
      {"Jan 8 1999", "1999-01-08"},
      {"18 jul 1999", "1999-07-18"},
      {"31 December 0044 BC", "0044-12-31 BC"},
      {"8 Jan 1999", "1999-01-08"},
      {"epoch", "1970-01-01"},
      {"infinity", "infinity"},
      {"-infinity", "-infinity"},
      {"2024-01-31 10:00:00", "2024-01-31"},
      {"300000-01-01", "300000-01-01"},
      {"5874897-12-31", "5874897-12-31"},
      {" 2024-02-29 ", "2024-02-29"},
      {"4714-11-24 BC", "4714-11-24 BC"},
      {"Thu Jan 8 1999", "1999-01-08"},
  };
  for (const auto& [in, out] : cases) EXPECT_EQ(Round(TypeKind::kDate, in), out) << in;
  for (const char* text : {"18/1/1999", "2024-02-30", "2024-13-01", "5874898-01-01", "2023-02-29", "0000-01-01"}) {
    EXPECT_EQ(Code(TypeKind::kDate, text), "22008") << text;
  }
  for (const char* text : {"", "abc", "2024-01", "10:00", "2024-01-01 x", "tomorrow x"}) {
    EXPECT_NE(Code(TypeKind::kDate, text).substr(0, 2), "no") << text;
  }
  EXPECT_EQ(Message(TypeKind::kDate, "abc"), "invalid input syntax for type date: \"abc\"");
  EXPECT_EQ(Message(TypeKind::kDate, "2024-02-30"), "date/time field value out of range: \"2024-02-30\"");
  TextOptions options;
  options.now_us = 86'400'000'000LL * 10 + 1;
  EXPECT_EQ(Round(TypeKind::kDate, "today", options), "1970-01-11");
  EXPECT_EQ(Round(TypeKind::kDate, "tomorrow", options), "1970-01-12");
  EXPECT_EQ(Round(TypeKind::kDate, "now", options), "1970-01-11");
  EXPECT_EQ(Code(TypeKind::kDate, "today"), "0A000");
}

TEST(TextTest, Times) {
  const std::pair<const char*, const char*> cases[] = {
      {"04:05:06 PM", "16:05:06"},
      {"040506", "04:05:06"},
      {"0405", "04:05:00"},
      {"04:05:06.789", "04:05:06.789"},
      {"24:00", "24:00:00"},
      {"12:30 am", "00:30:00"},
      {"allballs", "00:00:00"},
      {"2024-01-01 10:00:00", "10:00:00"},
      {"4:5", "04:05:00"},
      {"23:59:59.9999999", "24:00:00"},
      {"23:23:00.6288865", "23:23:00.628886"},
  };
  for (const auto& [in, out] : cases) EXPECT_EQ(Round(TypeKind::kTime, in), out) << in;
  EXPECT_EQ(Code(TypeKind::kTime, "25:00"), "22008");
  EXPECT_EQ(Code(TypeKind::kTime, "10:60"), "22008");
  EXPECT_EQ(Code(TypeKind::kTime, "x"), "22007");
  EXPECT_EQ(Code(TypeKind::kTime, ""), "22007");
}

TEST(TextTest, Timestamps) {
  const std::pair<const char*, const char*> cases[] = {
      {"1999-01-08 04:05:06.789-8", "1999-01-08 04:05:06.789"},
      {"19990108T040506", "1999-01-08 04:05:06"},
      {"1999-01-08 04:05 PM", "1999-01-08 16:05:00"},
      {"Thu Jan  8 04:05:06 1999 PST", "1999-01-08 04:05:06"},
      {"2024-01-31 24:00:00", "2024-02-01 00:00:00"},
      {"2024-01-31 23:59:60", "2024-02-01 00:00:00"},
      {"2024-01-31 10:00:00.1234567", "2024-01-31 10:00:00.123457"},
      {"2024-01-31T10:00:00Z", "2024-01-31 10:00:00"},
      {"2024-001", "2024-01-01 00:00:00"},
      {"Jan 2024 3", "2024-01-03 00:00:00"},
      {"2024-01-31", "2024-01-31 00:00:00"},
      {"epoch", "1970-01-01 00:00:00"},
      {"-infinity", "-infinity"},
      {"0001-01-01 00:00:00 BC", "0001-01-01 00:00:00 BC"},
      {"1969-12-31 23:59:59.5", "1969-12-31 23:59:59.5"},
  };
  for (const auto& [in, out] : cases) EXPECT_EQ(Round(TypeKind::kTimestamp, in), out) << in;
  EXPECT_EQ(Round(TypeKind::kTimestampNs, "2024-01-31 10:00:00.123456789"), "2024-01-31 10:00:00.123456789");
  EXPECT_EQ(Round(TypeKind::kTimestampNs, "1677-09-22 00:00:00"), "1677-09-22 00:00:00");
  EXPECT_EQ(Code(TypeKind::kTimestampNs, "2300-01-01"), "22008");
  EXPECT_EQ(Code(TypeKind::kTimestamp, "2024-01-01 25:00"), "22008");
  EXPECT_EQ(Code(TypeKind::kTimestamp, "400000-01-01"), "22008");
  for (const char* text : {"2024", "2024-01", "2024-01-01 10:00:00 10:00:00", "x"}) {
    EXPECT_EQ(Code(TypeKind::kTimestamp, text), "22007") << text;
  }
}

TEST(TextTest, TimestampsWithTimeZone) {
  const std::pair<const char*, const char*> cases[] = {
      {"2024-01-31T10:00:00+05:30", "2024-01-31 04:30:00+00"},
      {"2024-01-31 10:00:00 America/New_York", "2024-01-31 15:00:00+00"},
      {"2024-01-31 10:00:00 EST", "2024-01-31 15:00:00+00"},
      {"2024-07-01 10:00:00 EST5EDT", "2024-07-01 14:00:00+00"},
      {"2024-03-10 02:30 America/New_York", "2024-03-10 07:30:00+00"},
      {"2024-11-03 01:30 America/New_York", "2024-11-03 06:30:00+00"},
      {"2024-01-01 00:00 UTC+3", "2024-01-01 03:00:00+00"},
      {"2024-01-01 00:00 +3", "2023-12-31 21:00:00+00"},
      {"2024-01-01 00:00:00Z", "2024-01-01 00:00:00+00"},
  };
  for (const auto& [in, out] : cases) EXPECT_EQ(Round(TypeKind::kTimestampTz, in), out) << in;
  TextOptions berlin;
  berlin.time_zone = "Europe/Berlin";
  EXPECT_EQ(Round(TypeKind::kTimestampTz, "2024-07-01 12:00", berlin), "2024-07-01 12:00:00+02");
  EXPECT_EQ(Round(TypeKind::kTimestampTz, "2024-01-01 12:00Z", berlin), "2024-01-01 13:00:00+01");
  EXPECT_EQ(Round(TypeKind::kTimestampTz, "1850-01-01 12:00", berlin), "1850-01-01 12:00:00+00:53:28");
  EXPECT_EQ(Round(TypeKind::kTimestampTz, "2050-07-01 12:00", berlin), "2050-07-01 12:00:00+02");
  EXPECT_EQ(Code(TypeKind::kTimestampTz, "2024-01-01 10:00:00+25"), "22009");
  EXPECT_EQ(Code(TypeKind::kTimestampTz, "2024-01-01 10:00:00 foo/bar"), "22023");
}

TEST(TextTest, Intervals) {
  const std::pair<const char*, const char*> cases[] = {
      {"1.5 years", "1 year 6 mons"},
      {"1.5 months", "1 mon 15 days"},
      {"1.5 weeks", "10 days 12:00:00"},
      {"1.5 days", "1 day 12:00:00"},
      {"-1 day +02:03", "-1 days +02:03:00"},
      {"1-2", "1 year 2 mons"},
      {"3 4:05:06", "3 days 04:05:06"},
      {"@ 1 minute ago", "-00:01:00"},
      {"P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"},
      {"P0001-02-03T04:05:06", "1 year 2 mons 3 days 04:05:06"},
      {"04:05", "04:05:00"},
      {"1y2mon3d4h5m6s", "1 year 2 mons 3 days 04:05:06"},
      {"1 decade 2 centuries", "210 years"},
      {"10", "00:00:10"},
      {"1.5", "00:00:01.5"},
      {"1 day 5", "1 day 00:00:05"},
      {"-1-2 +3 -4:05:06", "-1 years -2 mons +3 days -04:05:06"},
      {"1 week ago", "-7 days"},
      {"3 days 04:05:06.789", "3 days 04:05:06.789"},
      {"P1W", "7 days"},
      {"PT1.5H", "01:30:00"},
      {"1:2.5", "00:01:02.5"},
      {"0 seconds", "00:00:00"},
      {"100 hours", "100:00:00"},
      {"250 milliseconds", "00:00:00.25"},
      {"3 us", "00:00:00.000003"},
  };
  for (const auto& [in, out] : cases) EXPECT_EQ(Round(TypeKind::kInterval, in), out) << in;
  for (const char* text :
       {"", "abc", "1 foo", "1 1", "ago", "P", "1 day ago 2", "1 day 2 days", "1.5 s 3 ms", "1 hour 04:05"}) {
    EXPECT_EQ(Code(TypeKind::kInterval, text), "22007") << text;
  }
  EXPECT_EQ(Code(TypeKind::kInterval, "999999999999 years"), "22015");
}

TEST(TextTest, BitsAndEnums) {
  EXPECT_EQ(ParseValue(TypeKind::kBit, "x1f").bytes(), "00011111");
  EXPECT_EQ(ParseValue(Type::Bit(3, false), "b101").bytes(), "101");
  EXPECT_EQ(FitBits("101", Type::Bit(5, false), true), "10100");
  EXPECT_EQ(FitBits("101", Type::Bit(2, true), true), "10");
  EXPECT_THROW(ParseValue(Type::Bit(3, false), "10"), Error);
  EXPECT_THROW(ParseValue(Type::Bit(3, true), "1010"), Error);
  EXPECT_THROW(ParseValue(TypeKind::kBit, "12"), Error);
  const Type mood = Type::Enum("mood", 7, {{"sad", "sad"}, {"ok", "ok"}});
  EXPECT_EQ(ParseValue(mood, "ok").integer(), 1);
  EXPECT_EQ(FormatValue(Value::Integer(mood, 0)), "sad");
  EXPECT_THROW(ParseValue(mood, "Ok"), Error);
  ByteWriter out;
  SerializeType(Type::List(mood).WithDomain("d", 9), out);
  ByteReader in(out.buffer());
  const Type back = DeserializeType(in);
  EXPECT_EQ(back, Type::List(mood));
  EXPECT_EQ(back.domain_id(), 9U);
  EXPECT_EQ(back.ToString(), "d");
}

TEST(TextTest, BytesAndUuids) {
  EXPECT_EQ(Round(TypeKind::kVarbinary, "\\xDE ad"), "\\xdead");
  EXPECT_EQ(Round(TypeKind::kVarbinary, "a\\\\b\\001"), "\\x615c6201");
  EXPECT_EQ(Code(TypeKind::kVarbinary, "\\xDEa"), "22023");
  EXPECT_EQ(Code(TypeKind::kVarbinary, "\\xzz"), "22023");
  EXPECT_EQ(Code(TypeKind::kVarbinary, "\\9"), "22P02");
  const char* uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  for (const char* text : {"{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11",
                           "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11"}) {
    EXPECT_EQ(Round(TypeKind::kUuid, text), uuid);
  }
  EXPECT_LT(ParseUuid("00000000-0000-0000-0000-000000000001"), ParseUuid("ffffffff-0000-0000-0000-000000000000"));
  EXPECT_EQ(Code(TypeKind::kUuid, "a0ee"), "22P02");
  EXPECT_EQ(Code(TypeKind::kUuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g"), "22P02");
}

TEST(TextTest, NestedValues) {
  const Type texts = Type::List(TypeKind::kVarchar);
  EXPECT_EQ(Round(texts, "{1,2,\"a b\",NULL, null ,\"null\",\"\"}"), "{1,2,\"a b\",NULL,NULL,\"null\",\"\"}");
  EXPECT_EQ(Round(texts, "{\"q\\\"t\",\"b\\\\s\",\"{\",\"x,y\"}"), "{\"q\\\"t\",\"b\\\\s\",\"{\",\"x,y\"}");
  EXPECT_EQ(Round(Type::List(Type::List(TypeKind::kInt32)), "{ {1,2}, {3,4} }"), "{{1,2},{3,4}}");
  EXPECT_EQ(Round(Type::List(TypeKind::kInt32), "{}"), "{}");
  for (const char* text : {"1,2", "{1,2", "{1,a}", "{1,,2}", "{1} x", "{1,{2}}"}) {
    EXPECT_EQ(Code(Type::List(TypeKind::kInt32), text), "22P02") << text;
  }
  const Type record = Type::Struct({{"a", TypeKind::kInt32}, {"b", TypeKind::kVarchar}, {"c", TypeKind::kVarchar}});
  EXPECT_EQ(Round(record, "(1,\"a b\",)"), "(1,\"a b\",)");
  EXPECT_EQ(Round(record, "(,\"x\"\"y\",\"\")"), "(,\"x\"\"y\",\"\")");
  EXPECT_EQ(Code(record, "(1,2)"), "22P02");
  EXPECT_EQ(Code(record, "(1,2,3,4)"), "22P02");
  EXPECT_EQ(Round(Type::List(record), "{\"(1,a,b)\"}"), "{\"(1,a,b)\"}");
  const Type map = Type::Map(TypeKind::kVarchar, TypeKind::kInt32);
  EXPECT_EQ(Round(map, "{a=1, \"b c\"=NULL}"), "{a=1, \"b c\"=NULL}");
  EXPECT_EQ(Round(map, "{}"), "{}");
  EXPECT_EQ(Code(map, "{a}"), "22P02");
  EXPECT_EQ(Code(map, "{NULL=1}"), "22P02");
  EXPECT_EQ(Round(Type::Map(TypeKind::kInt32, texts), "{1={a,b}, 2={}}"), "{1={a,b}, 2={}}");
}

TEST(TextTest, Json) {
  for (const char* text :
       {"{}", " [1, 2.5e-3, \"a\\u00e9\\n\", null, true, false, {\"k\": []}] ", "0", "-0.5", "\"x\""}) {
    EXPECT_EQ(Round(TypeKind::kJson, text), text);
  }
  for (const char* text : {"", "{bad", "[1,]", "{\"a\":}", "01", "1.", "\"\\x\"", "nul", "[1] 2", "{1:2}", "'a'"}) {
    EXPECT_EQ(Code(TypeKind::kJson, text), "22P02") << text;
  }
  EXPECT_EQ(Code(TypeKind::kJson, std::string(100'000, '[')), "54001");
}

TEST(TextTest, Varchars) {
  EXPECT_EQ(Round(Type::Varchar(3), "äöü"), "äöü");
  EXPECT_EQ(Code(Type::Varchar(3), "abcd"), "22001");
}

}  // namespace
}  // namespace weir
