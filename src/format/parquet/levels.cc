#include "format/parquet/levels.h"

#include <algorithm>
#include <bit>

#include "base/bits.h"
#include "base/bytes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir::parquet {
namespace {

// Bit i: whether byte i is at least `least`; all are below kLevelEnd.
uint64_t AtLeast(uint64_t bytes, int least) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t high = (bytes | kOnes << 7) - kOnes * static_cast<uint64_t>(least);
  // Byte i's bit goes 7 * (8 - i) places up, to 56 + i.
  return (high >> 7 & kOnes) * 0x0102040810204080 >> 56;
}

uint64_t CompressWordScalar(uint64_t bits, uint64_t mask) {
  uint64_t out = 0;
  for (int to = 0; mask != 0; mask &= mask - 1, ++to) out |= (bits >> std::countr_zero(mask) & 1) << to;
  return out;
}

#if defined(__x86_64__)
__attribute__((target("bmi2"))) uint64_t CompressWordBmi2(uint64_t bits, uint64_t mask) {
  return _pext_u64(bits, mask);
}

const auto kCompressWord = [] {
  __builtin_cpu_init();
  return __builtin_cpu_supports("bmi2") ? CompressWordBmi2 : CompressWordScalar;
}();
#else
constexpr auto kCompressWord = CompressWordScalar;
#endif

}  // namespace

size_t LevelsAtLeast(const uint8_t* levels, size_t count, int least, uint64_t* words) {
  size_t ones = 0;
  for (size_t i = 0; i < count; i += 64) {
    uint64_t word = 0;
    if (count - i >= 64) {
      for (size_t part = 0; part < 8; ++part) {
        word |= AtLeast(LoadUnaligned<uint64_t>(levels + i + part * 8), least) << (part * 8);
      }
    } else {
      for (size_t at = i; at < count; ++at) word |= static_cast<uint64_t>(levels[at] >= least) << (at - i);
    }
    words[i / 64] = word;
    ones += static_cast<size_t>(std::popcount(word));
  }
  return ones;
}

size_t FindOne(const uint64_t* words, size_t begin, size_t end, uint64_t& n) {
  for (size_t at = begin; at < end; at = (at | 63) + 1) {
    uint64_t word = words[at / 64] >> (at % 64);
    if (end - at < 64) word &= (uint64_t{1} << (end - at)) - 1;
    const auto ones = static_cast<uint64_t>(std::popcount(word));
    if (ones <= n) {
      n -= ones;
      continue;
    }
    for (; n > 0; --n) word &= word - 1;
    return at + static_cast<size_t>(std::countr_zero(word));
  }
  return end;
}

size_t CompressBits(const uint64_t* bits, const uint64_t* mask, size_t words, uint64_t* out) {
  size_t size = 0;
  uint64_t open = 0;  // the word at size / 64, as far as it is known
  for (size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    const auto taken = static_cast<size_t>(std::popcount(mask[i]));
    const uint64_t word = taken == 64 ? bits[i] : kCompressWord(bits[i], mask[i]);
    const size_t within = size % 64;
    open |= word << within;
    if (within + taken >= 64) {
      out[size / 64] = open;
      open = within == 0 ? 0 : word >> (64 - within);
    }
    size += taken;
  }
  if (size % 64 != 0) out[size / 64] = open;
  return size;
}

}  // namespace weir::parquet
