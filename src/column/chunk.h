#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "column/column.h"

namespace weir {

// Rows of a chunk in ascending order.
using Selection = std::vector<uint32_t>;
using SelectionPtr = std::shared_ptr<const Selection>;

// Rows that a kernel works on: all of [0, count), or those listed. Borrows the list.
class RowSet {
 public:
  static RowSet All(size_t count) { return {nullptr, count}; }
  static RowSet Of(std::span<const uint32_t> rows) { return {rows.data(), rows.size()}; }

  size_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  bool is_dense() const { return rows_ == nullptr; }
  const uint32_t* rows() const { return rows_; }
  size_t operator[](size_t i) const { return rows_ == nullptr ? i : rows_[i]; }
  // One past the last row: what an output column must at least hold.
  size_t extent() const { return count_ == 0 ? 0 : (*this)[count_ - 1] + 1; }
  template <typename F>
  void ForEach(F&& f) const {
    if (rows_ == nullptr) {
      for (size_t i = 0; i < count_; ++i) f(i);
    } else {
      for (size_t i = 0; i < count_; ++i) f(static_cast<size_t>(rows_[i]));
    }
  }

 private:
  RowSet(const uint32_t* rows, size_t count) : rows_(rows), count_(count) {}
  const uint32_t* rows_;
  size_t count_;
};

inline constexpr size_t kChunkRowsDefault = 4096;

// The unit that operators hand on: columns of one length and, after a filter, the selected rows among them.
// Immutable but for assignment; cheap to copy.
class Chunk {
 public:
  Chunk() = default;
  Chunk(std::vector<ColumnPtr> columns, size_t size) : columns_(std::move(columns)), size_(size) {}
  Chunk(std::vector<ColumnPtr> columns, size_t size, SelectionPtr selection)
      : columns_(std::move(columns)), size_(size), selection_(std::move(selection)) {}

  const std::vector<ColumnPtr>& columns() const { return columns_; }
  const ColumnPtr& column(size_t i) const { return columns_[i]; }
  size_t column_count() const { return columns_.size(); }
  size_t size() const { return size_; }  // physical rows: the length of every column
  const SelectionPtr& selection() const { return selection_; }
  size_t row_count() const { return selection_ == nullptr ? size_ : selection_->size(); }
  bool empty() const { return row_count() == 0; }
  RowSet rows() const { return selection_ == nullptr ? RowSet::All(size_) : RowSet::Of(*selection_); }

  // The same rows and selection with other columns.
  Chunk WithColumns(std::vector<ColumnPtr> columns) const { return {std::move(columns), size_, selection_}; }
  // The same columns with fewer rows: `selection` holds physical rows.
  Chunk WithSelection(SelectionPtr selection) const { return {columns_, size_, std::move(selection)}; }
  // Without selection: values copied when few rows are left, dictionaries over the columns otherwise.
  Chunk Compact() const;
  // Without selection and with flat columns only.
  Chunk Flatten() const;
  // Rows [offset, offset + count) of the selected ones.
  Chunk Slice(size_t offset, size_t count) const;
  // One chunk with the selected rows of all; all have the same column types.
  static Chunk Concat(std::span<const Chunk> chunks, const std::vector<Type>& types);

  size_t MemoryBytes() const;
  void Verify() const;
  // A row as text for tests and errors: "1|abc|NULL"; `row` counts selected rows.
  std::string RowToString(size_t row) const;

 private:
  std::vector<ColumnPtr> columns_;
  size_t size_ = 0;
  SelectionPtr selection_;
};

// A sequence 0..n-1 shared by whoever needs identity indices; n <= 65536.
std::span<const uint32_t> IdentityRows(size_t n);

}  // namespace weir
