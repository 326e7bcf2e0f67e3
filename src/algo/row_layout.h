#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "column/builder.h"
#include "column/chunk.h"

namespace weir {

// Keeps the long strings that rows point to. A dictionary's strings are copied once for as long as the same
// dictionary keeps coming. Not thread-safe.
class RowHeap {
 public:
  StringHeap& strings() { return *strings_; }
  size_t bytes() const { return strings_->allocated_bytes(); }
  // What keeps all strings added so far alive.
  Owner owner() const { return strings_; }

 private:
  friend class RowLayout;
  struct Copies {
    ColumnPtr base;
    std::vector<StringRef> copies;
    std::vector<bool> done;
  };
  Copies& CopiesOf(size_t column, const ColumnPtr& base);
  std::shared_ptr<StringHeap> strings_ = std::make_shared<StringHeap>();
  std::vector<Copies> dictionaries_;
};

// How the values of several columns lie in one row of memory, beside a header and a tail that the user owns:
//
//   | header | values by falling alignment | a NULL bit per column | tail |
//
// Fixed-size values lie as in flat columns; strings as StringRef into a RowHeap; nested values as a StringRef to
// their serialised form. Immutable; shared by threads.
class RowLayout {
 public:
  RowLayout() = default;
  // `tail` bytes follow at tail_offset(), which is a multiple of `alignment` (8 or 16), as is row_bytes().
  RowLayout(std::vector<Type> types, size_t header_bytes, size_t tail_bytes = 0, size_t alignment = 8);

  size_t column_count() const { return columns_.size(); }
  const Type& type(size_t column) const { return columns_[column].type; }
  size_t offset(size_t column) const { return columns_[column].offset; }
  size_t tail_offset() const { return tail_offset_; }
  size_t row_bytes() const { return row_bytes_; }
  bool has_strings() const { return has_strings_; }  // strings or nested values: rows need a heap

  bool IsNull(const uint8_t* row, size_t column) const { return (row[null_offset_ + column / 8] >> (column % 8)) & 1; }
  // Rows come with undefined contents: do this first.
  void ClearNulls(uint8_t* row) const {
    for (size_t i = 0; i < null_bytes_; ++i) row[null_offset_ + i] = 0;
  }
  template <typename T>
  T Load(const uint8_t* row, size_t column) const {
    T value;
    std::memcpy(&value, row + columns_[column].offset, sizeof(T));
    return value;
  }

  // Writes the values of rows[i] into out[i].
  void Scatter(size_t column, const ColumnPtr& source, const RowSet& rows, uint8_t* const* out, RowHeap& heap) const;
  // A flat column of the values in `rows`; `owners` keep their strings alive. A null pointer gives NULL.
  ColumnPtr Gather(size_t column, const uint8_t* const* rows, size_t count, const Owners& owners) const;
  // Keeps those of `candidates` (ascending positions) whose value in rows[candidate] equals source row
  // source_rows[candidate]; returns how many are left. NULL equals NULL when `null_equal`, nothing otherwise.
  // The others are appended to `rejected` when it is given (room for all; its count is added to *rejected_count).
  size_t Match(size_t column, const Column& source, const RowSet& source_rows, const uint8_t* const* rows,
               bool null_equal, uint32_t* candidates, size_t count, uint32_t* rejected, size_t* rejected_count) const;

  // Copies a row, header and tail too, and its strings into `heap`.
  void CopyRow(const uint8_t* from, uint8_t* to, RowHeap& heap) const;
  // Whether two rows hold the same value; NULL is the same as NULL.
  bool SameValues(const uint8_t* a, const uint8_t* b, size_t column) const;
  // Whether header, values and NULL bits, at least 8 bytes, are equal byte by byte.
  bool SameBytes(const uint8_t* a, const uint8_t* b) const {
    const size_t last = null_offset_ + null_bytes_ - 8;
    uint64_t difference = LoadUnaligned<uint64_t>(a + last) ^ LoadUnaligned<uint64_t>(b + last);
    for (size_t at = 0; at < last; at += 8) {
      difference |= LoadUnaligned<uint64_t>(a + at) ^ LoadUnaligned<uint64_t>(b + at);
    }
    return difference == 0;
  }

 private:
  struct Slot {
    Type type;
    PhysicalType physical;
    uint32_t offset;
  };
  std::vector<Slot> columns_;
  size_t null_offset_ = 0;
  size_t null_bytes_ = 0;
  size_t tail_offset_ = 0;
  size_t row_bytes_ = 0;
  bool has_strings_ = false;
};

// A nested value as bytes: what rows hold for lists, structs and maps. Exact (not normalised); reading is checked.
void SerializeNested(const Column& column, size_t row, std::string& out);
void DeserializeNested(ByteReader& in, ColumnBuilder& out);

}  // namespace weir
