#pragma once

#include <span>

#include "format/parquet/predicate.h"
#include "format/parquet/reader.h"

namespace weir::parquet {

// All of these err on the side of "may": rows that they let through may still fail the predicates, rows that they rule
// out would fail one. Predicates on nested columns rule nothing out.

// Whether a part of the column with these bounds may have a row that passes.
bool MayMatch(const Predicate& predicate, const ColumnBounds& bounds, bool column_is_nullable);

// By the footer's statistics alone: no I/O.
bool RowGroupMayMatch(const ParquetFile& file, size_t row_group, std::span<const Predicate> predicates);

// By bloom filters, for equality: reads a few blocks. True when there are none.
bool BloomMayMatch(const ParquetFile& file, size_t row_group, std::span<const Predicate> predicates);

// The rows whose pages may match, by the page index: reads the indexes of the predicates' columns. All rows when there
// are none.
RowRanges MatchingRows(const ParquetFile& file, size_t row_group, std::span<const Predicate> predicates);

}  // namespace weir::parquet
