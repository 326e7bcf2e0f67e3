#include "function/scalar/example_reader.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

// What PostgreSQL 15 answers; "error" and the SQLSTATE where it refuses.
constexpr std::pair<const char*, const char*> kAnswers[] = {
    {"round(2.5::numeric)", "3"},
    {"round(-2.5::numeric)", "-3"},
    {"round(2.5::float8)", "2"},
    {"round(-0.5::float8)", "-0"},
    {"round(1234.567,2)", "1234.57"},
    {"round(1234.567,-2)", "1200"},
    {"round(1.5, 3)", "1.500"},
    {"trunc(42.8)", "42"},
    {"trunc(-42.8)", "-42"},
    {"trunc(42.4382,2)", "42.43"},
    {"trunc(1299.6,-2)", "1200"},
    {"ceil(-42.8)", "-42"},
    {"ceil(42.2::float8)", "43"},
    {"floor(-42.8)", "-43"},
    {"floor(5)", "5"},
    {"sign(-8.4)", "-1"},
    {"sign(0)", "0"},
    {"abs(-17.4)", "17.4"},
    {"div(9,4)", "2"},
    {"div(-9,4)", "-2"},
    {"9 % 4", "1"},
    {"gcd(1071,462)", "21"},
    {"gcd(0,0)", "0"},
    {"gcd(-4,6)", "2"},
    {"lcm(1071,462)", "23562"},
    {"lcm(0,5)", "0"},
    {"factorial(5)", "120"},
    {"factorial(20)", "2432902008176640000"},
    {"factorial(-1)", "error 22003"},
    {"power(9,3)", "729"},
    {"power(9::float8,0.5::float8)", "3"},
    {"power(0::float8,-1)", "error 2201F"},
    {"power(-8::float8,0.5)", "error 2201F"},
    {"sqrt(2::float8)", "1.4142135623730951"},
    {"sqrt(-1::float8)", "error 2201F"},
    {"cbrt(27::float8)", "3.0000000000000004"},
    {"exp(1::float8)", "2.718281828459045"},
    {"exp(1000::float8)", "error 22003"},
    {"ln(2::float8)", "0.6931471805599453"},
    {"ln(0::float8)", "error 2201E"},
    {"ln(-1::float8)", "error 2201E"},
    {"log(100::float8)", "2"},
    {"degrees(0.5)", "28.64788975654116"},
    {"radians(45::float8)", "0.7853981633974483"},
    {"pi()", "3.141592653589793"},
    {"sin(1::float8)", "0.8414709848078965"},
    {"cos(1::float8)", "0.5403023058681398"},
    {"tan(1::float8)", "1.5574077246549023"},
    {"asin(2::float8)", "error 22003"},
    {"acos(0.5::float8)", "1.0471975511965979"},
    {"atan2(1,0)", "1.5707963267948966"},
    {"sinh(1)", "1.1752011936438014"},
    {"acosh(0.5::float8)", "error 22003"},
    {"atanh(1::float8)", "Infinity"},
    {"cosd(60)", "0.5"},
    {"sind(30)", "0.5"},
    {"sind(-30)", "-0.5"},
    {"sind(210)", "-0.5"},
    {"cosd(120)", "-0.5"},
    {"cosd(90)", "0"},
    {"tand(45)", "1"},
    {"tand(135)", "-1"},
    {"cotd(45)", "1"},
    {"acosd(0.5)", "60"},
    {"asind(0.5)", "30"},
    {"atand(1)", "45"},
    {"width_bucket(5.35::float8,0.024,10.06,5)", "3"},
    {"width_bucket(35::float8, 10, 0, 5)", "0"},
    {"width_bucket(5,array[1,3,4,10])", "3"},
    {"width_bucket(5::float8,1,10,0)", "error 2201G"},
    {"scale(8.41)", "2"},
    {"min_scale(8.4100)", "2"},
    {R"(bit_count('\x1234567890'::bytea))", "15"},
};

TEST(PostgresTest, Math) {
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
