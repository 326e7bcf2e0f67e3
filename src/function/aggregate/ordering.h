#pragma once

#include <type_traits>

#include "base/string_ref.h"
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

}  // namespace weir
