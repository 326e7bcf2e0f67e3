#pragma once

#include "format/parquet/metadata.h"
#include "format/parquet/reader.h"
#include "format/parquet/schema.h"

namespace weir::parquet {

// How min_value and max_value of a leaf are ordered, as the footer says.
ColumnOrder OrderOf(const FileMetaData& metadata, int leaf);

// Whether bounds of the leaf mean anything: its stored order is that of its values.
bool HasOrder(const Leaf& leaf);

// Adds what the statistics say. Bounds that the format's rules do not allow to trust are left out: the deprecated
// ones of types whose order is not signed, those without a declared order, NaN; zeros get the sign that makes them
// bounds of both.
void FillBounds(const Leaf& leaf, const Statistics& statistics, ColumnOrder order, ColumnBounds& out);

// The same for bounds of a page in a column index.
void FillPageBounds(const Leaf& leaf, const ColumnIndex& index, size_t page, ColumnOrder order, ColumnBounds& out);

}  // namespace weir::parquet
