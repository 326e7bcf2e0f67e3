#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

using int128_t = __int128;
using uint128_t = unsigned __int128;

inline constexpr int128_t kInt128Max = static_cast<int128_t>((static_cast<uint128_t>(1) << 127) - 1);
inline constexpr int128_t kInt128Min = -kInt128Max - 1;

std::string Int128ToString(int128_t value);
// The whole text must be an optional sign and decimal digits; empty on anything else or on overflow.
std::optional<int128_t> ParseInt128(std::string_view text);

// 10^exponent for 0 <= exponent <= 38.
int128_t PowerOfTen(int exponent);

}  // namespace weir
