#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace weir::parquet {

// Bits that hold values up to `max`.
constexpr int BitsFor(uint32_t max) {
  return max == 0 ? 0 : 32 - __builtin_clz(max);
}

// Appends values below 2^width as Parquet's hybrid of runs and bit-packed groups ("Encodings": RLE = 3), without a
// length in front.
void EncodeRle(std::span<const uint32_t> values, int width, std::string& out);

// Appends `values` packed with `width` bits each, least significant first; zero bits fill the last byte.
void PackBits(std::span<const uint64_t> values, int width, std::string& out);

}  // namespace weir::parquet
