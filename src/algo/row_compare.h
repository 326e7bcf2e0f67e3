#pragma once

#include <cstddef>
#include <span>

#include "column/chunk.h"

namespace weir {

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
