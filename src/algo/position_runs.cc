#include "algo/position_runs.h"

#include <algorithm>
#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir {

namespace {

constexpr size_t kDomainMax = 4096;
constexpr size_t kRowsPerRun = 32;  // on average; shorter runs cost more than they save
// Counters in turn, so that equal positions in a row do not wait for each other; as long as they stay in the L1 cache.
constexpr size_t kLanes = 4;
constexpr size_t kLaneDomainMax = 256;

#if defined(__x86_64__)
#define WEIR_TARGET_AVX512 __attribute__((target("avx512f,popcnt")))

constexpr size_t kBlock = 16;
constexpr size_t kCompressedRunsMax = 12;  // one pass over the positions for each

const bool kHasCompress = [] {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("popcnt");
}();

// The rows (null: 0, 1, ...) at `position`. Writes up to kBlock - 1 values behind them.
WEIR_TARGET_AVX512 void CompressRows(const uint32_t* positions, size_t count, const uint32_t* rows, uint32_t position,
                                     uint32_t* out) {
  const __m512i wanted = _mm512_set1_epi32(static_cast<int>(position));
  const __m512i step = _mm512_set1_epi32(kBlock);
  __m512i numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (size_t i = 0; i < count; i += kBlock) {
    const auto lanes = static_cast<__mmask16>((uint32_t{1} << std::min(kBlock, count - i)) - 1);
    const __mmask16 here = _mm512_mask_cmpeq_epi32_mask(lanes, _mm512_maskz_loadu_epi32(lanes, positions + i), wanted);
    const __m512i values = rows == nullptr ? numbers : _mm512_maskz_loadu_epi32(lanes, rows + i);
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(here, values));
    out += std::popcount(static_cast<uint32_t>(here));
    numbers = _mm512_add_epi32(numbers, step);
  }
}
#else
constexpr size_t kBlock = 1;
#endif

}  // namespace

void PositionRuns::Count(const uint32_t* positions, size_t count, size_t domain) {
  const size_t lanes = domain <= kLaneDomainMax ? kLanes : 1;
  counts_.assign(lanes * domain, 0);
  size_t i = 0;
  if (lanes == kLanes) {
    for (; i + kLanes <= count; i += kLanes) {
      for (size_t lane = 0; lane < kLanes; ++lane) ++counts_[lane * domain + positions[i + lane]];
    }
  }
  for (; i < count; ++i) ++counts_[positions[i]];
  for (size_t lane = 1; lane < lanes; ++lane) {
    for (size_t p = 0; p < domain; ++p) counts_[p] += counts_[lane * domain + p];
  }
}

bool PositionRuns::Find(const RowSet& rows, const uint32_t* positions, size_t domain) {
  runs_.clear();
  const size_t count = rows.count();
  if (domain > kDomainMax || count < 2 * kRowsPerRun) return false;
  Count(positions, count, domain);
  const auto used = static_cast<size_t>(std::count_if(counts_.begin(), counts_.begin() + static_cast<ptrdiff_t>(domain),
                                                      [](uint32_t n) { return n != 0; }));
  if (used * kRowsPerRun > count) return false;
  uint32_t begin = 0;
  for (size_t p = 0; p < domain; ++p) {
    if (counts_[p] == 0) continue;
    runs_.push_back({static_cast<uint32_t>(p), begin, counts_[p]});
    begin += counts_[p];
  }
  if (runs_.size() == 1) return true;
  rows_.resize(std::max(rows_.size(), count + kBlock));
  const uint32_t* numbers = rows.is_dense() ? nullptr : rows.rows();
#if defined(__x86_64__)
  if (kHasCompress && runs_.size() <= kCompressedRunsMax) {
    // Each run overwrites what the one before it wrote too much.
    for (const Run& run : runs_) CompressRows(positions, count, numbers, run.position, rows_.data() + run.begin);
    return true;
  }
#endif
  for (const Run& run : runs_) counts_[run.position] = run.begin;
  for (size_t i = 0; i < count; ++i) {
    rows_[counts_[positions[i]]++] = numbers == nullptr ? static_cast<uint32_t>(i) : numbers[i];
  }
  return true;
}

}  // namespace weir
