#pragma once

#include <map>
#include <vector>

#include "expr/registry.h"
#include "plan/physical.h"
#include "storage/scan_spec.h"

namespace weir {

// Which parts of structs and lists a plan looks at, per scan and column of the scan (`columns`); no parts: the whole
// value. Errs on that side: what goes through joins and sorts counts as wholly used.
std::map<const PhysicalScan*, std::vector<SubfieldPaths>> FindSubfieldUse(const PhysicalNode& root,
                                                                          const Registry& registry);

}  // namespace weir
