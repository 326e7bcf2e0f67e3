#pragma once

#include "plan/physical.h"

namespace weir {

// The same plan with two more columns at the end of its output, the part and the position of each row of the scan that
// it filters: what DELETE needs. Below filters and semi or anti joins; other shapes are Unsupported.
PhysicalPtr WithRowIds(const PhysicalPtr& plan);

}  // namespace weir
