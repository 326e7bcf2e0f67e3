#include "format/parquet/row_ranges.h"

#include <algorithm>

namespace weir::parquet {

void AppendRange(RowRanges& ranges, RowRange range) {
  if (range.begin >= range.end) return;
  if (!ranges.empty() && range.begin <= ranges.back().end) {
    ranges.back().end = std::max(ranges.back().end, range.end);
  } else {
    ranges.push_back(range);
  }
}

RowRanges IntersectRanges(const RowRanges& a, const RowRanges& b) {
  RowRanges out;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    AppendRange(out, {std::max(a[i].begin, b[j].begin), std::min(a[i].end, b[j].end)});
    if (a[i].end < b[j].end) {
      ++i;
    } else {
      ++j;
    }
  }
  return out;
}

RowRanges UniteRanges(const RowRanges& a, const RowRanges& b) {
  RowRanges out;
  for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const bool from_a = j == b.size() || (i < a.size() && a[i].begin <= b[j].begin);
    AppendRange(out, from_a ? a[i++] : b[j++]);
  }
  return out;
}

uint64_t CountRows(const RowRanges& ranges) {
  uint64_t rows = 0;
  for (const RowRange& range : ranges) rows += range.size();
  return rows;
}

}  // namespace weir::parquet
