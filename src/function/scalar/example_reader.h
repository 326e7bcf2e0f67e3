#pragma once

#include <string>
#include <string_view>

#include "expr/evaluator.h"
#include "expr/expr.h"
#include "expr/registry.h"

namespace weir {

// Binds the examples of function specs for tests, without the SQL front end above this folder: literals, typed
// literals (date '...'), calls, casts (x::type), ARRAY[...], subscripts, AT TIME ZONE and binary operators.
ExprPtr ReadExample(const Registry& registry, std::string_view text);
// The text output of an example, "NULL", or "SQLSTATE message".
std::string RunExample(std::string_view text, const StatementContext& statement = {});

}  // namespace weir
