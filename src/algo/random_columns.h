#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "column/builder.h"
#include "column/chunk.h"

namespace weir {

// Random columns for tests and benchmarks of hash tables, sorts and aggregates: all types and encodings, NULLs, and
// the values that break things (NaN, -0.0, extremes, long strings with a common start, empty lists).
class RandomColumns {
 public:
  explicit RandomColumns(uint64_t seed) : random_(seed) {}

  uint64_t Next() { return random_(); }
  uint64_t Below(uint64_t n) { return random_() % n; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  static std::vector<Type> AllTypes() {
    return {TypeKind::kBoolean,
            TypeKind::kInt8,
            TypeKind::kInt16,
            TypeKind::kInt32,
            TypeKind::kInt64,
            TypeKind::kInt128,
            TypeKind::kFloat,
            TypeKind::kDouble,
            Type::Decimal(15, 2),
            Type::Decimal(38, 4),
            TypeKind::kDate,
            TypeKind::kTimestamp,
            TypeKind::kInterval,
            TypeKind::kVarchar,
            TypeKind::kVarbinary,
            TypeKind::kUuid,
            Type::List(TypeKind::kInt32),
            Type::Struct({Field{"a", TypeKind::kDouble}, Field{"b", TypeKind::kVarchar}}),
            Type::Map(TypeKind::kVarchar, TypeKind::kInterval)};
  }

  // One of `domain` different values (fewer for small types); some of them extreme.
  Value ValueOf(const Type& type, uint64_t domain) { return Make(type, Below(domain)); }

  Value Make(const Type& type, uint64_t n) {
    const uint64_t mixed = n * 0x9E3779B97F4A7C15ULL;
    switch (type.physical()) {
      case PhysicalType::kBool:
        return Value::Integer(type, static_cast<int64_t>(n & 1));
      case PhysicalType::kInt8:
        return Value::Integer(type, n == 0 ? INT8_MIN : n == 1 ? INT8_MAX : static_cast<int8_t>(n));
      case PhysicalType::kInt16:
        return Value::Integer(type, n == 0 ? INT16_MIN : n == 1 ? INT16_MAX : static_cast<int16_t>(n));
      case PhysicalType::kInt32:
        return Value::Integer(type, n == 0 ? INT32_MIN : n == 1 ? INT32_MAX : static_cast<int32_t>(mixed >> 33));
      case PhysicalType::kInt64:
        if (type.is(TypeKind::kDecimal)) return Value::Integer(type, static_cast<int64_t>(mixed % 1'000'000'000) - 500);
        return Value::Integer(type, n == 0 ? INT64_MIN : n == 1 ? INT64_MAX : static_cast<int64_t>(mixed));
      case PhysicalType::kInt128:
        return Value::Wide(type, (static_cast<int128_t>(static_cast<int64_t>(mixed)) << 40) - static_cast<int128_t>(n));
      case PhysicalType::kFloat:
        return Value::Floating(type, static_cast<float>(Floating(n)));
      case PhysicalType::kDouble:
        return Value::Floating(type, Floating(n));
      case PhysicalType::kInterval:
        // 30 days and one month are equal.
        if (n == 0) return Value::OfInterval({0, 30, 0});
        if (n == 1) return Value::OfInterval({1, 0, 0});
        return Value::OfInterval(
            {static_cast<int32_t>(n % 7) - 3, static_cast<int32_t>(n % 11), static_cast<int64_t>(n * 1'000'003)});
      case PhysicalType::kString: {
        std::string text;
        if (n == 0) return Value::Bytes(type, text);
        if (n == 1) return Value::Bytes(type, std::string("\0", 1));
        text = n % 3 == 0 ? "a long common beginning " : n % 3 == 1 ? "" : "x";
        text += std::to_string(n % 5 == 0 ? n : mixed % 100'000'007);
        if (n % 7 == 0) text.resize(12, 'z');
        return Value::Bytes(type, text);
      }
      case PhysicalType::kList: {
        std::vector<Value> parts;
        parts.reserve(n % 4);
        for (uint64_t i = 0; i < n % 4; ++i) {
          parts.push_back((n + i) % 9 == 0 ? Value::Null(type.element()) : Make(type.element(), n / 4 + i));
        }
        return Value::Nested(type, std::move(parts));
      }
      case PhysicalType::kMap: {
        std::vector<Value> parts;
        for (uint64_t i = 0; i < n % 3; ++i) {
          parts.push_back(Make(type.key(), n / 3 + i));
          parts.push_back(Make(type.value(), n / 3 + i));
        }
        return Value::Nested(type, std::move(parts));
      }
      case PhysicalType::kStruct: {
        std::vector<Value> parts;
        for (const Field& field : type.fields()) {
          parts.push_back((n + parts.size()) % 13 == 0 ? Value::Null(field.type) : Make(field.type, n / 2));
        }
        return Value::Nested(type, std::move(parts));
      }
    }
    return Value::Null(type);
  }

  // A column of `size` rows in a random encoding, with NULLs when `null_one_in` is not 0.
  ColumnPtr ColumnOf(const Type& type, size_t size, uint64_t domain, uint64_t null_one_in) {
    const uint64_t encoding = Below(4);
    if (encoding == 0 && size != 0) {
      return Column::Constant(null_one_in != 0 && OneIn(4) ? Value::Null(type) : ValueOf(type, domain), size);
    }
    const size_t base_size = encoding == 1 ? 1 + Below(50) : size;
    ColumnBuilder builder(type, base_size);
    for (size_t i = 0; i < base_size; ++i) {
      if (null_one_in != 0 && OneIn(null_one_in)) {
        builder.AppendNull();
      } else {
        builder.AppendValue(ValueOf(type, domain));
      }
    }
    ColumnPtr base = builder.Finish();
    if (encoding != 1) return base;
    auto indices = Buffer::Allocate(size * sizeof(uint32_t));
    for (size_t i = 0; i < size; ++i) indices->as<uint32_t>()[i] = static_cast<uint32_t>(Below(base_size));
    return Column::Dictionary(std::move(base), std::move(indices), size);
  }

  Chunk ChunkOf(const std::vector<Type>& types, size_t size, uint64_t domain, uint64_t null_one_in) {
    std::vector<ColumnPtr> columns;
    columns.reserve(types.size());
    for (const Type& type : types) columns.push_back(ColumnOf(type, size, domain, null_one_in));
    Chunk chunk(std::move(columns), size);
    if (OneIn(2)) return chunk;
    auto selection = std::make_shared<Selection>();
    const uint64_t keep = 1 + Below(4);
    for (size_t i = 0; i < size; ++i) {
      if (OneIn(keep)) selection->push_back(static_cast<uint32_t>(i));
    }
    return chunk.WithSelection(std::move(selection));
  }

 private:
  static double Floating(uint64_t n) {
    switch (n) {
      case 0:
        return std::numeric_limits<double>::quiet_NaN();
      case 1:
        return -0.0;
      case 2:
        return 0.0;
      case 3:
        return std::numeric_limits<double>::infinity();
      case 4:
        return -std::numeric_limits<double>::infinity();
      default:
        return (static_cast<double>(n) - 40) * 1.25;
    }
  }

  std::mt19937_64 random_;
};

// A row as values, ordered and compared as SQL groups: NULL equals NULL.
struct ValueRowLess {
  bool operator()(const std::vector<Value>& a, const std::vector<Value>& b) const {
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i].is_null() != b[i].is_null()) return b[i].is_null();
      if (a[i].is_null()) continue;
      const int order = Value::Compare(a[i], b[i]);
      if (order != 0) return order < 0;
    }
    return false;
  }
};

inline std::vector<Value> RowOfValues(const std::vector<ColumnPtr>& columns, size_t row) {
  std::vector<Value> out;
  out.reserve(columns.size());
  for (const ColumnPtr& column : columns) out.push_back(column->GetValue(row));
  return out;
}

}  // namespace weir
