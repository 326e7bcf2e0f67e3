#pragma once

#include "column/column.h"

namespace weir {

// The column under the type that its table has now: what ALTER COLUMN ... TYPE allows (see CatalogEditor) without
// loss. Throws kDataCorrupted for any other pair.
ColumnPtr WidenColumn(const ColumnPtr& column, const Type& type);
Value WidenValue(const Value& value, const Type& type);

}  // namespace weir
