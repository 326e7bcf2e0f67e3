#pragma once

#include "expr/comparison.h"
#include "function/scalar/kernel.h"

namespace weir {

// Reads a list column of any encoding whose elements may be of any encoding too. Element slots count through the
// child column. Borrows the column.
class ListView {
 public:
  explicit ListView(const Column& column) : lists_(column), elements_(*lists_.base().child(0)) {}

  bool IsNull(size_t row) const { return lists_.IsNull(row); }
  ListEntry At(size_t row) const { return lists_.At<ListEntry>(row); }
  const ColumnView& elements() const { return elements_; }

  bool IsNullElement(uint32_t slot) const { return elements_.IsNull(slot); }
  void AppendElement(ColumnBuilder& out, uint32_t slot) const {
    out.AppendRow(elements_.base(), elements_.Index(slot));
  }
  void AppendAll(ColumnBuilder& out, size_t row) const {
    const ListEntry entry = At(row);
    for (uint32_t i = 0; i < entry.length; ++i) AppendElement(out, entry.offset + i);
  }
  // SQL order with NULLs equal to each other and last.
  int Compare(uint32_t slot, const ListView& other, uint32_t other_slot) const {
    const bool null = IsNullElement(slot), other_null = other.IsNullElement(other_slot);
    if (null || other_null) return static_cast<int>(null) - static_cast<int>(other_null);
    return CompareSlots(elements_.base(), elements_.Index(slot), other.elements_.base(),
                        other.elements_.Index(other_slot));
  }
  // The same with NULL equal to NULL, against a column of the element type.
  bool ElementEquals(uint32_t slot, const ColumnView& values, size_t row) const {
    const bool null = IsNullElement(slot);
    if (null || values.IsNull(row)) return null && values.IsNull(row);
    return CompareSlots(elements_.base(), elements_.Index(slot), values.base(), values.Index(row)) == 0;
  }

 private:
  ColumnView lists_;
  ColumnView elements_;
};

}  // namespace weir
