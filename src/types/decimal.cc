#include "types/decimal.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include <fast_float/fast_float.h>

#include "base/check.h"

namespace weir {

namespace {

uint128_t Magnitude(int128_t value) {
  return value < 0 ? -static_cast<uint128_t>(value) : static_cast<uint128_t>(value);
}

// 256 unsigned bits.
struct Wide {
  uint128_t high = 0;
  uint128_t low = 0;
};

Wide MultiplyWide(uint128_t a, uint128_t b) {
  const uint128_t mask = UINT64_MAX;
  const uint128_t a_low = a & mask, a_high = a >> 64, b_low = b & mask, b_high = b >> 64;
  const uint128_t low = a_low * b_low;
  const uint128_t mid1 = a_high * b_low + (low >> 64);
  const uint128_t mid2 = a_low * b_high + (mid1 & mask);
  return {a_high * b_high + (mid1 >> 64) + (mid2 >> 64), (mid2 << 64) | (low & mask)};
}

struct Division {
  uint128_t quotient;
  uint128_t remainder;
};

// Empty when the quotient does not fit into 128 bits.
std::optional<Division> DivideWide(const Wide& a, uint128_t b) {
  if (a.high == 0) return Division{a.low / b, a.low % b};
  if (a.high >= b) return std::nullopt;
  if (b <= UINT64_MAX) {
    // Two 128-by-64 steps; the remainder stays below b, so each quotient digit fits into 64 bits.
    const uint128_t step1 = (a.high << 64) | (a.low >> 64);
    const uint128_t step2 = ((step1 % b) << 64) | (a.low & UINT64_MAX);
    return Division{((step1 / b) << 64) | (step2 / b), step2 % b};
  }
  uint128_t remainder = a.high, quotient = 0;
  for (int bit = 127; bit >= 0; --bit) {
    const bool carry = (remainder >> 127) != 0;
    remainder = (remainder << 1) | ((a.low >> bit) & 1);
    quotient <<= 1;
    if (carry || remainder >= b) {
      remainder -= b;
      quotient |= 1;
    }
  }
  return Division{quotient, remainder};
}

std::optional<int128_t> WithSign(uint128_t magnitude, bool negative) {
  if (magnitude > static_cast<uint128_t>(kInt128Max)) return std::nullopt;
  const auto value = static_cast<int128_t>(magnitude);
  return negative ? -value : value;
}

bool RoundsUp(const Division& division, uint128_t divisor) {
  return division.remainder >= divisor - division.remainder;
}

std::optional<int128_t> Divide(int128_t a, int128_t b, int add_digits, bool round) {
  WEIR_DCHECK(b != 0 && add_digits >= 0 && add_digits <= 2 * kDecimalDigitsMax);
  const bool negative = (a < 0) != (b < 0);
  const uint128_t divisor = Magnitude(b);
  Wide dividend = MultiplyWide(Magnitude(a), static_cast<uint128_t>(PowerOfTen(std::min(add_digits, 38))));
  if (add_digits > 38) {
    // Only dividends whose scaled form still fits into 256 bits occur; others have no 38-digit quotient.
    const auto rest = static_cast<uint128_t>(PowerOfTen(add_digits - 38));
    const Wide high = MultiplyWide(dividend.high, rest);
    if (high.high != 0) return std::nullopt;
    Wide low = MultiplyWide(dividend.low, rest);
    low.high += high.low;
    if (low.high < high.low) return std::nullopt;
    dividend = low;
  }
  const std::optional<Division> division = DivideWide(dividend, divisor);
  if (!division.has_value()) return std::nullopt;
  uint128_t quotient = division->quotient;
  if (round && RoundsUp(*division, divisor)) ++quotient;
  return WithSign(quotient, negative);
}

}  // namespace

bool FitsDecimal(int128_t unscaled, int precision) {
  return Magnitude(unscaled) < static_cast<uint128_t>(PowerOfTen(precision));
}

int128_t DecimalDropDigits(int128_t unscaled, int digits) {
  if (digits <= 0) return unscaled;
  if (digits > kDecimalDigitsMax) return 0;
  const auto divisor = static_cast<uint128_t>(PowerOfTen(digits));
  const uint128_t magnitude = Magnitude(unscaled);
  const Division division = {magnitude / divisor, magnitude % divisor};
  const auto quotient = static_cast<int128_t>(division.quotient + (RoundsUp(division, divisor) ? 1 : 0));
  return unscaled < 0 ? -quotient : quotient;
}

std::optional<int128_t> DecimalRescale(int128_t unscaled, int from_scale, int to_scale) {
  if (to_scale <= from_scale) return DecimalDropDigits(unscaled, from_scale - to_scale);
  if (unscaled == 0) return 0;
  if (to_scale - from_scale > kDecimalDigitsMax) return std::nullopt;
  int128_t out;
  if (__builtin_mul_overflow(unscaled, PowerOfTen(to_scale - from_scale), &out) ||
      !FitsDecimal(out, kDecimalDigitsMax)) {
    return std::nullopt;
  }
  return out;
}

std::optional<int128_t> DecimalMultiply(int128_t a, int128_t b, int drop_digits) {
  WEIR_DCHECK(drop_digits >= 0 && drop_digits <= 2 * kDecimalDigitsMax);
  int128_t product;
  if (!__builtin_mul_overflow(a, b, &product)) {
    product = DecimalDropDigits(product, drop_digits);
    return FitsDecimal(product, kDecimalDigitsMax) ? std::optional(product) : std::nullopt;
  }
  const Wide wide = MultiplyWide(Magnitude(a), Magnitude(b));
  if (drop_digits > kDecimalDigitsMax) {
    // Truncate down to one digit more than wanted, remembering nothing: only an exact half could be misjudged, and
    // the truncated digits can then only make it more than half, which rounds the same way.
    const std::optional<Division> first = DivideWide(wide, static_cast<uint128_t>(PowerOfTen(kDecimalDigitsMax)));
    if (!first.has_value()) return std::nullopt;
    const auto divisor = static_cast<uint128_t>(PowerOfTen(drop_digits - kDecimalDigitsMax));
    const Division second = {first->quotient / divisor, first->quotient % divisor};
    return WithSign(second.quotient + (RoundsUp(second, divisor) ? 1 : 0), (a < 0) != (b < 0));
  }
  const auto divisor = static_cast<uint128_t>(PowerOfTen(drop_digits));
  const std::optional<Division> division = DivideWide(wide, divisor);
  if (!division.has_value()) return std::nullopt;
  const std::optional<int128_t> result =
      WithSign(division->quotient + (RoundsUp(*division, divisor) ? 1 : 0), (a < 0) != (b < 0));
  if (!result.has_value() || !FitsDecimal(*result, kDecimalDigitsMax)) return std::nullopt;
  return result;
}

std::optional<int128_t> DecimalDivide(int128_t a, int128_t b, int add_digits) {
  const std::optional<int128_t> result = Divide(a, b, add_digits, /*round=*/true);
  if (!result.has_value() || !FitsDecimal(*result, kDecimalDigitsMax)) return std::nullopt;
  return result;
}

std::optional<int128_t> DecimalDivideTruncate(int128_t a, int128_t b, int add_digits) {
  const std::optional<int128_t> result = Divide(a, b, add_digits, /*round=*/false);
  if (!result.has_value() || !FitsDecimal(*result, kDecimalDigitsMax)) return std::nullopt;
  return result;
}

double DecimalToDouble(int128_t unscaled, int scale) {
  static constexpr std::array<double, 23> kExactPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                          1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                          1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  constexpr int128_t kExactMax = int128_t{1} << 53;
  // Both operands are exact, so the division rounds once.
  if (scale < static_cast<int>(kExactPowers.size()) && unscaled <= kExactMax && unscaled >= -kExactMax) {
    return static_cast<double>(static_cast<int64_t>(unscaled)) / kExactPowers[static_cast<size_t>(scale)];
  }
  std::string text = Int128ToString(unscaled);
  text += 'e';
  text += std::to_string(-scale);
  double value = 0;
  fast_float::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<int128_t> DoubleToDecimal(double value, int scale, int digits) {
  if (!std::isfinite(value)) return std::nullopt;
  // Small integers are themselves.
  if (std::abs(value) < 1e15 && value == std::trunc(value) && digits >= 15) {
    return DecimalRescale(static_cast<int64_t>(value), 0, scale);
  }
  std::array<char, 64> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific, digits - 1);
  // [-]d.ddddde[+-]xx
  const std::string_view text(buffer.data(), static_cast<size_t>(end.ptr - buffer.data()));
  const size_t e = text.find('e');
  int128_t unscaled = 0;
  int text_scale = 0;
  for (size_t i = 0, seen_point = 0; i < e; ++i) {
    if (text[i] == '.') {
      seen_point = 1;
    } else if (text[i] != '-') {
      unscaled = unscaled * 10 + (text[i] - '0');
      text_scale += static_cast<int>(seen_point);
    }
  }
  int exponent = 0;
  const size_t first = text[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(text.data() + first, text.data() + text.size(), exponent);
  text_scale -= exponent;
  if (text[0] == '-') unscaled = -unscaled;
  if (text_scale < -kDecimalDigitsMax) return std::nullopt;
  if (text_scale < 0) {
    int128_t whole;
    if (__builtin_mul_overflow(unscaled, PowerOfTen(-text_scale), &whole)) return std::nullopt;
    unscaled = whole;
    text_scale = 0;
  }
  return DecimalRescale(unscaled, text_scale, scale);
}

}  // namespace weir
