#include "algo/row_compare.h"

#include <algorithm>

namespace weir {

namespace {

// A part of a nested value: NULLs are last and equal.
int CompareParts(const Column& a, size_t a_row, const Column& b, size_t b_row) {
  const bool a_null = ColumnView(a).IsNull(a_row);
  const bool b_null = ColumnView(b).IsNull(b_row);
  if (a_null || b_null) return static_cast<int>(a_null) - static_cast<int>(b_null);
  return CompareValues(a, a_row, b, b_row);
}

}  // namespace

int CompareValues(const Column& a, size_t a_row, const Column& b, size_t b_row) {
  const ColumnView left(a);
  const ColumnView right(b);
  const PhysicalType physical = a.type().physical();
  if (physical == PhysicalType::kStruct) {
    const auto& left_children = left.base().children();
    const auto& right_children = right.base().children();
    for (size_t i = 0; i < left_children.size(); ++i) {
      const int order = CompareParts(*left_children[i], left.Index(a_row), *right_children[i], right.Index(b_row));
      if (order != 0) return order;
    }
    return 0;
  }
  if (physical == PhysicalType::kList || physical == PhysicalType::kMap) {
    const ListEntry x = left.At<ListEntry>(a_row);
    const ListEntry y = right.At<ListEntry>(b_row);
    for (uint32_t i = 0; i < std::min(x.length, y.length); ++i) {
      for (size_t k = 0; k < left.base().children().size(); ++k) {
        const int order = CompareParts(*left.base().child(k), x.offset + i, *right.base().child(k), y.offset + i);
        if (order != 0) return order;
      }
    }
    return ComparePlain(x.length, y.length);
  }
  return VisitPhysical(physical, [&]<typename T>() { return ComparePlain(left.At<T>(a_row), right.At<T>(b_row)); });
}

bool SameValue(const Column& a, size_t a_row, const Column& b, size_t b_row) {
  return CompareParts(a, a_row, b, b_row) == 0;
}

int CompareRows(std::span<const SortColumn> keys, const Chunk& a, size_t a_row, const Chunk& b, size_t b_row) {
  for (const SortColumn& key : keys) {
    const Column& left = *a.column(key.column);
    const Column& right = *b.column(key.column);
    const bool a_null = ColumnView(left).IsNull(a_row);
    const bool b_null = ColumnView(right).IsNull(b_row);
    if (a_null || b_null) {
      if (a_null == b_null) continue;
      return a_null == key.nulls_first ? -1 : 1;
    }
    const int order = CompareValues(left, a_row, right, b_row);
    if (order != 0) return key.descending ? -order : order;
  }
  return 0;
}

}  // namespace weir
