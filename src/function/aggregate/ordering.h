#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

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

// The same as a type, that loops over it can take in.
template <typename T>
struct InOrder {
  bool operator()(const T& a, const T& b) const { return OrderedBefore(a, b); }
};

// Sorts numbers by vector instructions; doubles that are no numbers come last.
void SortNumbers(int32_t* values, size_t count);
void SortNumbers(int64_t* values, size_t count);
void SortNumbers(double* values, size_t count);

// The values of one state may be many: the steps of ordering them are cut, so that they can be canceled in between.
inline constexpr size_t kOrderedAtOnce = size_t{1} << 18;

// Parts the values by one of them that is near their middle: what stands before the range that is returned is smaller,
// those in it are equal, what stands behind is not smaller. Without branches that depend on the values.
template <typename T>
std::pair<T*, T*> Part(T* begin, T* end) {
  CancellationScope::Check();
  constexpr size_t kSamples = 63;
  constexpr size_t kFewPart = 8;
  const auto distance = static_cast<size_t>(end - begin) / kSamples;
  // The samples go to the front, to be put in order there.
  for (size_t i = 0; i < kSamples; ++i) std::swap(begin[i], begin[i * distance]);
  std::nth_element(begin, begin + kSamples / 2, begin + kSamples, InOrder<T>());
  std::swap(begin[kSamples / 2], end[-1]);
  const T pivot = end[-1];
  const auto bring_forward = [](T* from, T* to, const auto& belongs) {
    T* next = from;
    for (T* at = from; at != to; ++at) {
      const T value = *at;
      *at = *next;
      *next = value;
      next += belongs(value) ? 1 : 0;
    }
    return next;
  };
  T* low = bring_forward(begin, end - 1, [&](const T& value) { return OrderedBefore(value, pivot); });
  std::swap(*low, end[-1]);
  // Few are smaller when many are equal.
  if (low - begin >= (end - begin) / static_cast<ptrdiff_t>(kFewPart)) return {low, low + 1};
  return {low, bring_forward(low + 1, end, [&](const T& value) { return !OrderedBefore(pivot, value); })};
}

template <typename T>
void OrderValues(T* begin, T* end) {
  while (static_cast<size_t>(end - begin) > kOrderedAtOnce) {
    const auto [low, high] = Part(begin, end);
    if (low - begin < end - high) {
      OrderValues(begin, low);
      begin = high;
    } else {
      OrderValues(high, end);
      end = low;
    }
  }
  if constexpr (std::is_same_v<T, int32_t> || std::is_same_v<T, int64_t> || std::is_same_v<T, double>) {
    SortNumbers(begin, static_cast<size_t>(end - begin));
  } else {
    std::sort(begin, end, InOrder<T>());
  }
}

// As std::nth_element.
template <typename T>
void SelectValue(T* begin, T* nth, T* end) {
  while (static_cast<size_t>(end - begin) > kOrderedAtOnce) {
    const auto [low, high] = Part(begin, end);
    if (nth < low) {
      end = low;
    } else if (nth < high) {
      return;
    } else {
      begin = high;
    }
  }
  std::nth_element(begin, nth, end, InOrder<T>());
}

}  // namespace weir
