#pragma once

#include <memory>

#include "exec/operator/window/sorted_rows.h"
#include "plan/physical.h"

namespace weir {

// Computes one call for consecutive rows. One per thread.
class WindowReader {
 public:
  virtual ~WindowReader() = default;
  // The results of the next `count` rows.
  virtual ColumnPtr Next(size_t count) = 0;
};

// A call over the sorted rows of a hash partition, with all that can be found out once. Borrows the rows and the plan
// node; immutable, so that several threads may read different rows.
class WindowEvaluator {
 public:
  virtual ~WindowEvaluator() = default;
  virtual std::unique_ptr<WindowReader> ReadFrom(size_t row) const = 0;
};

std::unique_ptr<WindowEvaluator> MakeRankEvaluator(const PhysicalWindow::Call& call, SortedRows& rows);
std::unique_ptr<WindowEvaluator> MakeValueEvaluator(const PhysicalWindow::Call& call, SortedRows& rows);
std::unique_ptr<WindowEvaluator> MakeAggregateEvaluator(const PhysicalWindow::Call& call, SortedRows& rows,
                                                        size_t range_rows);
// The one that the call needs. Threads will read `range_rows` rows each at least.
std::unique_ptr<WindowEvaluator> MakeWindowEvaluator(const PhysicalWindow::Call& call, SortedRows& rows,
                                                     size_t range_rows);

}  // namespace weir
