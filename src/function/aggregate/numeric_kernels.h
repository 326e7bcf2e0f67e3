#pragma once

#include <cstddef>
#include <cstdint>

#include "base/int128.h"

namespace weir {

// Sums and extremes of plain arrays, compiled for several instruction sets. Sizes of at least 1 for the extremes.
int64_t SumValues(const int8_t* values, size_t count);
int64_t SumValues(const int16_t* values, size_t count);
int64_t SumValues(const int32_t* values, size_t count);
int128_t SumValues(const int64_t* values, size_t count);
// In eight lanes, so the order of additions does not depend on the machine.
double SumValues(const float* values, size_t count);
double SumValues(const double* values, size_t count);

int8_t MinValue(const int8_t* values, size_t count);
int16_t MinValue(const int16_t* values, size_t count);
int32_t MinValue(const int32_t* values, size_t count);
int64_t MinValue(const int64_t* values, size_t count);
int8_t MaxValue(const int8_t* values, size_t count);
int16_t MaxValue(const int16_t* values, size_t count);
int32_t MaxValue(const int32_t* values, size_t count);
int64_t MaxValue(const int64_t* values, size_t count);
// NaN is greatest: the minimum ignores it unless there is nothing else.
float MinValue(const float* values, size_t count);
double MinValue(const double* values, size_t count);
float MaxValue(const float* values, size_t count);
double MaxValue(const double* values, size_t count);

}  // namespace weir
