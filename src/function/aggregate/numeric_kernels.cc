#include "function/aggregate/numeric_kernels.h"

#include <limits>

#include "base/bits.h"

namespace weir {

namespace {

template <typename T>
[[gnu::always_inline]] inline int64_t SumNarrow(const T* values, size_t count) {
  int64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += values[i];
  return sum;
}

// The two halves are summed apart: neither overflows for fewer than 2^31 values, and both vectorise.
[[gnu::always_inline]] inline int128_t SumWide(const int64_t* values, size_t count) {
  constexpr size_t kStep = size_t{1} << 30;
  int128_t total = 0;
  for (size_t begin = 0; begin < count; begin += kStep) {
    const size_t end = count - begin < kStep ? count : begin + kStep;
    uint64_t low = 0;
    int64_t high = 0;
    for (size_t i = begin; i < end; ++i) {
      low += static_cast<uint32_t>(values[i]);
      high += values[i] >> 32;
    }
    total += static_cast<int128_t>(high) * (int128_t{1} << 32) + static_cast<int128_t>(low);
  }
  return total;
}

template <typename T>
[[gnu::always_inline]] inline double SumFloating(const T* values, size_t count) {
  constexpr size_t kLanes = 8;
  double lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t k = 0; k < kLanes; ++k) lanes[k] += static_cast<double>(values[i + k]);
  }
  for (; i < count; ++i) lanes[0] += static_cast<double>(values[i]);
  return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

template <typename T>
[[gnu::always_inline]] inline T MinInteger(const T* values, size_t count) {
  T out = values[0];
  for (size_t i = 1; i < count; ++i) out = values[i] < out ? values[i] : out;
  return out;
}
template <typename T>
[[gnu::always_inline]] inline T MaxInteger(const T* values, size_t count) {
  T out = values[0];
  for (size_t i = 1; i < count; ++i) out = values[i] > out ? values[i] : out;
  return out;
}

template <typename T>
[[gnu::always_inline]] inline T MinFloating(const T* values, size_t count) {
  T out = std::numeric_limits<T>::infinity();
  bool any_number = false;
  for (size_t i = 0; i < count; ++i) {
    any_number |= values[i] == values[i];
    out = values[i] < out ? values[i] : out;
  }
  return any_number ? out : std::numeric_limits<T>::quiet_NaN();
}
template <typename T>
[[gnu::always_inline]] inline T MaxFloating(const T* values, size_t count) {
  T out = -std::numeric_limits<T>::infinity();
  bool any_nan = false;
  for (size_t i = 0; i < count; ++i) {
    any_nan |= values[i] != values[i];
    out = values[i] > out ? values[i] : out;
  }
  return any_nan ? std::numeric_limits<T>::quiet_NaN() : out;
}

}  // namespace

WEIR_SIMD_CLONES int64_t SumValues(const int8_t* values, size_t count) {
  return SumNarrow(values, count);
}
WEIR_SIMD_CLONES int64_t SumValues(const int16_t* values, size_t count) {
  return SumNarrow(values, count);
}
WEIR_SIMD_CLONES int64_t SumValues(const int32_t* values, size_t count) {
  return SumNarrow(values, count);
}
WEIR_SIMD_CLONES int128_t SumValues(const int64_t* values, size_t count) {
  return SumWide(values, count);
}
WEIR_SIMD_CLONES double SumValues(const float* values, size_t count) {
  return SumFloating(values, count);
}
WEIR_SIMD_CLONES double SumValues(const double* values, size_t count) {
  return SumFloating(values, count);
}

WEIR_SIMD_CLONES int8_t MinValue(const int8_t* values, size_t count) {
  return MinInteger(values, count);
}
WEIR_SIMD_CLONES int16_t MinValue(const int16_t* values, size_t count) {
  return MinInteger(values, count);
}
WEIR_SIMD_CLONES int32_t MinValue(const int32_t* values, size_t count) {
  return MinInteger(values, count);
}
WEIR_SIMD_CLONES int64_t MinValue(const int64_t* values, size_t count) {
  return MinInteger(values, count);
}
WEIR_SIMD_CLONES int8_t MaxValue(const int8_t* values, size_t count) {
  return MaxInteger(values, count);
}
WEIR_SIMD_CLONES int16_t MaxValue(const int16_t* values, size_t count) {
  return MaxInteger(values, count);
}
WEIR_SIMD_CLONES int32_t MaxValue(const int32_t* values, size_t count) {
  return MaxInteger(values, count);
}
WEIR_SIMD_CLONES int64_t MaxValue(const int64_t* values, size_t count) {
  return MaxInteger(values, count);
}
WEIR_SIMD_CLONES float MinValue(const float* values, size_t count) {
  return MinFloating(values, count);
}
WEIR_SIMD_CLONES double MinValue(const double* values, size_t count) {
  return MinFloating(values, count);
}
WEIR_SIMD_CLONES float MaxValue(const float* values, size_t count) {
  return MaxFloating(values, count);
}
WEIR_SIMD_CLONES double MaxValue(const double* values, size_t count) {
  return MaxFloating(values, count);
}

}  // namespace weir
