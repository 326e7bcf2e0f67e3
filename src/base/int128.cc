#include "base/int128.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace weir {

std::string Int128ToString(int128_t value) {
  std::array<char, 40> digits;
  auto magnitude = value < 0 ? -static_cast<uint128_t>(value) : static_cast<uint128_t>(value);
  size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + static_cast<int>(magnitude % 10));
    magnitude /= 10;
  } while (magnitude != 0);
  if (value < 0) digits[--at] = '-';
  return {digits.data() + at, digits.size() - at};
}

std::optional<int128_t> ParseInt128(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  int128_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    // Built downwards, since the smallest value has no positive counterpart.
    if (__builtin_mul_overflow(value, static_cast<int128_t>(10), &value) ||
        __builtin_sub_overflow(value, static_cast<int128_t>(c - '0'), &value)) {
      return std::nullopt;
    }
  }
  if (negative) return value;
  if (value == kInt128Min) return std::nullopt;
  return -value;
}

int128_t PowerOfTen(int exponent) {
  static const auto kPowers = [] {
    std::array<int128_t, 39> powers;
    powers[0] = 1;
    for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
  }();
  WEIR_CHECK(exponent >= 0 && exponent < static_cast<int>(kPowers.size()), "exponent={}", exponent);
  return kPowers[static_cast<size_t>(exponent)];
}

}  // namespace weir
