#pragma once

#include <algorithm>
#include <type_traits>

#include "base/string_ref.h"
#include "runtime/cancellation_scope.h"
#include "types/type.h"

namespace weir {

// SQL order of values of one physical type: NaN is greatest, intervals go by length.
template <typename T>
bool OrderedBefore(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a < b || (b != b && a == a);
  } else if constexpr (std::is_same_v<T, Interval>) {
    return a.NormalizedMicros() < b.NormalizedMicros();
  } else if constexpr (std::is_same_v<T, StringRef>) {
    return (a <=> b) < 0;
  } else {
    return a < b;
  }
}

// The values of one state may be many: the steps of ordering them are cut, so that they can be canceled in between.
inline constexpr size_t kOrderedAtOnce = size_t{1} << 18;

// Parts the values by one of them that is near their middle; what stands before it is not greater, what stands behind
// not smaller. Returns its place.
template <typename T>
T* Part(T* begin, T* end) {
  CancellationScope::Check();
  constexpr size_t kSamples = 63;
  const auto distance = static_cast<size_t>(end - begin) / kSamples;
  // The samples go to the front, to be put in order there.
  for (size_t i = 0; i < kSamples; ++i) std::swap(begin[i], begin[i * distance]);
  std::nth_element(begin, begin + kSamples / 2, begin + kSamples, OrderedBefore<T>);
  std::swap(begin[kSamples / 2], end[-1]);
  const T pivot = end[-1];
  T* low = begin;
  T* high = end - 1;
  // Equal values go to both sides, so that many of them part evenly.
  for (;;) {
    while (low < high && OrderedBefore(*low, pivot)) ++low;
    while (low < high && OrderedBefore(pivot, high[-1])) --high;
    if (high - low <= 1) break;
    std::swap(*low++, *--high);
  }
  std::swap(*low, end[-1]);
  return low;
}

template <typename T>
void OrderValues(T* begin, T* end) {
  while (static_cast<size_t>(end - begin) > kOrderedAtOnce) {
    T* middle = Part(begin, end);
    if (middle - begin < end - middle) {
      OrderValues(begin, middle);
      begin = middle + 1;
    } else {
      OrderValues(middle + 1, end);
      end = middle;
    }
  }
  std::sort(begin, end, OrderedBefore<T>);
}

// As std::nth_element.
template <typename T>
void SelectValue(T* begin, T* nth, T* end) {
  while (static_cast<size_t>(end - begin) > kOrderedAtOnce) {
    T* middle = Part(begin, end);
    if (middle == nth) return;
    if (nth < middle) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  std::nth_element(begin, nth, end, OrderedBefore<T>);
}

}  // namespace weir
