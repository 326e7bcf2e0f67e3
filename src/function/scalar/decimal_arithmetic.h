#pragma once

#include "expr/function.h"

namespace weir {

// Decimal arithmetic. Result types, for arguments of precision p, scale s and p - s integer digits:
//
//   + -   scale max(s1, s2); one integer digit more than the larger argument
//   *     scale s1 + s2, precision p1 + p2. Past 38 digits the precision is 38 and the scale stays exact up to 24 (or
//         the larger argument's), then is rounded
//   /     scale max(s1, s2, 16): where PostgreSQL gives at least 16 significant digits we give 16 after the point
//   %     scale max(s1, s2)
//
// all cut to 38 digits, where results that do not fit fail with 22003. Constants count with the digits that they
// have, so 1 - x costs no precision. Results of up to 18 digits are computed in 64 bits.
FunctionOverload DecimalAddOverload();
FunctionOverload DecimalSubtractOverload();
FunctionOverload DecimalMultiplyOverload();
FunctionOverload DecimalDivideOverload();
FunctionOverload DecimalModuloOverload();
FunctionOverload DecimalNegateOverload();
FunctionOverload DecimalAbsoluteOverload();

// The narrowest decimal of the same scale that holds a constant; the type itself without one.
Type TightDecimal(const Type& type, const std::optional<Value>& constant);

}  // namespace weir
