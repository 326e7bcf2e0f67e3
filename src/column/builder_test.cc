#include "column/builder.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

Type TextMap() {
  return Type::Map(TypeKind::kVarchar, TypeKind::kVarchar);
}

Value Text(size_t i) {
  // Some inline, some on the heap.
  return i % 5 == 0 ? Value::Null(TypeKind::kVarchar)
                    : Value::String(std::string(i % 29, static_cast<char>('a' + i % 26)));
}

Value TextMapOf(size_t i) {
  if (i % 7 == 3) return Value::Null(TextMap());
  std::vector<Value> parts;
  for (size_t k = 0; k < i % 4; ++k) {
    parts.push_back(Value::String("key " + std::to_string(k)));
    parts.push_back(Text(i + k));
  }
  return Value::Nested(TextMap(), std::move(parts));
}

Value StructOf(size_t i, const Type& type, bool with_nulls) {
  if (with_nulls && i % 6 == 1) return Value::Null(type);
  return Value::Nested(type, {Text(i), TextMapOf(i + 1), Value::Int64(static_cast<int64_t>(i))});
}

// The rows of flat, dictionary and constant columns, chosen in several ways, after rows that are there already.
void CheckAppendRows(const Type& type, const std::function<Value(size_t)>& value) {
  constexpr size_t kRows = 40;
  ColumnBuilder source(type);
  for (size_t i = 0; i < kRows; ++i) source.AppendValue(value(i));
  const ColumnPtr flat = source.Finish();
  auto indices = Buffer::Allocate(100 * sizeof(uint32_t));
  for (uint32_t i = 0; i < 100; ++i) indices->as<uint32_t>()[i] = (i * 13) % kRows;
  const std::vector<uint32_t> some = {0, 3, 4, 9, 17, 18, 39};
  for (const ColumnPtr& column : {flat, Column::Dictionary(flat, indices, 100), Column::ConstantOf(flat, 8, 50)}) {
    for (const RowSet& rows : {RowSet::All(column->size()), RowSet::Of(some), RowSet::All(0)}) {
      ColumnBuilder builder(type);
      std::vector<std::string> expected;
      for (int repeat = 0; repeat < 3; ++repeat) {
        builder.AppendRows(*column, rows);
        rows.ForEach([&](size_t row) { expected.push_back(column->GetValue(row).ToString()); });
        builder.AppendRow(*column, 5);
        expected.push_back(column->GetValue(5).ToString());
        builder.AppendNull();
        expected.push_back(Value::Null(type).ToString());
      }
      const ColumnPtr built = builder.Finish();
      built->Verify();
      ASSERT_EQ(built->size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(built->GetValue(i).ToString(), expected[i]) << i;
    }
  }
}

TEST(ColumnBuilder, AppendRowsOfNumbers) {
  CheckAppendRows(TypeKind::kInt64, [](size_t i) { return Value::Int64(static_cast<int64_t>(i)); });
  CheckAppendRows(TypeKind::kInt64, [](size_t i) {
    return i % 3 == 0 ? Value::Null(TypeKind::kInt64) : Value::Int64(static_cast<int64_t>(i));
  });
}

TEST(ColumnBuilder, AppendRowsOfStrings) {
  CheckAppendRows(TypeKind::kVarchar, Text);
}

TEST(ColumnBuilder, AppendRowsOfMaps) {
  CheckAppendRows(TextMap(), TextMapOf);
}

TEST(ColumnBuilder, AppendRowsOfStructsAndLists) {
  const Type type = Type::Struct({{"a", TypeKind::kVarchar}, {"b", TextMap()}, {"c", TypeKind::kInt64}});
  CheckAppendRows(type, [&](size_t i) { return StructOf(i, type, false); });
  CheckAppendRows(type, [&](size_t i) { return StructOf(i, type, true); });
  const Type list = Type::List(type);
  CheckAppendRows(list, [&](size_t i) {
    std::vector<Value> parts;
    for (size_t k = 0; k < i % 3; ++k) parts.push_back(StructOf(i + k, type, true));
    return Value::Nested(list, std::move(parts));
  });
}

}  // namespace
}  // namespace weir
