#pragma once

#include <span>

#include "column/chunk.h"
#include "expr/row_select.h"

namespace weir {

// The rows in which no column is NULL. Borrows `scratch`, unless all rows qualify: then it is `rows` itself.
inline RowSet ValidRows(std::span<const ColumnPtr> columns, const RowSet& rows, Selection& scratch) {
  RowSet left = rows;
  bool narrowed = false;
  for (const ColumnPtr& column : columns) {
    if (!ColumnView(*column).may_have_nulls()) continue;
    if (!narrowed) scratch.resize(rows.count() + kRowListPadding);
    // In place once narrowed.
    const size_t count = SelectValid(*column, left, scratch.data());
    if (narrowed || count != rows.count()) {
      left = RowSet::Of({scratch.data(), count});
      narrowed = true;
    }
  }
  return left;
}

}  // namespace weir
