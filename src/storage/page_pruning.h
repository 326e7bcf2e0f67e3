#pragma once

#include <optional>
#include <vector>

#include "catalog/statistics.h"
#include "format/parquet/reader.h"
#include "format/parquet/row_ranges.h"
#include "storage/scan.h"

namespace weir {

// Bounds of a file's column as statistics of the scan's type; nothing when they cannot be told.
std::optional<ColumnStatistics> BoundsAs(const parquet::ColumnBounds& bounds, const Type& type);

// The rows of a row group that the page index does not rule out, or nothing when it rules out none.
// `file_columns` says where the plan's columns are in the file (SIZE_MAX: not there).
std::optional<parquet::RowRanges> MatchingRows(const ScanPlan& plan, const parquet::ParquetFile& file,
                                               const std::vector<size_t>& file_columns, size_t row_group);

// By bloom filters, for equality and short IN lists: reads a few blocks. False when no row can match.
bool BloomMayMatch(const ScanPlan& plan, const parquet::ParquetFile& file, const std::vector<size_t>& file_columns,
                   size_t row_group);

// Whether one of the values that an equality or IN predicate asks for is among those of the column, which has every
// value of a row group but NULL. True where that is not known how to tell.
bool DictionaryMayMatch(const ScanPredicate& predicate, const Column& dictionary);

}  // namespace weir
