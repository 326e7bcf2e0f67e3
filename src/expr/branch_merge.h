#pragma once

#include "column/chunk.h"
#include "types/type.h"

namespace weir {

// Puts a column together from pieces that were computed for disjoint sets of rows: the branches of CASE and COALESCE.
class BranchMerge {
 public:
  BranchMerge(Type type, size_t size);
  ~BranchMerge();
  // The values of `column` (of the merged length) at `rows`.
  void Add(const ColumnPtr& column, const RowSet& rows);
  // Rows never added are undefined but readable.
  ColumnPtr Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
