#pragma once

#include <cstdint>
#include <vector>

namespace weir::parquet {

// Rows [begin, end).
struct RowRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t size() const { return end - begin; }
  friend bool operator==(const RowRange&, const RowRange&) = default;
};

// Ascending, not empty, not touching.
using RowRanges = std::vector<RowRange>;

RowRanges IntersectRanges(const RowRanges& a, const RowRanges& b);
RowRanges UniteRanges(const RowRanges& a, const RowRanges& b);
uint64_t CountRows(const RowRanges& ranges);
// Adds a range that begins where the last one ends or later.
void AppendRange(RowRanges& ranges, RowRange range);

}  // namespace weir::parquet
