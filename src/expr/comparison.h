#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "column/chunk.h"
#include "expr/function.h"

namespace weir {

// Comparisons of two columns of one type, in SQL order: NaN equals itself and is the largest number, intervals by
// their length, strings by bytes, lists and structs element by element with NULLs equal to each other and last.
// Here rather than with the functions because filters use the loops directly.

enum class CompareOp : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

// Of "=", "<>", "!=", "<", "<=", ">", ">=".
std::optional<CompareOp> CompareOpByName(std::string_view name);
// a op b == b Swap(op) a; not (a op b) == a Negate(op) b.
CompareOp SwapCompareOp(CompareOp op);
CompareOp NegateCompareOp(CompareOp op);

// Whether one loop over all rows costs less than picking the rows asked for.
inline bool IsDenseEnough(const RowSet& rows, size_t size) {
  return rows.is_dense() || rows.count() * 4 >= size;
}

// out[row] = 0 or 1 for the rows whose values are valid; may write any row below `size`. Both columns have `size` rows
// and the same type.
void CompareColumns(CompareOp op, const Column& a, const Column& b, size_t size, const RowSet& rows, uint8_t* out);

// Slot i of a flat column against slot j of another of the same type, both valid: negative, 0, positive.
int CompareSlots(const Column& a, size_t i, const Column& b, size_t j);

// The kernel of the SQL operator (NULL when either side is NULL).
ScalarKernel ComparisonKernel(CompareOp op);
// IS DISTINCT FROM, or its negation: never NULL.
ScalarKernel DistinctKernel(bool negated);

}  // namespace weir
