#pragma once

#include "base/error.h"

namespace weir {

// Of a subquery in the place of a value, in PostgreSQL's words.
inline Error SubqueryHasSeveralRows() {
  return Error::User(sqlstate::kCardinalityViolation, "more than one row returned by a subquery used as an expression");
}

}  // namespace weir
