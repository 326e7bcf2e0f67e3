#pragma once

#include <string>
#include <string_view>

#include "expr/expr.h"
#include "expr/registry.h"

namespace weir {

// Expressions over inputs (kInput), literals, calls and casts as bytes and back: the bodies of lambda expressions,
// which travel as constants. Calls are kept by name and number of the overload, so the bytes are for processes of one
// version, not for storage. Columns, parameters and subqueries are an internal error.
std::string SerializeExpr(const Expr& expr);
// Throws kDataCorrupted.
ExprPtr DeserializeExpr(std::string_view bytes, const Registry& registry);

}  // namespace weir
