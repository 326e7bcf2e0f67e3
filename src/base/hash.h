#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/int128.h"

namespace weir {

// 64-bit hashes for hash tables and partitioning inside one process run or one data format version. All bits are
// usable: tables take the low ones for the slot and the high ones for the salt.

inline uint64_t HashMix(uint64_t a, uint64_t b) {
  const uint128_t product = static_cast<uint128_t>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t HashInt(uint64_t value) {
  return HashMix(value ^ 0x9E3779B97F4A7C15ULL, 0xD6E8FEB86659FD93ULL + (value << 1 | 1));
}

inline uint64_t HashInt128(int128_t value) {
  return HashMix(static_cast<uint64_t>(value) ^ 0x9E3779B97F4A7C15ULL,
                 static_cast<uint64_t>(static_cast<uint128_t>(value) >> 64) ^ 0xD6E8FEB86659FD93ULL);
}

// -0.0 hashes as 0.0 and every NaN alike, since SQL groups them together.
inline uint64_t HashDouble(double value) {
  if (value == 0) value = 0;
  if (value != value) value = __builtin_nan("");
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return HashInt(bits);
}

inline uint64_t HashCombine(uint64_t seed, uint64_t hash) {
  return HashMix(seed ^ 0xA0761D6478BD642FULL, hash ^ 0xE7037ED1A0B428DBULL);
}

inline constexpr uint64_t kNullHash = 0x6A09E667F3BCC908ULL;

// XXH3 of the bytes.
uint64_t HashBytes(const void* data, size_t size);
inline uint64_t HashString(std::string_view text) {
  return HashBytes(text.data(), text.size());
}

}  // namespace weir
