#include "format/parquet/spread.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bits.h"
#include "base/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir::parquet {
namespace {

struct Wide {
  uint64_t parts[2];
};

template <typename T>
void SpreadTyped(const uint8_t* dense, const uint64_t* validity, size_t offset, size_t count, uint8_t* out) {
  const auto* from = reinterpret_cast<const T*>(dense);
  auto* to = reinterpret_cast<T*>(out);
  for (size_t i = 0; i < count; ++i) {
    to[i] = *from;
    from += GetBit(validity, offset + i);
  }
}

void SpreadIndicesScalar(const uint32_t* dense, uint32_t null_index, const uint64_t* validity, size_t offset,
                         size_t count, uint32_t* out) {
  for (size_t i = 0; i < count; ++i) {
    const bool valid = GetBit(validity, offset + i);
    out[i] = valid ? *dense : null_index;
    dense += valid;
  }
}

#if defined(__x86_64__)
#define WEIR_TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,bmi2,popcnt")))

const bool kHasExpand = [] {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2");
}();

// `count` <= 16 bits from `offset` on.
inline uint32_t TakeBits(const uint64_t* words, size_t offset, size_t count) {
  const size_t shift = offset % 64;
  uint64_t bits = words[offset / 64] >> shift;
  if (shift + count > 64) bits |= words[offset / 64 + 1] << (64 - shift);
  return static_cast<uint32_t>(bits & ((uint64_t{1} << count) - 1));
}

WEIR_TARGET_AVX512 void SpreadIndicesAvx512(const uint32_t* dense, uint32_t null_index, const uint64_t* validity,
                                            size_t offset, size_t count, uint32_t* out) {
  const __m512i nulls = _mm512_set1_epi32(static_cast<int>(null_index));
  for (size_t i = 0; i < count; i += 16) {
    const size_t n = std::min<size_t>(16, count - i);
    const uint32_t mask = TakeBits(validity, offset + i, n);
    const __m512i values = _mm512_mask_expand_epi32(nulls, static_cast<__mmask16>(mask), _mm512_loadu_si512(dense));
    _mm512_mask_storeu_epi32(out + i, static_cast<__mmask16>((1u << n) - 1), values);
    dense += std::popcount(mask);
  }
}

WEIR_TARGET_AVX512 void Spread4Avx512(const uint8_t* dense, const uint64_t* validity, size_t offset, size_t count,
                                      uint8_t* out) {
  SpreadIndicesAvx512(reinterpret_cast<const uint32_t*>(dense), 0, validity, offset, count,
                      reinterpret_cast<uint32_t*>(out));
}

// Values of eight bytes, or of sixteen as pairs.
template <size_t kParts>
WEIR_TARGET_AVX512 void Spread8Avx512(const uint8_t* dense, const uint64_t* validity, size_t offset, size_t count,
                                      uint8_t* out) {
  constexpr size_t kStep = 8 / kParts;
  for (size_t i = 0; i < count; i += kStep) {
    const size_t n = std::min<size_t>(kStep, count - i);
    uint32_t mask = TakeBits(validity, offset + i, n);
    const auto valid = static_cast<size_t>(std::popcount(mask));
    if constexpr (kParts == 2) mask = _pdep_u32(mask, 0x55) * 3;
    const __m512i values = _mm512_maskz_expand_epi64(static_cast<__mmask8>(mask), _mm512_loadu_si512(dense));
    _mm512_mask_storeu_epi64(out + i * 8 * kParts, static_cast<__mmask8>((1u << (n * kParts)) - 1), values);
    dense += valid * 8 * kParts;
  }
}
#endif

}  // namespace

void SpreadValues(const uint8_t* dense, size_t width, const uint64_t* validity, size_t offset, size_t count,
                  uint8_t* out) {
#if defined(__x86_64__)
  if (kHasExpand) {
    if (width == 4) return Spread4Avx512(dense, validity, offset, count, out);
    if (width == 8) return Spread8Avx512<1>(dense, validity, offset, count, out);
    if (width == 16) return Spread8Avx512<2>(dense, validity, offset, count, out);
  }
#endif
  switch (width) {
    case 1:
      return SpreadTyped<uint8_t>(dense, validity, offset, count, out);
    case 2:
      return SpreadTyped<uint16_t>(dense, validity, offset, count, out);
    case 4:
      return SpreadTyped<uint32_t>(dense, validity, offset, count, out);
    case 8:
      return SpreadTyped<uint64_t>(dense, validity, offset, count, out);
    default:
      WEIR_DCHECK(width == sizeof(Wide));
      return SpreadTyped<Wide>(dense, validity, offset, count, out);
  }
}

void SpreadIndices(const uint32_t* dense, uint32_t null_index, const uint64_t* validity, size_t offset, size_t count,
                   uint32_t* out) {
#if defined(__x86_64__)
  if (kHasExpand) return SpreadIndicesAvx512(dense, null_index, validity, offset, count, out);
#endif
  SpreadIndicesScalar(dense, null_index, validity, offset, count, out);
}

}  // namespace weir::parquet
