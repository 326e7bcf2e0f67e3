#include "column/chunk.h"

#include <cstring>

#include "column/builder.h"

namespace weir {

Chunk Chunk::Compact() const {
  if (selection_ == nullptr) return *this;
  const size_t count = selection_->size();
  std::vector<ColumnPtr> columns;
  columns.reserve(columns_.size());
  // Few survivors are cheaper to copy once than to reach through indices in every later operator.
  const bool copy = count * 4 <= size_;
  BufferPtr indices;
  for (const ColumnPtr& column : columns_) {
    if (column->is_constant()) {
      columns.push_back(Column::ConstantOf(column, 0, count));
    } else if (copy && column->is_flat()) {
      columns.push_back(Column::Gather(column, *selection_));
    } else {
      if (indices == nullptr) {
        auto buffer = Buffer::Allocate(count * sizeof(uint32_t));
        if (count != 0) std::memcpy(buffer->data(), selection_->data(), count * sizeof(uint32_t));
        indices = std::move(buffer);
      }
      columns.push_back(Column::Take(column, indices, count));
    }
  }
  return {std::move(columns), count};
}

Chunk Chunk::Flatten() const {
  std::vector<ColumnPtr> columns;
  columns.reserve(columns_.size());
  for (const ColumnPtr& column : columns_) {
    columns.push_back(selection_ == nullptr ? Column::Flatten(column) : Column::Gather(column, *selection_));
  }
  return {std::move(columns), row_count()};
}

Chunk Chunk::Slice(size_t offset, size_t count) const {
  WEIR_CHECK(offset + count <= row_count(), "{}+{} of {}", offset, count, row_count());
  if (offset == 0 && count == row_count()) return *this;
  auto rows = std::make_shared<Selection>(count);
  const RowSet all = this->rows();
  for (size_t i = 0; i < count; ++i) (*rows)[i] = static_cast<uint32_t>(all[offset + i]);
  return WithSelection(std::move(rows));
}

Chunk Chunk::Concat(std::span<const Chunk> chunks, const std::vector<Type>& types) {
  if (chunks.size() == 1) return chunks[0].Compact();
  size_t total = 0;
  for (const Chunk& chunk : chunks) total += chunk.row_count();
  std::vector<ColumnPtr> columns;
  columns.reserve(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    ColumnBuilder builder(types[i], total);
    for (const Chunk& chunk : chunks) builder.AppendRows(*chunk.column(i), chunk.rows());
    columns.push_back(builder.Finish());
  }
  return {std::move(columns), total};
}

size_t Chunk::MemoryBytes() const {
  size_t bytes = sizeof(Chunk);
  for (const ColumnPtr& column : columns_) bytes += column->MemoryBytes();
  if (selection_ != nullptr) bytes += selection_->size() * sizeof(uint32_t);
  return bytes;
}

void Chunk::Verify() const {
  for (const ColumnPtr& column : columns_) {
    WEIR_CHECK(column != nullptr && column->size() == size_, "column of {} rows in a chunk of {}",
               column == nullptr ? 0 : column->size(), size_);
    column->Verify();
  }
  if (selection_ == nullptr) return;
  for (size_t i = 0; i < selection_->size(); ++i) {
    WEIR_CHECK((*selection_)[i] < size_ && (i == 0 || (*selection_)[i - 1] < (*selection_)[i]), "selection at {}", i);
  }
}

std::string Chunk::RowToString(size_t row) const {
  std::string out;
  const size_t at = rows()[row];
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i != 0) out += '|';
    out += columns_[i]->GetValue(at).ToString();
  }
  return out;
}

std::span<const uint32_t> IdentityRows(size_t n) {
  static const std::vector<uint32_t> kRows = [] {
    std::vector<uint32_t> rows(65536);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<uint32_t>(i);
    return rows;
  }();
  WEIR_CHECK(n <= kRows.size(), "n={}", n);
  return {kRows.data(), n};
}

}  // namespace weir
