#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bits.h"
#include "base/check.h"
#include "base/string_ref.h"
#include "column/buffer.h"
#include "types/type.h"
#include "types/value.h"

namespace weir {

class Column;
using ColumnPtr = std::shared_ptr<const Column>;

enum class Encoding : uint8_t {
  kFlat,        // a value per row
  kConstant,    // one value for all rows: base() is a flat column of size 1
  kDictionary,  // indices() into base(), which is flat; NULL rows point at a NULL slot of the base
};

// An immutable vector of values of one type; shared freely between threads.
//
// Invariants (Verify): the base of a constant or dictionary column is flat, so one indirection reaches any value.
// Validity lives in flat columns only: 64-bit words, bit 1 = valid, no buffer = no NULLs; the bits past size() are
// undefined. Values under NULL are readable but undefined (strings: a valid view). Lists and maps hold a ListEntry
// a row and their elements in children(); structs hold only children, as long as the struct; a NULL struct's
// children may be anything. String views and borrowed buffers stay valid as long as the column: owners() see to it.
class Column {
 public:
  // `values` holds size x PhysicalWidth(type) bytes; null for struct.
  static ColumnPtr Flat(Type type, size_t size, BufferPtr values, BufferPtr validity = nullptr, Owners owners = {},
                        std::vector<ColumnPtr> children = {});
  // Values in memory that `owners` keep alive (a decompressed page), aligned to the width of the type.
  static ColumnPtr FlatBorrowed(Type type, size_t size, const void* values, BufferPtr validity, Owners owners);
  static ColumnPtr Struct(Type type, size_t size, std::vector<ColumnPtr> children, BufferPtr validity = nullptr);
  static ColumnPtr Constant(const Value& value, size_t size);
  static ColumnPtr ConstantNull(const Type& type, size_t size) { return Constant(Value::Null(type), size); }
  // Row `row` of `column` for every row.
  static ColumnPtr ConstantOf(const ColumnPtr& column, size_t row, size_t size);
  // uint32_t indices; a base that is itself constant or dictionary is composed away.
  static ColumnPtr Dictionary(ColumnPtr base, BufferPtr indices, size_t size);
  static ColumnPtr Empty(const Type& type);

  const Type& type() const { return type_; }
  size_t size() const { return size_; }
  Encoding encoding() const { return encoding_; }
  bool is_flat() const { return encoding_ == Encoding::kFlat; }
  bool is_constant() const { return encoding_ == Encoding::kConstant; }
  bool is_dictionary() const { return encoding_ == Encoding::kDictionary; }

  // Flat only.
  template <typename T>
  const T* values() const {
    WEIR_DCHECK(is_flat());
    return static_cast<const T*>(values_);
  }
  const void* raw_values() const { return values_; }
  const uint64_t* validity() const { return validity_ == nullptr ? nullptr : validity_->as<uint64_t>(); }
  const BufferPtr& validity_buffer() const { return validity_; }
  const std::vector<ColumnPtr>& children() const { return children_; }
  const ColumnPtr& child(size_t i) const { return children_[i]; }
  const Owners& owners() const { return owners_; }

  // Constant and dictionary only.
  const ColumnPtr& base() const { return children_[0]; }
  const uint32_t* indices() const { return static_cast<const uint32_t*>(values_); }
  const BufferPtr& indices_buffer() const { return values_buffer_; }

  // Slow, for any encoding: tests, errors, plans.
  bool IsNull(size_t row) const;
  Value GetValue(size_t row) const;

  // The rows of `rows` in order: a dictionary over this column (constants stay constant, nothing is copied).
  static ColumnPtr Take(const ColumnPtr& column, BufferPtr rows, size_t size);
  // The same with values copied into a flat column.
  static ColumnPtr Gather(const ColumnPtr& column, std::span<const uint32_t> rows);
  static ColumnPtr Flatten(const ColumnPtr& column);
  // A flat column's values under another validity (null: no NULLs).
  static ColumnPtr WithValidity(const ColumnPtr& flat, BufferPtr validity);
  // The same values under a type of the same physical type.
  static ColumnPtr Reinterpret(const ColumnPtr& column, Type type);

  // Bytes that this column keeps alive by itself (values, validity, children, strings out of line); owners that are
  // shared between columns are counted in each.
  size_t MemoryBytes() const;
  // Aborts when an invariant does not hold. For debug builds and fuzzers.
  void Verify() const;

 private:
  friend struct ColumnAccess;
  Column() = default;

  Type type_;
  size_t size_ = 0;
  Encoding encoding_ = Encoding::kFlat;
  const void* values_ = nullptr;  // flat: values; dictionary: uint32_t indices
  BufferPtr values_buffer_;       // owner of values_ unless borrowed
  BufferPtr validity_;
  std::vector<ColumnPtr> children_;
  Owners owners_;
};

// Reads any encoding in one way: Index(row) says where in the flat base the value of a row is. Borrows the column.
class ColumnView {
 public:
  explicit ColumnView(const Column& column);
  ColumnView() = default;

  const Column& base() const { return *base_; }
  size_t size() const { return size_; }
  bool is_identity() const { return !constant_ && indices_ == nullptr; }  // flat: Index(row) == row
  bool is_constant() const { return constant_; }
  const uint32_t* indices() const { return indices_; }    // dictionary only, else null
  const uint64_t* validity() const { return validity_; }  // of the base, null = no NULLs
  bool may_have_nulls() const { return validity_ != nullptr; }

  size_t Index(size_t row) const { return constant_ ? 0 : indices_ == nullptr ? row : indices_[row]; }
  bool IsValid(size_t row) const { return validity_ == nullptr || GetBit(validity_, Index(row)); }
  bool IsNull(size_t row) const { return !IsValid(row); }
  template <typename T>
  const T* values() const {
    return static_cast<const T*>(values_);
  }
  template <typename T>
  const T& At(size_t row) const {
    return static_cast<const T*>(values_)[Index(row)];
  }

 private:
  const Column* base_ = nullptr;
  const void* values_ = nullptr;
  const uint64_t* validity_ = nullptr;
  const uint32_t* indices_ = nullptr;
  size_t size_ = 0;
  bool constant_ = false;
};

// Calls visitor.template operator()<T>() with the C++ type of a physical type that has one (all but struct).
// List and map visit as ListEntry.
template <typename Visitor>
decltype(auto) VisitPhysical(PhysicalType type, Visitor&& visitor) {
  switch (type) {
    case PhysicalType::kBool:
      return visitor.template operator()<uint8_t>();
    case PhysicalType::kInt8:
      return visitor.template operator()<int8_t>();
    case PhysicalType::kInt16:
      return visitor.template operator()<int16_t>();
    case PhysicalType::kInt32:
      return visitor.template operator()<int32_t>();
    case PhysicalType::kInt64:
      return visitor.template operator()<int64_t>();
    case PhysicalType::kInt128:
      return visitor.template operator()<int128_t>();
    case PhysicalType::kFloat:
      return visitor.template operator()<float>();
    case PhysicalType::kDouble:
      return visitor.template operator()<double>();
    case PhysicalType::kInterval:
      return visitor.template operator()<Interval>();
    case PhysicalType::kString:
      return visitor.template operator()<StringRef>();
    case PhysicalType::kList:
    case PhysicalType::kMap:
      return visitor.template operator()<ListEntry>();
    case PhysicalType::kStruct:
      break;
  }
  CheckFailed(__FILE__, __LINE__, "VisitPhysical", "struct has no value type");
}

}  // namespace weir
