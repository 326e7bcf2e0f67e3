#include "format/parquet/reader.h"
#include "format/memory_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "column/builder.h"
#include "format/parquet/schema.h"
#include "format/parquet/statistics.h"
#include "format/parquet/utf8.h"
#include "format/parquet/writer.h"

namespace weir::parquet {
namespace {

// One row group of an int64 and a string column with few values, then many different ones.
std::string Example(WriterCodec codec, size_t rows = 3'000) {
  std::string out;
  WriterOptions options;
  options.codec = codec;
  options.page_rows = 500;
  ParquetWriter writer([&](ByteSpan part) { out += AsText(part); },
                       {{.name = "number", .type = TypeKind::kInt64, .encoding = WriterEncoding::kPlain},
                        {.name = "word", .type = TypeKind::kVarchar, .encoding = WriterEncoding::kDictionary}},
                       options);
  ColumnBuilder number(TypeKind::kInt64);
  ColumnBuilder word(TypeKind::kVarchar);
  for (size_t i = 0; i < rows; ++i) {
    number.Append<int64_t>(static_cast<int64_t>(i));
    if (i % 10 == 9) {
      word.AppendNull();
    } else {
      word.AppendString(i % 2 == 0 ? "even" : "odd, and longer than twelve bytes");
    }
  }
  writer.Write(Chunk({number.Finish(), word.Finish()}, rows));
  writer.Finish();
  return out;
}

std::shared_ptr<const ParquetFile> Open(std::string bytes, ReaderOptions options = {}) {
  return ParquetFile::Open(std::make_shared<MemoryFile>(std::move(bytes), "some.parquet"), std::move(options));
}

TEST(Reader, DictionariesAreHandedOnAndShared) {
  const auto file = Open(Example(WriterCodec::kSnappy));
  RowGroupReader reader(file, 0, {1});
  Chunk first;
  Chunk second;
  ASSERT_TRUE(reader.Next(700, first));
  ASSERT_TRUE(reader.Next(700, second));
  ASSERT_TRUE(first.column(0)->is_dictionary());
  EXPECT_EQ(first.column(0)->base(), second.column(0)->base());
  EXPECT_EQ(first.column(0)->base()->size(), 3u);  // two words and NULL
  EXPECT_TRUE(first.column(0)->IsNull(9));
  EXPECT_EQ(first.column(0)->GetValue(8).bytes(), "even");
}

// Large dictionaries of 64-bit numbers are kept in half the memory.
TEST(Reader, DictionariesOfNumbersThroughTheCache) {
  constexpr size_t kRows = 20'000;
  constexpr size_t kDistinct = 5'000;
  const auto value = [](size_t row) {
    return int64_t{1'000'000'000'000} + static_cast<int64_t>(row * 7919 % kDistinct) * 800'003;
  };
  std::string bytes;
  ParquetWriter writer([&](ByteSpan part) { bytes += AsText(part); },
                       {{.name = "number", .type = TypeKind::kInt64, .encoding = WriterEncoding::kDictionary}},
                       {.codec = WriterCodec::kSnappy});
  ColumnBuilder number(TypeKind::kInt64);
  for (size_t i = 0; i < kRows; ++i) {
    if (i % 7 == 3) {
      number.AppendNull();
    } else {
      number.Append<int64_t>(value(i));
    }
  }
  writer.Write(Chunk({number.Finish()}, kRows));
  writer.Finish();
  auto tracker = MemoryTracker::CreateRoot("test");
  const auto cache = std::make_shared<PageCache>(tracker, 64 << 20);
  for (int time = 0; time < 3; ++time) {
    const auto file = Open(bytes, {.cache = cache, .cache_file = 1});
    RowGroupReader reader(file, 0, {0});
    Chunk chunk;
    for (size_t row = 0; reader.Next(700, chunk);) {
      const ColumnPtr& column = chunk.column(0);
      EXPECT_FALSE(column->is_dictionary());
      for (size_t i = 0; i < column->size(); ++i, ++row) {
        ASSERT_EQ(column->IsNull(i), row % 7 == 3);
        if (!column->IsNull(i)) {
          ASSERT_EQ(column->GetValue(i), Value::Int64(value(row))) << row;
        }
      }
    }
    const ColumnPtr all = RowGroupReader(file, 0, {0}).WholeDictionary(0);
    ASSERT_NE(all, nullptr);
    EXPECT_EQ(all->size(), kDistinct);
    EXPECT_EQ(all->GetValue(0), Value::Int64(value(0)));
  }
  EXPECT_GT(cache->hits(), 0u);
  // Codes of 13 bits, and the dictionary.
  EXPECT_LT(cache->bytes(), static_cast<int64_t>(kRows * 2 + kDistinct * 4 + 16'384));
}

// Every so many rows of a batch, whatever the encoding, with NULLs in some batches and without.
TEST(Reader, SelectedRowsAreThoseOfTheWholeColumn) {
  constexpr size_t kRows = 9'000;
  const auto is_null = [](size_t row) { return row / 1'000 % 2 == 1 && row % 11 < 4; };
  std::vector<WriterColumn> columns;
  std::vector<ColumnPtr> values;
  for (const WriterEncoding encoding : {WriterEncoding::kPlain, WriterEncoding::kDictionary, WriterEncoding::kDelta}) {
    columns.push_back({.name = "number", .type = TypeKind::kInt64, .encoding = encoding});
    ColumnBuilder number(TypeKind::kInt64);
    for (size_t i = 0; i < kRows; ++i) {
      is_null(i) ? number.AppendNull() : number.Append(static_cast<int64_t>(i * 7919 % 601 * 1'000'003));
    }
    values.push_back(number.Finish());
  }
  for (const WriterEncoding encoding : {WriterEncoding::kPlain, WriterEncoding::kDictionary}) {
    columns.push_back({.name = "word", .type = TypeKind::kVarchar, .encoding = encoding});
    ColumnBuilder word(TypeKind::kVarchar);
    for (size_t i = 0; i < kRows; ++i) {
      is_null(i) ? word.AppendNull() : word.AppendString("a word with the number " + std::to_string(i * 7919 % 601));
    }
    values.push_back(word.Finish());
  }
  std::string bytes;
  ParquetWriter writer([&](ByteSpan part) { bytes += AsText(part); }, columns, {.page_rows = 1'700});
  writer.Write(Chunk(values, kRows));
  writer.Finish();
  const auto file = Open(bytes);
  for (const size_t every : {1, 2, 5, 40, 900}) {
    RowGroupReader reader(file, 0, {0, 1, 2, 3, 4});
    for (size_t first = 0; reader.NextBatch(1'300); first += reader.batch_rows()) {
      std::vector<uint32_t> rows;
      for (size_t row = 3; row < reader.batch_rows(); row += every) rows.push_back(static_cast<uint32_t>(row));
      for (size_t c = 0; c < values.size() && !rows.empty(); ++c) {
        const ColumnPtr column = reader.ReadSelected(c, rows);
        column->Verify();
        ASSERT_EQ(column->size(), rows.size());
        for (size_t i = 0; i < rows.size(); ++i) {
          ASSERT_EQ(column->GetValue(i), values[c]->GetValue(first + rows[i])) << c << " " << first + rows[i];
        }
      }
    }
  }
}

// What is found out of a page's texts when it is kept goes for the page, and an error stays one.
TEST(Reader, TextsOfKeptPagesAreUtf8) {
  constexpr size_t kRows = 2'000, kBadRow = 1'300;
  std::string bytes;
  ParquetWriter writer([&](ByteSpan part) { bytes += AsText(part); },
                       {{.name = "text", .type = TypeKind::kVarchar, .encoding = WriterEncoding::kPlain}},
                       {.codec = WriterCodec::kSnappy, .page_rows = 500});
  const auto text = [](size_t row) {
    const std::string start = row == kBadRow ? "\xC3(" : "\xC3\xA9";
    return start + std::string(100 + row % 200, 'x');
  };
  ColumnBuilder texts(TypeKind::kVarchar);
  for (size_t i = 0; i < kRows; ++i) texts.AppendString(text(i));
  writer.Write(Chunk({texts.Finish()}, kRows));
  writer.Finish();
  const auto cache = std::make_shared<PageCache>(MemoryTracker::CreateRoot("test"), 64 << 20);
  const auto read = [&](RowRange rows) {
    const auto file = Open(bytes, {.cache = cache, .cache_file = 1});
    RowGroupReader reader(file, 0, {0}, RowRanges{rows});
    Chunk chunk;
    for (size_t row = rows.begin; reader.Next(100, chunk);) {
      for (size_t i = 0; i < chunk.size(); ++i, ++row) ASSERT_EQ(chunk.column(0)->GetValue(i).bytes(), text(row));
    }
  };
  for (int time = 0; time < 3; ++time) {
    read({0, 1'000});
    read({kBadRow + 1, kRows});
    EXPECT_THROW(read({1'000, kRows}), Error) << time;
  }
  EXPECT_GT(cache->hits(), 0u);
}

TEST(Reader, WholeDictionaryHasEveryValue) {
  const auto file = Open(Example(WriterCodec::kSnappy));
  RowGroupReader reader(file, 0, {0, 1});
  EXPECT_EQ(reader.WholeDictionary(0), nullptr);
  const ColumnPtr words = reader.WholeDictionary(1);
  if (words == nullptr) {
    EXPECT_TRUE(file->ChunkMetadata(0, 1).encoding_stats.empty());
  } else {
    ASSERT_EQ(words->size(), 2u);
    EXPECT_EQ(words->GetValue(0).bytes(), "even");
  }
  Chunk chunk;
  ASSERT_TRUE(reader.Next(100, chunk));
  EXPECT_EQ(chunk.column(1)->GetValue(0).bytes(), "even");
}

TEST(Reader, PlainValuesStayWhereTheyAre) {
  const auto file = Open(Example(WriterCodec::kNone));
  RowGroupReader reader(file, 0, {0});
  Chunk chunk;
  for (size_t row = 0; reader.Next(512, chunk); row += chunk.size()) {
    ASSERT_TRUE(chunk.column(0)->is_flat());
    EXPECT_EQ(chunk.column(0)->values<int64_t>()[0], static_cast<int64_t>(row));
  }
}

TEST(Reader, ColumnsOutliveTheReader) {
  std::vector<Chunk> chunks;
  {
    const auto file = Open(Example(WriterCodec::kZstd));
    RowGroupReader reader(file, 0, {0, 1});
    Chunk chunk;
    while (reader.Next(333, chunk)) chunks.push_back(chunk);
  }
  int64_t row = 0;
  for (const Chunk& chunk : chunks) {
    for (size_t i = 0; i < chunk.size(); ++i, ++row) {
      ASSERT_EQ(chunk.column(0)->GetValue(i).integer(), row);
      const size_t size = row % 10 == 9 ? 0 : row % 2 == 0 ? 4 : 33;
      const Value word = chunk.column(1)->GetValue(i);
      ASSERT_EQ(word.is_null() ? 0 : word.bytes().size(), size);
    }
  }
  EXPECT_EQ(row, 3'000);
}

TEST(Reader, NoColumnsAreRowsAllTheSame) {
  RowGroupReader reader(Open(Example(WriterCodec::kSnappy)), 0, {});
  Chunk chunk;
  size_t rows = 0;
  while (reader.Next(4096, chunk)) rows += chunk.size();
  EXPECT_EQ(rows, 3'000u);
  EXPECT_EQ(reader.bytes_read(), 0u);
}

TEST(Reader, FootersAreShared) {
  const auto bytes = std::make_shared<MemoryFile>(Example(WriterCodec::kSnappy));
  const auto first = ParquetFile::Open(bytes);
  const auto second = ParquetFile::Open(bytes, first->footer());
  EXPECT_EQ(first->footer(), second->footer());
  EXPECT_EQ(second->row_count(), 3'000u);
  EXPECT_EQ(second->footer()->FindColumn("word"), 1u);
  EXPECT_EQ(second->footer()->FindColumn("none"), std::nullopt);
  EXPECT_GT(first->footer()->MemoryBytes(), 100u);
  EXPECT_GT(first->ColumnBytes(0, std::vector<size_t>{0, 1}), 1'000u);
}

TEST(Reader, DamageNamesFileColumnAndPage) {
  std::string bytes = Example(WriterCodec::kSnappy);
  // The first page's body, behind its header.
  std::fill_n(bytes.begin() + 60, 2'000, '\xFF');
  const auto file = Open(std::move(bytes), {.verify_checksums = true});
  RowGroupReader reader(file, 0, {0});
  Chunk chunk;
  try {
    reader.Next(4096, chunk);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kDataCorrupted);
    EXPECT_NE(error.message().find("some.parquet"), std::string::npos) << error.message();
    EXPECT_NE(error.message().find("column number, page at 4"), std::string::npos) << error.message();
  }
}

TEST(Reader, WhatIsNoParquetIsRefused) {
  for (const std::string& bytes :
       {std::string(), std::string("PAR1"), std::string(100, 'x'),
        std::string("PAR1") + std::string(8, '\xFF') + "PAR1", Example(WriterCodec::kNone).substr(0, 5'000)}) {
    try {
      Open(bytes);
      FAIL() << bytes.size();
    } catch (const Error& error) {
      EXPECT_EQ(error.sqlstate(), sqlstate::kDataCorrupted);
    }
  }
  EXPECT_THROW(Open("PAR1" + std::string(20, 'x') + "PARE"), Error);
}

// --- schemas

SchemaElement Group(std::string name, int children, Repetition repetition = Repetition::kOptional) {
  SchemaElement out;
  out.name = std::move(name);
  out.num_children = children;
  out.repetition = repetition;
  return out;
}

SchemaElement LeafElement(std::string name, PhysicalKind kind, Repetition repetition = Repetition::kOptional) {
  SchemaElement out;
  out.name = std::move(name);
  out.type = kind;
  out.repetition = repetition;
  return out;
}

std::string SchemaText(std::vector<SchemaElement> elements, SchemaOptions options = {}) {
  FileMetaData metadata;
  metadata.schema.push_back(Group("root", 1));
  for (auto& element : elements) metadata.schema.push_back(std::move(element));
  return BuildSchema(metadata, options).at(0).type.ToString();
}

TEST(Schema, ListsOfAllGenerations) {
  auto list = [](std::vector<SchemaElement> below) {
    below[0].converted_type = ConvertedType::kList;
    return SchemaText(std::move(below));
  };
  const auto i32 = PhysicalKind::kInt32;
  EXPECT_EQ(list({Group("l", 1), Group("list", 1, Repetition::kRepeated), LeafElement("element", i32)}), "integer[]");
  EXPECT_EQ(list({Group("l", 1), LeafElement("element", i32, Repetition::kRepeated)}), "integer[]");
  EXPECT_EQ(list({Group("l", 1), Group("array", 1, Repetition::kRepeated), LeafElement("x", i32)}),
            "struct(x integer)[]");
  EXPECT_EQ(list({Group("l", 1), Group("l_tuple", 1, Repetition::kRepeated), LeafElement("x", i32)}),
            "struct(x integer)[]");
  EXPECT_EQ(list({Group("l", 1), Group("e", 2, Repetition::kRepeated), LeafElement("x", i32), LeafElement("y", i32)}),
            "struct(x integer, y integer)[]");
  // Without annotation at all.
  EXPECT_EQ(SchemaText({LeafElement("x", i32, Repetition::kRepeated)}), "integer[]");
}

TEST(Schema, AnnotationsBecomeTypes) {
  const auto with = [](PhysicalKind kind, ConvertedType type, int precision = 0, int scale = 0, int length = 0) {
    SchemaElement element = LeafElement("x", kind);
    element.converted_type = type;
    element.precision = precision;
    element.scale = scale;
    element.type_length = length;
    return SchemaText({element});
  };
  EXPECT_EQ(with(PhysicalKind::kInt32, ConvertedType::kUint32), "bigint");
  EXPECT_EQ(with(PhysicalKind::kInt64, ConvertedType::kUint64), "numeric(20,0)");
  EXPECT_EQ(with(PhysicalKind::kInt32, ConvertedType::kDecimal, 9, 2), "numeric(9,2)");
  EXPECT_EQ(with(PhysicalKind::kByteArray, ConvertedType::kDecimal, 40, 2), "double precision");
  EXPECT_EQ(with(PhysicalKind::kInt64, ConvertedType::kTimestampMillis), "timestamp with time zone");
  EXPECT_EQ(with(PhysicalKind::kByteArray, ConvertedType::kJson), "json");
  EXPECT_EQ(with(PhysicalKind::kFixedLenByteArray, ConvertedType::kInterval, 0, 0, 12), "interval");
  EXPECT_EQ(SchemaText({LeafElement("x", PhysicalKind::kInt96)}), "timestamp without time zone");
  EXPECT_EQ(SchemaText({LeafElement("x", PhysicalKind::kByteArray)}), "bytea");
  EXPECT_EQ(SchemaText({LeafElement("x", PhysicalKind::kByteArray)}, {.binary_as_string = true}), "text");
  EXPECT_THROW(with(PhysicalKind::kInt32, ConvertedType::kDecimal, 2, 5), Error);
  EXPECT_THROW(with(PhysicalKind::kFixedLenByteArray, ConvertedType::kDecimal, 5, 2, -1), Error);
}

TEST(Schema, BrokenTreesAreRefused) {
  EXPECT_THROW(BuildSchema({}, {}), Error);
  EXPECT_THROW(SchemaText({Group("empty", 0)}), Error);
  EXPECT_THROW(SchemaText({Group("short", 2), LeafElement("x", PhysicalKind::kInt32)}), Error);
  EXPECT_THROW(SchemaText({LeafElement("x", PhysicalKind::kInt32), LeafElement("y", PhysicalKind::kInt32)}), Error);
  EXPECT_THROW(SchemaText({LeafElement("x", static_cast<PhysicalKind>(9))}), Error);
  std::vector<SchemaElement> deep(100, Group("g", 1));
  deep.push_back(LeafElement("x", PhysicalKind::kInt32));
  EXPECT_THROW(SchemaText(deep), Error);
}

// --- statistics

Leaf MakeLeaf(PhysicalKind kind, std::optional<ConvertedType> type = {}) {
  FileMetaData metadata;
  metadata.schema.push_back(Group("root", 1));
  metadata.schema.push_back(LeafElement("x", kind));
  metadata.schema.back().converted_type = type;
  return BuildSchema(metadata, {}).at(0).leaf;
}

template <typename T>
std::string Plain(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

TEST(Statistics, DeprecatedBoundsAreTrustedForSignedTypesOnly) {
  Statistics statistics;
  statistics.min = Plain<int32_t>(-1);
  statistics.max = Plain<int32_t>(5);
  ColumnBounds bounds;
  FillBounds(MakeLeaf(PhysicalKind::kInt32), statistics, ColumnOrder::kUnknown, bounds);
  EXPECT_EQ(bounds.min->integer(), -1);
  EXPECT_EQ(bounds.max->integer(), 5);
  bounds = {};
  FillBounds(MakeLeaf(PhysicalKind::kInt32, ConvertedType::kUint32), statistics, ColumnOrder::kUnknown, bounds);
  EXPECT_FALSE(bounds.min.has_value());
  bounds = {};
  FillBounds(MakeLeaf(PhysicalKind::kByteArray, ConvertedType::kUtf8), statistics, ColumnOrder::kUnknown, bounds);
  EXPECT_FALSE(bounds.min.has_value());
}

TEST(Statistics, NewBoundsNeedADeclaredOrder) {
  Statistics statistics;
  statistics.min_value = "a";
  statistics.max_value = "b";
  statistics.is_max_value_exact = false;
  statistics.is_min_value_exact = true;
  const Leaf leaf = MakeLeaf(PhysicalKind::kByteArray, ConvertedType::kUtf8);
  ColumnBounds bounds;
  FillBounds(leaf, statistics, ColumnOrder::kUnknown, bounds);
  EXPECT_FALSE(bounds.max.has_value());
  FillBounds(leaf, statistics, ColumnOrder::kTypeDefined, bounds);
  EXPECT_EQ(bounds.max->bytes(), "b");
  EXPECT_TRUE(bounds.min_is_exact);
  EXPECT_FALSE(bounds.max_is_exact);
  bounds = {};
  FillBounds(MakeLeaf(PhysicalKind::kInt96), statistics, ColumnOrder::kTypeDefined, bounds);
  EXPECT_FALSE(bounds.min.has_value());
}

TEST(Statistics, FloatsWithNanAndZero) {
  Statistics statistics;
  statistics.min_value = Plain(0.0);
  statistics.max_value = Plain(-0.0);
  const Leaf leaf = MakeLeaf(PhysicalKind::kDouble);
  ColumnBounds bounds;
  FillBounds(leaf, statistics, ColumnOrder::kTypeDefined, bounds);
  EXPECT_TRUE(std::signbit(bounds.min->floating()));
  EXPECT_FALSE(std::signbit(bounds.max->floating()));
  statistics.max_value = Plain(std::nan(""));
  bounds = {};
  FillBounds(leaf, statistics, ColumnOrder::kTypeDefined, bounds);
  EXPECT_FALSE(bounds.min.has_value());
  EXPECT_FALSE(bounds.max.has_value());
  // A bound of the wrong size is none.
  statistics.max_value = "abc";
  FillBounds(leaf, statistics, ColumnOrder::kTypeDefined, bounds);
  EXPECT_FALSE(bounds.max.has_value());
}

TEST(Utf8, WellFormedOnly) {
  for (const char* good : {"", "plain text of some length", "Ünï", "☃ snow", "\U0001F600 face and more"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xC0\x80", "\xC3", "abc\xE2\x98", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
  EXPECT_TRUE(IsAscii(std::string(200, 'a')));
  EXPECT_FALSE(IsAscii(std::string(130, 'a') + "\xC3"));
}

}  // namespace
}  // namespace weir::parquet
