#pragma once

#include <cstddef>
#include <span>

#include "column/chunk.h"

namespace weir {

// SQL order of two values of one physical type: negative, 0, positive. NaN is the greatest number, strings go by bytes.
template <typename T>
int ComparePlain(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, Interval>) {
    return ComparePlain(a.NormalizedMicros(), b.NormalizedMicros());
  } else if constexpr (std::is_same_v<T, StringRef>) {
    const auto order = a <=> b;
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (a != a || b != b) return static_cast<int>(a != a) - static_cast<int>(b != b);
    return a < b ? -1 : b < a ? 1 : 0;
  } else if constexpr (std::is_same_v<T, ListEntry>) {
    return 0;
  } else {
    return static_cast<int>(b < a) - static_cast<int>(a < b);
  }
}

// SQL order of two non-NULL values of columns of one type, any encoding: negative, 0, positive. NaN is the greatest
// number, strings go by bytes, NULLs inside nested values are last.
int CompareValues(const Column& a, size_t a_row, const Column& b, size_t b_row);

// As grouping and DISTINCT see it: NULL equals NULL.
bool SameValue(const Column& a, size_t a_row, const Column& b, size_t b_row);

// One key of an ordering. (Not called SortKey: plan/logical.h's SortKey orders by an expression, and both are included
// together.)
struct SortColumn {
  size_t column = 0;  // in the chunk
  bool descending = false;
  bool nulls_first = false;  // as given: PostgreSQL's default is that NULLs count as greatest
};

// Order of two rows (physical) of chunks with the same columns.
int CompareRows(std::span<const SortColumn> keys, const Chunk& a, size_t a_row, const Chunk& b, size_t b_row);

}  // namespace weir
