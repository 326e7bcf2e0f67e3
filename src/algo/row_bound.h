#pragma once

#include <memory>
#include <vector>

#include "algo/row_compare.h"
#include "column/chunk.h"

namespace weir {

// A row of an ordering that others are held against one key after the other, so that most need only their first keys to
// be known as coming too late. Immutable.
class RowBound {
 public:
  // `values`: a column of one row for each of `keys`. When these are only the first keys of the ordering rows that are
  // alike in all of them are not beyond it.
  RowBound(std::vector<SortColumn> keys, std::vector<ColumnPtr> values, bool is_whole);

  const std::vector<SortColumn>& keys() const { return keys_; }
  Value value(size_t key) const { return values_[key]->GetValue(0); }
  const std::vector<ColumnPtr>& values() const { return values_; }
  // Whether rows that are like the bound in all keys() come too late as well.
  bool is_whole() const { return is_whole_; }
  // Sorts out rows of the column of key `key`, ascending ones: those that come before the bound go to the end of
  // `before`, those alike stay in `tied`, those after it go.
  void Split(size_t key, const Column& column, Selection& tied, Selection& before) const;
  // Whether this bound, of the same ordering, leaves fewer rows.
  bool IsBefore(const RowBound& other) const;

  // Types of keys that can be held against a bound.
  static bool Supports(const Type& type) { return !type.is_nested(); }

 private:
  std::vector<SortColumn> keys_;
  std::vector<ColumnPtr> values_;
  bool is_whole_;
};

}  // namespace weir
