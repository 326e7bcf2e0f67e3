#include "format/parquet/bit_unpack.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/bits.h"
#include "base/bytes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir::parquet {

void UnpackBitsScalar(const uint8_t* in, int width, size_t count, uint32_t* out) {
  const uint64_t mask = (uint64_t{1} << width) - 1;
  size_t bit = 0;
  for (size_t i = 0; i < count; ++i, bit += static_cast<size_t>(width)) {
    out[i] = static_cast<uint32_t>(LoadUnaligned<uint64_t>(in + bit / 8) >> (bit % 8) & mask);
  }
}

void UnpackBits64Scalar(const uint8_t* in, int width, size_t count, uint64_t* out) {
  const uint64_t mask = width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
  size_t bit = 0;
  for (size_t i = 0; i < count; ++i, bit += static_cast<size_t>(width)) {
    const size_t shift = bit % 8;
    uint64_t value = LoadUnaligned<uint64_t>(in + bit / 8) >> shift;
    // Beyond 57 bits a value may reach into a ninth byte.
    if (shift != 0) value |= static_cast<uint64_t>(in[bit / 8 + 8]) << (64 - shift);
    out[i] = value & mask;
  }
}

#if defined(__x86_64__)
namespace {

// Eight values of up to 25 bits lie in two 16-byte lanes of four values each: the lane's bytes are shuffled so that
// each 32-bit element holds the four bytes its value is in, then shifted and masked.
struct alignas(32) Narrow8 {
  std::array<uint8_t, 32> shuffle;
  std::array<uint32_t, 8> shift;
};
// Four values of up to 57 bits in two lanes of two 64-bit elements; first for a start on a byte, then for one four
// bits later, as the second half of eight values has when the width is odd.
struct alignas(32) Wide4 {
  std::array<uint8_t, 32> shuffle;
  std::array<uint64_t, 4> shift;
  size_t lane_bytes;  // where the second lane is loaded from
};
// Sixteen values of up to 25 bits from one 64-byte register.
struct alignas(64) Narrow16 {
  std::array<uint8_t, 64> shuffle;
  std::array<uint32_t, 16> shift;
};
// Eight values of up to 57 bits from one such register.
struct alignas(64) Wide8 {
  std::array<uint8_t, 64> shuffle;
  std::array<uint64_t, 8> shift;
};

constexpr int kNarrowMax = 25;
constexpr int kWideMax = 57;

constexpr auto kNarrow8 = [] {
  std::array<Narrow8, kNarrowMax + 1> tables{};
  for (size_t width = 0; width <= kNarrowMax; ++width) {
    for (size_t i = 0; i < 8; ++i) {
      const size_t base = i < 4 ? 0 : 4 * width / 8 * 8;
      const size_t bit = i * width - base;
      for (size_t b = 0; b < 4; ++b) tables[width].shuffle[i * 4 + b] = static_cast<uint8_t>(bit / 8 + b);
      tables[width].shift[i] = static_cast<uint32_t>(bit % 8);
    }
  }
  return tables;
}();

// Of values that all lie in one register, an element each, for every width.
template <typename Table, int kWidthMax>
constexpr auto TablesOfOneRegister() {
  std::array<Table, kWidthMax + 1> tables{};
  for (size_t width = 0; width <= kWidthMax; ++width) {
    Table& table = tables[width];
    const size_t element_bytes = table.shuffle.size() / table.shift.size();
    for (size_t i = 0; i < table.shift.size(); ++i) {
      const size_t bit = i * width;
      for (size_t b = 0; b < element_bytes; ++b) {
        table.shuffle[i * element_bytes + b] = static_cast<uint8_t>(bit / 8 + b);
      }
      table.shift[i] = bit % 8;
    }
  }
  return tables;
}
constexpr auto kNarrow16 = TablesOfOneRegister<Narrow16, kNarrowMax>();
constexpr auto kWide8 = TablesOfOneRegister<Wide8, kWideMax>();

constexpr auto kWide4 = [] {
  std::array<std::array<Wide4, 2>, kWideMax + 1> tables{};
  for (size_t width = 0; width <= kWideMax; ++width) {
    for (size_t half = 0; half < 2; ++half) {
      Wide4& table = tables[width][half];
      const size_t start = half * (4 * width % 8);
      table.lane_bytes = (start + 2 * width) / 8;
      for (size_t i = 0; i < 4; ++i) {
        const size_t bit = start + i * width - (i < 2 ? 0 : table.lane_bytes * 8);
        for (size_t b = 0; b < 8; ++b) table.shuffle[i * 8 + b] = static_cast<uint8_t>(bit / 8 + b);
        table.shift[i] = bit % 8;
      }
    }
  }
  return tables;
}();

__attribute__((target("avx2"))) void UnpackNarrowAvx2(const uint8_t* in, size_t width, size_t count, uint32_t* out) {
  const Narrow8& table = kNarrow8[width];
  const __m256i shuffle = _mm256_load_si256(reinterpret_cast<const __m256i*>(table.shuffle.data()));
  const __m256i shift = _mm256_load_si256(reinterpret_cast<const __m256i*>(table.shift.data()));
  const __m256i mask = _mm256_set1_epi32(static_cast<int>((uint32_t{1} << width) - 1));
  const size_t lane = 4 * width / 8;
  for (size_t i = 0; i < count; i += 8, in += width) {
    const __m256i bytes =
        _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in))),
                                _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + lane)), 1);
    const __m256i values = _mm256_srlv_epi32(_mm256_shuffle_epi8(bytes, shuffle), shift);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm256_and_si256(values, mask));
  }
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi"))) void UnpackNarrowAvx512(const uint8_t* in, size_t width,
                                                                                        size_t count, uint32_t* out) {
  const Narrow16& table = kNarrow16[width];
  const __m512i shuffle = _mm512_load_si512(table.shuffle.data());
  const __m512i shift = _mm512_load_si512(table.shift.data());
  const __m512i mask = _mm512_set1_epi32(static_cast<int>((uint32_t{1} << width) - 1));
  size_t i = 0;
  for (; i + 16 <= count; i += 16, in += 2 * width) {
    const __m512i bytes = _mm512_permutexvar_epi8(shuffle, _mm512_loadu_si512(in));
    _mm512_storeu_si512(out + i, _mm512_and_si512(_mm512_srlv_epi32(bytes, shift), mask));
  }
  if (i < count) UnpackNarrowAvx2(in, width, count - i, out + i);
}

__attribute__((target("avx2"))) inline __m256i UnpackFour(const uint8_t* in, const Wide4& table, __m256i mask) {
  const __m256i bytes =
      _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in))),
                              _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + table.lane_bytes)), 1);
  const __m256i shuffle = _mm256_load_si256(reinterpret_cast<const __m256i*>(table.shuffle.data()));
  const __m256i shift = _mm256_load_si256(reinterpret_cast<const __m256i*>(table.shift.data()));
  return _mm256_and_si256(_mm256_srlv_epi64(_mm256_shuffle_epi8(bytes, shuffle), shift), mask);
}

__attribute__((target("avx2"))) void UnpackWideAvx2(const uint8_t* in, size_t width, size_t count, uint64_t* out) {
  const __m256i mask = _mm256_set1_epi64x(static_cast<int64_t>((uint64_t{1} << width) - 1));
  const size_t half = 4 * width / 8;
  for (size_t i = 0; i < count; i += 8, in += width) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), UnpackFour(in, kWide4[width][0], mask));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i + 4), UnpackFour(in + half, kWide4[width][1], mask));
  }
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi"))) void UnpackWideAvx512(const uint8_t* in, size_t width,
                                                                                      size_t count, uint64_t* out) {
  const Wide8& table = kWide8[width];
  const __m512i shuffle = _mm512_load_si512(table.shuffle.data());
  const __m512i shift = _mm512_load_si512(table.shift.data());
  const __m512i mask = _mm512_set1_epi64(static_cast<int64_t>((uint64_t{1} << width) - 1));
  for (size_t i = 0; i < count; i += 8, in += width) {
    const __m512i bytes = _mm512_permutexvar_epi8(shuffle, _mm512_loadu_si512(in));
    _mm512_storeu_si512(out + i, _mm512_and_si512(_mm512_srlv_epi64(bytes, shift), mask));
  }
}

__attribute__((target("avx2"))) void UnpackWideTo32Avx2(const uint8_t* in, size_t width, size_t count, uint32_t* out) {
  const __m256i mask = _mm256_set1_epi64x(static_cast<int64_t>((uint64_t{1} << width) - 1));
  const __m256i evens = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  const size_t half = 4 * width / 8;
  for (size_t i = 0; i < count; i += 8, in += width) {
    const __m256i low = _mm256_permutevar8x32_epi32(UnpackFour(in, kWide4[width][0], mask), evens);
    const __m256i high = _mm256_permutevar8x32_epi32(UnpackFour(in + half, kWide4[width][1], mask), evens);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm256_permute2x128_si256(low, high, 0x20));
  }
}

enum class Vectors { kNone, kAvx2, kAvx512 };

Vectors DetectVectors() {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2")) return Vectors::kNone;
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vbmi")) {
    return Vectors::kAvx512;
  }
  return Vectors::kAvx2;
}

const Vectors kVectors = DetectVectors();

}  // namespace
#endif

void UnpackBits(const uint8_t* in, int width, size_t count, uint32_t* out) {
  if (width == 0) {
    std::fill_n(out, count, 0u);
    return;
  }
  if (width == 32) {
    std::memcpy(out, in, count * sizeof(uint32_t));
    return;
  }
#if defined(__x86_64__)
  const auto bits = static_cast<size_t>(width);
  if (kVectors == Vectors::kAvx512 && width <= kNarrowMax) return UnpackNarrowAvx512(in, bits, count, out);
  if (kVectors != Vectors::kNone) {
    return width <= kNarrowMax ? UnpackNarrowAvx2(in, bits, count, out) : UnpackWideTo32Avx2(in, bits, count, out);
  }
#endif
  UnpackBitsScalar(in, width, count, out);
}

void UnpackBits64(const uint8_t* in, int width, size_t count, uint64_t* out) {
  if (width == 0) {
    std::fill_n(out, count, uint64_t{0});
    return;
  }
  if (width == 64) {
    std::memcpy(out, in, count * sizeof(uint64_t));
    return;
  }
#if defined(__x86_64__)
  if (kVectors == Vectors::kAvx512 && width <= kWideMax) {
    return UnpackWideAvx512(in, static_cast<size_t>(width), count, out);
  }
  if (kVectors != Vectors::kNone && width <= kWideMax) {
    return UnpackWideAvx2(in, static_cast<size_t>(width), count, out);
  }
#endif
  UnpackBits64Scalar(in, width, count, out);
}

void UnpackBools(const uint8_t* in, size_t bit_offset, size_t count, uint8_t* out) {
  in += bit_offset / 8;
  const size_t shift = bit_offset % 8;
  size_t i = 0;
  for (; i + 8 <= count; i += 8, ++in) {
    const uint64_t byte = static_cast<uint8_t>(LoadUnaligned<uint16_t>(in) >> shift);
    // Copies of the byte, each masked to one bit, which the addition carries to bit 7.
    const uint64_t spread = byte * 0x0101010101010101ULL & 0x8040201008040201ULL;
    StoreUnaligned(out + i, (spread + 0x7F7F7F7F7F7F7F7FULL) >> 7 & 0x0101010101010101ULL);
  }
  for (size_t bit = shift; i < count; ++i, ++bit) out[i] = in[bit / 8] >> (bit % 8) & 1;
}

size_t AppendBits(const uint8_t* in, size_t in_offset, size_t count, uint64_t* words, size_t offset) {
  size_t ones = 0;
  while (count > 0) {
    const size_t at = offset % 64;
    const size_t take = std::min(count, 64 - at);
    const size_t shift = in_offset % 8;
    const uint8_t* from = in + in_offset / 8;
    uint64_t bits = LoadUnaligned<uint64_t>(from) >> shift;
    if (shift != 0 && take > 64 - shift) bits |= static_cast<uint64_t>(from[8]) << (64 - shift);
    if (take < 64) bits &= (uint64_t{1} << take) - 1;
    ones += static_cast<size_t>(std::popcount(bits));
    words[offset / 64] |= bits << at;
    offset += take;
    in_offset += take;
    count -= take;
  }
  return ones;
}

void SetBits(uint64_t* words, size_t offset, size_t count) {
  while (count > 0) {
    const size_t at = offset % 64;
    const size_t take = std::min(count, 64 - at);
    const uint64_t bits = take == 64 ? ~uint64_t{0} : (uint64_t{1} << take) - 1;
    words[offset / 64] |= bits << at;
    offset += take;
    count -= take;
  }
}

}  // namespace weir::parquet
