#pragma once

#include <cstdint>
#include <vector>

#include "plan/logical.h"

namespace weir {

// The table's column that a result column shows unchanged, as drivers are told: by the table's object id in pg_class
// and the column's number from 1. All zero: it is computed.
struct ColumnOrigin {
  uint32_t table = 0;
  int16_t column = 0;
};

// Of the first `count` columns of a bound plan. Columns of views count as those of the tables below.
std::vector<ColumnOrigin> OriginsOf(const LogicalNode& plan, size_t count);

}  // namespace weir
