#include "format/parquet/encode_delta.h"

#include <algorithm>
#include <array>
#include <bit>

#include "format/parquet/encode_rle.h"

namespace weir::parquet {

namespace {

constexpr size_t kBlock = 128;
constexpr size_t kMiniblocks = 4;
constexpr size_t kMiniblock = kBlock / kMiniblocks;

void PutVarint(uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void PutZigzag(int64_t value, std::string& out) {
  PutVarint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63), out);
}

int64_t Wrap(uint64_t value, int bits) {
  return bits == 32 ? static_cast<int32_t>(static_cast<uint32_t>(value)) : static_cast<int64_t>(value);
}

}  // namespace

void EncodeDelta(std::span<const int64_t> values, int bits, std::string& out) {
  PutVarint(kBlock, out);
  PutVarint(kMiniblocks, out);
  PutVarint(values.size(), out);
  PutZigzag(values.empty() ? 0 : values[0], out);
  std::array<int64_t, kBlock> deltas;
  std::array<uint64_t, kMiniblock> packed;
  for (size_t begin = 1; begin < values.size(); begin += kBlock) {
    const size_t count = std::min(kBlock, values.size() - begin);
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < count; ++i) {
      const uint64_t difference =
          static_cast<uint64_t>(values[begin + i]) - static_cast<uint64_t>(values[begin + i - 1]);
      deltas[i] = Wrap(difference, bits);
      least = std::min(least, deltas[i]);
    }
    PutZigzag(least, out);
    const size_t widths_at = out.size();
    out.append(kMiniblocks, '\0');
    for (size_t block = 0; block * kMiniblock < count; ++block) {
      const size_t first = block * kMiniblock;
      const size_t size = std::min(kMiniblock, count - first);
      uint64_t all = 0;
      for (size_t i = 0; i < kMiniblock; ++i) {
        uint64_t offset = 0;
        if (i < size) {
          offset = static_cast<uint64_t>(deltas[first + i]) - static_cast<uint64_t>(least);
          if (bits == 32) offset &= 0xFFFF'FFFF;
        }
        packed[i] = offset;
        all |= offset;
      }
      const int width = 64 - std::countl_zero(all);
      out[widths_at + block] = static_cast<char>(width);
      if (width != 0) PackBits(packed, width, out);
    }
  }
}

}  // namespace weir::parquet
