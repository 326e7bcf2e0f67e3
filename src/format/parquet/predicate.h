#pragma once

#include <cstdint>
#include <vector>

#include "types/value.h"

namespace weir::parquet {

enum class CompareOp : uint8_t {
  kEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,       // any of values
  kIsNull,   // no value
  kNotNull,  // no value
  kPrefix,   // strings that start with the value
};

// "column op constant": what row groups and pages can be ruled out by. SQL's meaning, so NULL rows pass kIsNull only,
// and NaN is greater than every number.
struct Predicate {
  size_t column = 0;  // in the file's schema
  CompareOp op = CompareOp::kEqual;
  std::vector<Value> values;  // of the column's type; what cannot be compared with it rules nothing out
};

}  // namespace weir::parquet
