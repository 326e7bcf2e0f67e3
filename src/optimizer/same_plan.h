#pragma once

#include "optimizer/columns.h"

namespace weir {

// Whether `b` computes the same rows as `a`; fills in what b's columns are in a. Never of what is volatile.
bool SamePlan(const LogicalNode& a, const LogicalNode& b, ColumnMap& map);

// Whether the calls are the same, columns of `b` being those of `a` that the map says.
bool SameCall(const AggregateCall& a, const AggregateCall& b, const ColumnMap& map);

// Whether both read the same rows of the same table or files, of whichever columns.
bool SameRows(const ScanSource& a, const ScanSource& b);

}  // namespace weir
