#pragma once

#include <vector>

#include "catalog/column_distribution.h"
#include "plan/scan_source.h"

namespace weir {

// What is known of a scan's source beyond its sums, for whoever asks. All of the snapshot that the plan was bound to
// and will run on.
class ScanDetails {
 public:
  virtual ~ScanDetails() = default;
  // What ANALYZE has found, by position in the source; null or beyond the end: nothing.
  virtual std::vector<ColumnDistributionPtr> Distributions(const ScanSource& source) const = 0;
  // Whether a column's bounds and its count of NULLs are those of the rows that there are, no wider: then answers may
  // be taken from them. By position in the source; beyond the end: no.
  virtual std::vector<bool> ExactBounds(const ScanSource& source) const = 0;
};

}  // namespace weir
