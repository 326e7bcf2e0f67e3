#include "types/decimal.h"

#include <cmath>

#include <gtest/gtest.h>

namespace weir {
namespace {

int128_t Big(std::string_view text) {
  return *ParseInt128(text);
}

TEST(DecimalTest, RoundsHalfAwayFromZero) {
  EXPECT_EQ(DecimalDropDigits(125, 1), 13);
  EXPECT_EQ(DecimalDropDigits(-125, 1), -13);
  EXPECT_EQ(DecimalDropDigits(124, 1), 12);
  EXPECT_EQ(DecimalDropDigits(5, 1), 1);
  EXPECT_EQ(DecimalDropDigits(5, 2), 0);
  EXPECT_EQ(DecimalDropDigits(kInt128Max, 38), 2);
  EXPECT_EQ(DecimalDropDigits(kInt128Max, 39), 0);
}

TEST(DecimalTest, Rescale) {
  EXPECT_EQ(DecimalRescale(15, 1, 3), 1500);
  EXPECT_EQ(DecimalRescale(1500, 3, 1), 15);
  EXPECT_EQ(DecimalRescale(1, 0, 38), std::nullopt);
  EXPECT_EQ(DecimalRescale(0, 0, 38), 0);
  EXPECT_EQ(DecimalRescale(9, 0, 37), Big("90000000000000000000000000000000000000"));
}

TEST(DecimalTest, MultiplyThrough256Bits) {
  EXPECT_EQ(DecimalMultiply(Big("12345678901234567890123456789"), Big("98765432109876543210987654321"), 38),
            Big("12193263113702179523"));
  EXPECT_EQ(DecimalMultiply(Big("-99999999999999999999999999999999999999"),
                            Big("99999999999999999999999999999999999999"), 38),
            Big("-99999999999999999999999999999999999998"));
  EXPECT_EQ(DecimalMultiply(Big("99999999999999999999999999999999999999"), 10, 0), std::nullopt);
  EXPECT_EQ(
      DecimalMultiply(Big("99999999999999999999999999999999999999"), Big("99999999999999999999999999999999999999"), 50),
      Big("100000000000000000000000000"));
  EXPECT_EQ(DecimalMultiply(15, 15, 1), 23);
}

TEST(DecimalTest, Divide) {
  EXPECT_EQ(DecimalDivide(1, 3, 6), 333'333);
  EXPECT_EQ(DecimalDivide(2, 3, 6), 666'667);
  EXPECT_EQ(DecimalDivide(-2, 3, 6), -666'667);
  EXPECT_EQ(DecimalDivide(1, 2, 0), 1);
  EXPECT_EQ(DecimalDivideTruncate(-2, 3, 6), -666'666);
  EXPECT_EQ(
      DecimalDivide(Big("99999999999999999999999999999999999999"), Big("33333333333333333333333333333333333333"), 37),
      Big("30000000000000000000000000000000000000"));
  // 10^76 / (10^38 - 1) has 39 digits.
  EXPECT_EQ(DecimalDivide(1, Big("99999999999999999999999999999999999999"), 76), std::nullopt);
  EXPECT_EQ(DecimalDivide(Big("1000000000000000000000"), 7, 38), std::nullopt);
  EXPECT_EQ(DecimalDivide(Big("123456789012345678901234567890"), Big("98765432109876543210"), 10),
            Big("12499999886093750002"));
}

TEST(DecimalTest, Doubles) {
  EXPECT_EQ(DecimalToDouble(15, 1), 1.5);
  EXPECT_EQ(DecimalToDouble(1, 1), 0.1);
  EXPECT_EQ(DecimalToDouble(Big("12345678901234567890123456789"), 20), 123456789.01234567890123456789);
  EXPECT_EQ(DoubleToDecimal(0.1, 2), 10);
  EXPECT_EQ(DoubleToDecimal(1.0 / 3, 20), Big("33333333333333300000"));
  EXPECT_EQ(DoubleToDecimal(2.5, 0), 3);
  EXPECT_EQ(DoubleToDecimal(-2.5, 0), -3);
  EXPECT_EQ(DoubleToDecimal(1e20, 2), Big("10000000000000000000000"));
  EXPECT_EQ(DoubleToDecimal(1e-30, 2), 0);
  EXPECT_EQ(DoubleToDecimal(1e38, 2), std::nullopt);
  EXPECT_EQ(DoubleToDecimal(1e300, 2), std::nullopt);
  EXPECT_EQ(DoubleToDecimal(std::nan(""), 2), std::nullopt);
  EXPECT_EQ(DoubleToDecimal(HUGE_VAL, 2), std::nullopt);
}

}  // namespace
}  // namespace weir
