#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "column/chunk.h"
#include "column/column.h"
#include "column/string_heap.h"

namespace weir {

// Fills a flat column of known size by row, in any order: what kernels write their results through. Rows never
// written are undefined. Not for nested types; those use ColumnBuilder.
template <typename T>
class FlatWriter {
 public:
  explicit FlatWriter(Type type, size_t size)
      : type_(std::move(type)), size_(size), values_(Buffer::Allocate(size * sizeof(T))), out_(values_->as<T>()) {
    // Unwritten rows must still be readable views, and booleans 0 or 1.
    if constexpr (std::is_same_v<T, StringRef> || std::is_same_v<T, uint8_t>) {
      std::memset(values_->data(), 0, size * sizeof(T));
    }
  }
  T* values() { return out_; }
  void Set(size_t row, T value) { out_[row] = value; }
  void SetNull(size_t row) {
    if (validity_ == nullptr) EnsureValidity();
    ClearBit(words_, row);
  }
  bool has_nulls() const { return validity_ != nullptr; }
  // All valid until told otherwise.
  uint64_t* EnsureValidity() {
    if (validity_ == nullptr) {
      validity_ = Buffer::Allocate(WordsForBits(size_) * sizeof(uint64_t));
      words_ = validity_->template as<uint64_t>();
      std::memset(words_, 0xFF, WordsForBits(size_) * sizeof(uint64_t));
    }
    return words_;
  }
  void SetValidity(MutableBufferPtr validity) {
    validity_ = std::move(validity);
    words_ = validity_ == nullptr ? nullptr : validity_->template as<uint64_t>();
  }
  // Strings only: copies the text into the column's heap.
  void SetString(size_t row, std::string_view text) { out_[row] = heap().Add(text); }
  StringHeap& heap() {
    if (heap_ == nullptr) heap_ = std::make_shared<StringHeap>();
    return *heap_;
  }
  // Views that point into another column need its owners.
  void AddOwners(const Owners& owners) { MergeOwners(owners_, owners); }
  ColumnPtr Finish() {
    if (heap_ != nullptr) owners_.push_back(heap_);
    return Column::Flat(type_, size_, std::move(values_), std::move(validity_), std::move(owners_));
  }

 private:
  Type type_;
  size_t size_;
  MutableBufferPtr values_;
  T* out_;
  MutableBufferPtr validity_;
  uint64_t* words_ = nullptr;
  std::shared_ptr<StringHeap> heap_;
  Owners owners_;
};

// Appends values one after the other into a flat column of any type, growing as needed.
class ColumnBuilder {
 public:
  explicit ColumnBuilder(Type type, size_t capacity = 0);
  ~ColumnBuilder();
  ColumnBuilder(ColumnBuilder&&) noexcept;
  ColumnBuilder& operator=(ColumnBuilder&&) noexcept;

  const Type& type() const { return type_; }
  size_t size() const { return size_; }

  void AppendNull();
  // The C++ type must be that of the physical type.
  template <typename T>
  void Append(T value) {
    WEIR_DCHECK(sizeof(T) == width_);
    Reserve(size_ + 1);
    reinterpret_cast<T*>(values_.data())[size_] = value;
    MarkValid();
  }
  void AppendString(std::string_view text);
  // A value whose type has the same physical type as ours.
  void AppendValue(const Value& value);
  // Deep copies, any encoding; strings are copied into our heap.
  void AppendRow(const Column& column, size_t row);
  void AppendRows(const Column& column, const RowSet& rows);

  // Nested types: fill the children, then close the row. A list or map row takes what its children gained since the
  // last close; a struct's children each gain one value per row.
  ColumnBuilder& child(size_t i) { return *children_[i]; }
  void CloseRow();

  // Builds the column and starts over, empty.
  ColumnPtr Finish();
  size_t MemoryBytes() const;

 private:
  void Reserve(size_t rows);
  void MarkValid();

  Type type_;
  PhysicalType physical_;
  size_t width_;
  size_t size_ = 0;
  // Plain growth by doubling; Finish copies into a Buffer only when it must.
  class Bytes {
   public:
    uint8_t* data() { return buffer_ == nullptr ? nullptr : buffer_->data(); }
    size_t capacity() const { return capacity_; }
    void Grow(size_t used, size_t bytes);
    MutableBufferPtr Take() {
      capacity_ = 0;
      return std::move(buffer_);
    }

   private:
    MutableBufferPtr buffer_;
    size_t capacity_ = 0;
  };
  Bytes values_;
  std::vector<uint64_t> validity_;  // empty until the first NULL
  std::shared_ptr<StringHeap> heap_;
  std::vector<std::unique_ptr<ColumnBuilder>> children_;
  size_t closed_children_ = 0;  // list and map: elements that belong to closed rows
};

}  // namespace weir
