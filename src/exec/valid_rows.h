#pragma once

#include <span>

#include "column/chunk.h"

namespace weir {

// The rows in which no column is NULL. Borrows `scratch`, unless all rows qualify: then it is `rows` itself.
inline RowSet ValidRows(std::span<const ColumnPtr> columns, const RowSet& rows, Selection& scratch) {
  RowSet left = rows;
  bool narrowed = false;
  for (const ColumnPtr& column : columns) {
    const ColumnView view(*column);
    if (!view.may_have_nulls()) continue;
    if (!narrowed) {
      scratch.resize(rows.count());
    }
    // In place once narrowed: writes never overtake reads.
    size_t count = 0;
    left.ForEach([&](size_t row) {
      scratch[count] = static_cast<uint32_t>(row);
      count += view.IsValid(row) ? 1 : 0;
    });
    if (narrowed || count != rows.count()) {
      left = RowSet::Of({scratch.data(), count});
      narrowed = true;
    }
  }
  return left;
}

}  // namespace weir
