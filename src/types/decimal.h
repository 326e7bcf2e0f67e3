#pragma once

#include <optional>

#include "base/int128.h"

namespace weir {

// Decimal numbers as an int128 `unscaled` and a count of fractional digits. Everything rounds half away from zero, as
// PostgreSQL's numeric; results that do not fit into 38 digits (or an int128, where said) are empty.

inline constexpr int kDecimalDigitsMax = 38;

// Whether |unscaled| has at most `precision` digits.
bool FitsDecimal(int128_t unscaled, int precision);

// unscaled / 10^digits, rounded.
int128_t DecimalDropDigits(int128_t unscaled, int digits);
// The same number with `to_scale` fractional digits.
std::optional<int128_t> DecimalRescale(int128_t unscaled, int from_scale, int to_scale);
// a * b / 10^drop_digits, rounded; the product may need 256 bits. 0 <= drop_digits <= 76.
std::optional<int128_t> DecimalMultiply(int128_t a, int128_t b, int drop_digits);
// a * 10^add_digits / b, rounded; b != 0, 0 <= add_digits <= 76.
std::optional<int128_t> DecimalDivide(int128_t a, int128_t b, int add_digits);
// The same truncated towards zero.
std::optional<int128_t> DecimalDivideTruncate(int128_t a, int128_t b, int add_digits);

// The nearest double.
double DecimalToDouble(int128_t unscaled, int scale);
// `digits` = 15 for double and 6 for float: PostgreSQL converts the number as printed with that many significant
// digits, so that 0.1 becomes 0.1. Empty for NaN, infinities and what does not fit.
std::optional<int128_t> DoubleToDecimal(double value, int scale, int digits = 15);

}  // namespace weir
