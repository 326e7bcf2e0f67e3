#pragma once

#include <optional>

#include "optimizer/stats/cardinality.h"

namespace weir {

struct IntegerRange {
  int128_t low = 0;
  int128_t high = 0;
};

// Bounds of an integer expression of columns, literals, casts, +, - and *, when none of it can leave the range of its
// type for any row of `input`; otherwise nothing.
std::optional<IntegerRange> RangeOf(const Expr& expr, const RelationEstimate& input);

}  // namespace weir
