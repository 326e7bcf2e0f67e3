#include "types/json_number.h"

#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "types/jsonb.h"

namespace weir {
namespace {

std::string Normal(std::string_view text) {
  return JsonNumber::Parse(text).Text();
}

TEST(JsonNumberTest, TextHasNoExponentAndKeepsItsScale) {
  EXPECT_EQ(Normal("1.50"), "1.50");
  EXPECT_EQ(Normal("-0.0"), "0.0");
  EXPECT_EQ(Normal("1e3"), "1000");
  EXPECT_EQ(Normal("1.5e-3"), "0.0015");
  EXPECT_EQ(Normal("12.50e1"), "125.0");
  EXPECT_EQ(Normal("0e5"), "0");
  EXPECT_EQ(Normal("000.5"), "0.5");
  EXPECT_THROW(Normal("1e200000"), Error);
  EXPECT_THROW(Normal("1e-200000"), Error);
}

// PostgreSQL 15's numeric.
TEST(JsonNumberTest, QuotientsHavePostgresScales) {
  const auto divide = [](std::string_view a, std::string_view b) {
    return JsonNumber::Divide(JsonNumber::Parse(a), JsonNumber::Parse(b)).Text();
  };
  EXPECT_EQ(divide("1", "3"), "0.33333333333333333333");
  EXPECT_EQ(divide("10", "4"), "2.5000000000000000");
  EXPECT_EQ(divide("-2", "3"), "-0.66666666666666666667");
  EXPECT_EQ(divide("100000", "7"), "14285.714285714286");
  EXPECT_EQ(divide("0", "7"), "0.00000000000000000000");
  EXPECT_THROW(divide("1", "0.0"), Error);
}

TEST(JsonNumberTest, AgreesWithIntegers) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto a = static_cast<int64_t>(random()) >> (random() % 60 + 3);
    const auto b = static_cast<int64_t>(random()) >> (random() % 60 + 3);
    const JsonNumber x = JsonNumber::OfInteger(a), y = JsonNumber::OfInteger(b);
    const auto text = [](int64_t value) { return std::to_string(value); };
    EXPECT_EQ(JsonNumber::Add(x, y).Text(), text(a + b));
    EXPECT_EQ(JsonNumber::Subtract(x, y).Text(), text(a - b));
    const int order = JsonNumber::Compare(x, y);
    EXPECT_EQ(order < 0, a < b);
    EXPECT_EQ(order == 0, a == b);
    std::string x_key, y_key;
    x.AppendSortKey(x_key);
    y.AppendSortKey(y_key);
    EXPECT_EQ(x_key.compare(y_key) < 0, a < b) << a << " " << b;
    if (b != 0) {
      EXPECT_EQ(JsonNumber::Remainder(x, y).Text(), text(a % b));
    }
    if (std::abs(a) < 2'000'000'000 && std::abs(b) < 2'000'000'000) {
      EXPECT_EQ(JsonNumber::Multiply(x, y).Text(), text(a * b));
    }
  }
}

TEST(JsonNumberTest, SortKeysOfFractions) {
  const char* ascending[] = {"-1e30", "-12.5", "-12.49", "-0.001", "0", "0.00001", "0.5", "0.51", "1.0", "10", "1e40"};
  for (size_t i = 0; i + 1 < std::size(ascending); ++i) {
    std::string a, b;
    JsonNumber::Parse(ascending[i]).AppendSortKey(a);
    JsonNumber::Parse(ascending[i + 1]).AppendSortKey(b);
    EXPECT_LT(a, b) << ascending[i];
  }
  std::string a, b;
  JsonNumber::Parse("1.0").AppendSortKey(a);
  JsonNumber::Parse("1.000").AppendSortKey(b);
  EXPECT_EQ(a, b);
}

TEST(JsonbTest, HasOneForm) {
  EXPECT_EQ(NormalizeJsonb(R"( {"b":1, "aa":[ 1e2,"\u00e9" ],"b":{"z":null} ,"a":true} )"),
            R"({"a": true, "b": {"z": null}, "aa": [100, "é"]})");
  EXPECT_EQ(NormalizeJsonb("[]"), "[]");
  for (const char* bad : {R"("\u0000")", R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", "{", "1 2"}) {
    EXPECT_THROW(NormalizeJsonb(bad), Error) << bad;
  }
}

}  // namespace
}  // namespace weir
