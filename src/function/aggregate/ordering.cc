#include "function/aggregate/ordering.h"

#include <hwy/contrib/sort/vqsort.h>

#include <cmath>

namespace weir {

namespace {

template <typename T>
void SortAscending(T* values, size_t count) {
  constexpr size_t kVectorSortMin = 64;
  if (count < kVectorSortMin) return std::sort(values, values + count);
  const hwy::Sorter sorter;
  sorter(values, count, hwy::SortAscending());
}

}  // namespace

void SortNumbers(int32_t* values, size_t count) {
  SortAscending(values, count);
}

void SortNumbers(int64_t* values, size_t count) {
  SortAscending(values, count);
}

void SortNumbers(double* values, size_t count) {
  const double* numbers = std::partition(values, values + count, [](double value) { return !std::isnan(value); });
  SortAscending(values, static_cast<size_t>(numbers - values));
}

}  // namespace weir
