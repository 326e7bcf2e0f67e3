#include "column/serialize.h"

#include <gtest/gtest.h>

#include "column/builder.h"

namespace weir {
namespace {

void ExpectSame(const Chunk& a, const Chunk& b) {
  ASSERT_EQ(a.row_count(), b.row_count());
  ASSERT_EQ(a.column_count(), b.column_count());
  for (size_t i = 0; i < a.column_count(); ++i) EXPECT_EQ(a.column(i)->type(), b.column(i)->type());
  for (size_t row = 0; row < a.row_count(); ++row) {
    for (size_t i = 0; i < a.column_count(); ++i) {
      EXPECT_EQ(a.column(i)->GetValue(a.rows()[row]), b.column(i)->GetValue(b.rows()[row])) << row << " " << i;
    }
  }
}

Chunk Sample(size_t rows) {
  std::vector<Type> types = {TypeKind::kBoolean,
                             TypeKind::kInt8,
                             TypeKind::kInt16,
                             TypeKind::kInt32,
                             TypeKind::kInt64,
                             TypeKind::kInt128,
                             TypeKind::kFloat,
                             TypeKind::kDouble,
                             TypeKind::kInterval,
                             TypeKind::kVarchar,
                             Type::Decimal(38, 4),
                             Type::List(TypeKind::kVarchar),
                             Type::Map(TypeKind::kVarchar, TypeKind::kInt64),
                             Type::Struct({{"a", TypeKind::kInt32, true}, {"b", Type::List(TypeKind::kDate), true}})};
  std::vector<ColumnPtr> columns;
  for (const Type& type : types) {
    ColumnBuilder builder(type);
    for (size_t i = 0; i < rows; ++i) {
      if (i % 5 == 3) {
        builder.AppendNull();
        continue;
      }
      switch (type.physical()) {
        case PhysicalType::kFloat:
        case PhysicalType::kDouble:
          builder.AppendValue(Value::Floating(type, static_cast<double>(i) / 4));
          break;
        case PhysicalType::kInterval:
          builder.Append(Interval{static_cast<int32_t>(i), 2, 3});
          break;
        case PhysicalType::kString:
          builder.AppendString(std::string(i % 40, 'x'));
          break;
        case PhysicalType::kInt128:
          builder.Append(static_cast<int128_t>(i) << 90);
          break;
        case PhysicalType::kList:
          for (size_t k = 0; k < i % 4; ++k) builder.child(0).AppendString("element number " + std::to_string(k));
          builder.CloseRow();
          break;
        case PhysicalType::kMap:
          for (size_t k = 0; k < i % 3; ++k) {
            builder.child(0).AppendString("k" + std::to_string(k));
            builder.child(1).Append(static_cast<int64_t>(k));
          }
          builder.CloseRow();
          break;
        case PhysicalType::kStruct:
          builder.child(0).Append(static_cast<int32_t>(i));
          builder.child(1).child(0).Append(static_cast<int32_t>(i));
          builder.child(1).CloseRow();
          builder.CloseRow();
          break;
        default:
          builder.AppendValue(Value::Integer(type, static_cast<int64_t>(i % 2)));
      }
    }
    columns.push_back(builder.Finish());
  }
  return {std::move(columns), rows};
}

TEST(SerializeTest, RoundTripsEveryType) {
  for (const size_t rows : {0, 1, 3, 64, 512, 1000}) {
    for (const auto compression : {ChunkCompression::kNone, ChunkCompression::kLz4}) {
      const Chunk chunk = Sample(rows);
      const Chunk back = DeserializeChunk(SerializeChunk(chunk, compression));
      back.Verify();
      ExpectSame(chunk, back);
    }
  }
}

TEST(SerializeTest, AppliesSelectionAndKeepsEncodings) {
  const Chunk flat = Sample(100);
  std::vector<ColumnPtr> columns = {Column::Constant(Value::String("the same for everyone"), 100)};
  auto indices = Buffer::Allocate(100 * sizeof(uint32_t));
  for (uint32_t i = 0; i < 100; ++i) indices->as<uint32_t>()[i] = (i * 7) % 50;
  for (const ColumnPtr& column : flat.columns()) columns.push_back(Column::Take(column, indices, 100));
  const Chunk chunk(columns, 100);
  const Chunk back = DeserializeChunk(SerializeChunk(chunk));
  back.Verify();
  EXPECT_TRUE(back.column(0)->is_constant());
  EXPECT_TRUE(back.column(1)->is_dictionary());
  ExpectSame(chunk, back);

  auto few = std::make_shared<Selection>(Selection{1, 5, 98});
  ExpectSame(chunk.WithSelection(few), DeserializeChunk(SerializeChunk(chunk.WithSelection(few))));
  auto none = std::make_shared<Selection>();
  EXPECT_EQ(DeserializeChunk(SerializeChunk(chunk.WithSelection(none))).row_count(), 0U);
  auto most = std::make_shared<Selection>();
  for (uint32_t i = 1; i < 100; ++i) most->push_back(i);
  ExpectSame(flat.WithSelection(most), DeserializeChunk(SerializeChunk(flat.WithSelection(most))));
}

TEST(SerializeTest, RefusesDamagedBytes) {
  const std::string good = SerializeChunk(Sample(20), ChunkCompression::kNone);
  for (size_t length = 0; length < good.size(); length += 7) {
    EXPECT_THROW(DeserializeChunk(std::string_view(good).substr(0, length)), Error);
  }
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    EXPECT_THROW(DeserializeChunk(bad), Error) << at;
  }
  EXPECT_THROW(DeserializeChunk(good + "x"), Error);
}

}  // namespace
}  // namespace weir
