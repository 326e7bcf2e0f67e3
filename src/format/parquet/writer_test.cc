#include "format/parquet/writer.h"

#include <cmath>
#include <thread>

#include <gtest/gtest.h>

#include "column/builder.h"
#include "env/random.h"
#include "format/parquet/delta.h"
#include "format/parquet/encode_delta.h"
#include "format/parquet/encode_rle.h"
#include "format/parquet/reader.h"
#include "format/parquet/rle.h"
#include "format/parquet/writer_values.h"

namespace weir::parquet {
namespace {

class MemoryFile final : public RandomAccessFile {
 public:
  explicit MemoryFile(std::string content) : content_(std::move(content)) {}
  size_t Read(uint64_t offset, std::span<uint8_t> out) override {
    if (offset >= content_.size()) return 0;
    const size_t size = std::min<size_t>(out.size(), content_.size() - offset);
    std::memcpy(out.data(), content_.data() + offset, size);
    return size;
  }
  uint64_t size() const override { return content_.size(); }
  const std::string& path() const override { return path_; }

 private:
  const std::string content_;
  const std::string path_ = "memory.parquet";
};

struct Written {
  std::string bytes;
  WrittenFile info;
  std::shared_ptr<const ParquetFile> Open() const {
    return ParquetFile::Open(std::make_shared<MemoryFile>(bytes), ReaderOptions{.verify_checksums = true});
  }
};

Written Write(const std::vector<WriterColumn>& columns, const std::vector<Chunk>& chunks, WriterOptions options = {}) {
  Written out;
  ParquetWriter writer([&](ByteSpan bytes) { out.bytes += AsText(bytes); }, columns, std::move(options));
  for (const Chunk& chunk : chunks) writer.Write(chunk);
  out.info = writer.Finish();
  EXPECT_EQ(out.info.bytes, out.bytes.size());
  return out;
}

std::vector<std::string> RowsOf(const ParquetFile& file) {
  std::vector<std::string> rows;
  std::vector<size_t> all;
  for (size_t i = 0; i < file.columns().size(); ++i) all.push_back(i);
  for (size_t group = 0; group < file.row_group_count(); ++group) {
    RowGroupReader reader(file.shared_from_this(), group, all);
    Chunk chunk;
    while (reader.Next(1000, chunk)) {
      chunk.Verify();
      for (size_t row = 0; row < chunk.row_count(); ++row) rows.push_back(chunk.RowToString(row));
    }
  }
  return rows;
}

std::vector<std::string> RowsOf(const std::vector<Chunk>& chunks) {
  std::vector<std::string> rows;
  for (const Chunk& chunk : chunks) {
    for (size_t row = 0; row < chunk.row_count(); ++row) rows.push_back(chunk.RowToString(row));
  }
  return rows;
}

Value RandomValue(const Type& type, Random& random, int nulls, uint64_t distinct) {
  if (nulls != 0 && random.Below(static_cast<uint64_t>(nulls)) == 0) return Value::Null(type);
  const auto number = static_cast<int64_t>(random.Below(distinct));
  switch (type.physical()) {
    case PhysicalType::kBool:
      return Value::Integer(type, number & 1);
    case PhysicalType::kInt8:
      return Value::Integer(type, static_cast<int8_t>(number));
    case PhysicalType::kInt16:
      return Value::Integer(type, static_cast<int16_t>(number * 7));
    case PhysicalType::kInt32:
      return Value::Integer(type, static_cast<int32_t>(number * 7919 % 1'000'000) - 1000);
    case PhysicalType::kInt64:
      if (type.is(TypeKind::kDecimal)) return Value::Integer(type, number % 99'999 - 50'000);
      if (type.is(TypeKind::kTime)) return Value::Integer(type, number * 1'000'003 % 86'400'000'000);
      return Value::Integer(type, number * 1'000'003 - 5'000'000);
    case PhysicalType::kInt128:
      return Value::Wide(type, (static_cast<int128_t>(number) << 66) * (number % 2 == 0 ? 1 : -1));
    case PhysicalType::kFloat:
    case PhysicalType::kDouble:
      return Value::Floating(type, static_cast<double>(number) / 16);
    case PhysicalType::kInterval:
      return Value::OfInterval({static_cast<int32_t>(number % 100), 5, number * 1000});
    case PhysicalType::kString:
      if (type.is(TypeKind::kJson)) return Value::Bytes(type, fmt::format("{{\"n\": {}}}", number));
      return Value::Bytes(type, std::string(static_cast<size_t>(number) % 20, 'x') + std::to_string(number));
    case PhysicalType::kList: {
      std::vector<Value> parts;
      for (uint64_t n = random.Below(5); n > 0; --n)
        parts.push_back(RandomValue(type.element(), random, nulls, distinct));
      return Value::Nested(type, std::move(parts));
    }
    case PhysicalType::kMap: {
      std::vector<Value> parts;
      for (uint64_t n = random.Below(4); n > 0; --n) {
        parts.push_back(Value::Bytes(type.key(), fmt::format("k{}_{}", n, random.Below(distinct))));
        parts.push_back(RandomValue(type.value(), random, nulls, distinct));
      }
      return Value::Nested(type, std::move(parts));
    }
    case PhysicalType::kStruct: {
      std::vector<Value> parts;
      for (size_t i = 0; i < type.child_count(); ++i)
        parts.push_back(RandomValue(type.child(i), random, nulls, distinct));
      return Value::Nested(type, std::move(parts));
    }
  }
  return Value::Null(type);
}

ColumnPtr RandomColumn(const Type& type, size_t rows, uint64_t seed, int nulls, uint64_t distinct) {
  Xoshiro256 random(seed);
  ColumnBuilder builder(type);
  for (size_t i = 0; i < rows; ++i) builder.AppendValue(RandomValue(type, random, nulls, distinct));
  return builder.Finish();
}

const std::vector<Type>& AllTypes() {
  static const std::vector<Type> kTypes = {
      TypeKind::kBoolean,
      TypeKind::kInt8,
      TypeKind::kInt16,
      TypeKind::kInt32,
      TypeKind::kInt64,
      TypeKind::kFloat,
      TypeKind::kDouble,
      Type::Decimal(5, 2),
      Type::Decimal(15, 3),
      Type::Decimal(38, 6),
      TypeKind::kDate,
      TypeKind::kTime,
      TypeKind::kTimestamp,
      TypeKind::kTimestampTz,
      TypeKind::kTimestampNs,
      TypeKind::kTimestampTzNs,
      TypeKind::kInterval,
      TypeKind::kVarchar,
      TypeKind::kVarbinary,
      TypeKind::kUuid,
      TypeKind::kJson,
      Type::List(TypeKind::kInt32),
      Type::List(Type::List(TypeKind::kVarchar)),
      Type::Map(TypeKind::kVarchar, TypeKind::kInt64),
      Type::Struct({{"a", TypeKind::kInt32, true}, {"b", Type::List(TypeKind::kDouble), true}}),
      Type::List(Type::Struct({{"k", TypeKind::kVarchar, true},
                               {"m", Type::Map(TypeKind::kVarchar, Type::List(TypeKind::kInt16)), true}}))};
  return kTypes;
}

TEST(ParquetWriterTest, EveryTypeComesBack) {
  struct Case {
    size_t rows;
    int nulls;
    uint64_t distinct;
    WriterOptions options;
  };
  std::vector<Case> cases;
  for (const size_t rows : {0, 1, 7, 3000}) cases.push_back({rows, 4, 50, {}});
  cases.push_back({5000, 3, 1'000'000, {.codec = WriterCodec::kNone, .page_rows = 100}});
  cases.push_back({5000, 0, 10, {.codec = WriterCodec::kSnappy, .data_page_v2 = true, .page_bytes = 500}});
  cases.push_back({5000, 3, 1'000'000, {.codec = WriterCodec::kLz4Raw, .data_page_v2 = true, .row_group_rows = 700}});
  cases.push_back({5000, 1, 5, {.page_index = false, .checksums = false}});  // only NULLs
  for (const Case& each : cases) {
    std::vector<WriterColumn> columns;
    std::vector<ColumnPtr> data;
    for (size_t i = 0; i < AllTypes().size(); ++i) {
      const Type& type = AllTypes()[i];
      columns.push_back({.name = "c" + std::to_string(i),
                         .type = type,
                         .field_id = static_cast<int32_t>(i + 1),
                         .bloom_filter = !type.is_nested()});
      data.push_back(RandomColumn(type, each.rows, i + 1, each.nulls, each.distinct));
    }
    const std::vector<Chunk> chunks = {Chunk(data, each.rows)};
    const Written written = Write(columns, chunks, each.options);
    const auto file = written.Open();
    ASSERT_EQ(file->row_count(), each.rows);
    for (size_t i = 0; i < columns.size(); ++i) {
      EXPECT_EQ(file->columns()[i].field_id, columns[i].field_id);
      EXPECT_EQ(file->schema()[i].type.ToString(), columns[i].type.ToString());
    }
    const auto expected = RowsOf(chunks);
    const auto found = RowsOf(*file);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], expected[i]) << "row " << i << " of " << each.rows;
    EXPECT_EQ(written.info.row_group_rows.size(),
              (each.rows + each.options.row_group_rows - 1) / each.options.row_group_rows);
  }
}

TEST(ParquetWriterTest, TakesAnyEncodingAndSelection) {
  const size_t rows = 4000;
  std::vector<WriterColumn> columns;
  std::vector<ColumnPtr> data;
  auto indices = Buffer::Allocate(rows * sizeof(uint32_t));
  for (size_t i = 0; i < rows; ++i) indices->as<uint32_t>()[i] = static_cast<uint32_t>(i * 31 % 100);
  for (size_t i = 0; i < AllTypes().size(); ++i) {
    const Type& type = AllTypes()[i];
    columns.push_back({.name = "d" + std::to_string(i), .type = type});
    data.push_back(Column::Dictionary(RandomColumn(type, 100, i + 1, 5, 1000), indices, rows));
    columns.push_back({.name = "c" + std::to_string(i), .type = type});
    data.push_back(Column::ConstantOf(RandomColumn(type, 3, i + 1, 0, 1000), 1, rows));
  }
  auto selection = std::make_shared<Selection>();
  for (uint32_t i = 0; i < rows; i += 3) selection->push_back(i);
  const std::vector<Chunk> chunks = {Chunk(data, rows), Chunk(data, rows, selection)};
  EXPECT_EQ(RowsOf(*Write(columns, chunks).Open()), RowsOf(chunks));
}

TEST(ParquetWriterTest, ColumnsSideBySideGiveTheSameBytes) {
  std::vector<WriterColumn> columns;
  std::vector<Chunk> chunks;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    std::vector<ColumnPtr> data;
    for (const Type& type : AllTypes()) data.push_back(RandomColumn(type, 1500, seed * data.size() + 1, 4, 100));
    chunks.emplace_back(std::move(data), 1500);
  }
  for (const Type& type : AllTypes()) columns.push_back({.name = "c" + std::to_string(columns.size()), .type = type});
  // Within one row group, and over several.
  for (const size_t row_group_rows : {size_t{1} << 20, size_t{2000}}) {
    WriterOptions options{.row_group_rows = row_group_rows};
    const Written expected = Write(columns, chunks, options);
    options.run_all = [](size_t count, const std::function<void(size_t)>& work) {
      std::vector<std::thread> threads;
      for (size_t i = 0; i < count; ++i) threads.emplace_back(work, i);
      for (std::thread& thread : threads) thread.join();
    };
    std::string bytes;
    ParquetWriter writer([&](ByteSpan part) { bytes += AsText(part); }, columns, options);
    writer.Write(chunks);
    EXPECT_EQ(writer.Finish().rows, 4500);
    EXPECT_EQ(bytes, expected.bytes);
  }
}

TEST(ParquetWriterTest, FallsBackFromDictionaries) {
  // Few values, then all different ones.
  ColumnBuilder numbers(TypeKind::kInt64);
  ColumnBuilder texts(TypeKind::kVarchar);
  Xoshiro256 random(1);
  const size_t rows = 60'000;
  for (size_t i = 0; i < rows; ++i) {
    const uint64_t value = i < 30'000 ? random.Below(10) : random.Next();
    numbers.Append(static_cast<int64_t>(value));
    texts.AppendString("value " + std::to_string(value));
  }
  const std::vector<Chunk> chunks = {Chunk({numbers.Finish(), texts.Finish()}, rows)};
  const std::vector<WriterColumn> columns = {{.name = "n", .type = TypeKind::kInt64},
                                             {.name = "t", .type = TypeKind::kVarchar}};
  for (const bool v2 : {false, true}) {
    const Written written = Write(columns, chunks, {.data_page_v2 = v2, .dictionary_bytes_max = 20'000});
    const auto file = written.Open();
    const auto& encodings = file->ChunkMetadata(0, 0).encodings;
    EXPECT_NE(std::find(encodings.begin(), encodings.end(), PageEncoding::kRleDictionary), encodings.end());
    EXPECT_NE(std::find(encodings.begin(), encodings.end(), PageEncoding::kPlain), encodings.end());
    EXPECT_EQ(RowsOf(*file), RowsOf(chunks));
    EXPECT_NEAR(static_cast<double>(written.info.columns[0].distinct_count), 30'010, 2000);
  }
}

TEST(ParquetWriterTest, DeltasWhereTheyAreSmaller) {
  ColumnBuilder ids(TypeKind::kInt64);
  ColumnBuilder days(TypeKind::kDate);
  for (int64_t i = 0; i < 50'000; ++i) {
    ids.Append(1'700'000'000'000'000 + i * 1000 + i % 7);
    days.Append(static_cast<int32_t>(i * (i % 2 == 0 ? 1 : -1) * 40'000));
  }
  const std::vector<Chunk> chunks = {Chunk({ids.Finish(), days.Finish()}, 50'000)};
  const Written written =
      Write({{.name = "id", .type = TypeKind::kInt64}, {.name = "day", .type = TypeKind::kDate}}, chunks);
  const auto file = written.Open();
  const auto& encodings = file->ChunkMetadata(0, 0).encodings;
  EXPECT_NE(std::find(encodings.begin(), encodings.end(), PageEncoding::kDeltaBinaryPacked), encodings.end());
  EXPECT_EQ(RowsOf(*file), RowsOf(chunks));
  EXPECT_LT(written.info.columns[0].bytes, 50'000U);
}

TEST(ParquetWriterTest, ByteStreamSplit) {
  const Chunk chunk(
      {RandomColumn(TypeKind::kDouble, 5000, 1, 5, 100'000), RandomColumn(TypeKind::kFloat, 5000, 2, 0, 100'000)},
      5000);
  const Written written = Write({{.name = "d", .type = TypeKind::kDouble, .encoding = WriterEncoding::kByteStreamSplit},
                                 {.name = "f", .type = TypeKind::kFloat, .encoding = WriterEncoding::kByteStreamSplit}},
                                {chunk});
  EXPECT_EQ(RowsOf(*written.Open()), RowsOf({chunk}));
}

TEST(ParquetWriterTest, StatisticsHoldEveryValue) {
  ColumnBuilder doubles(TypeKind::kDouble);
  ColumnBuilder clean(TypeKind::kDouble);
  ColumnBuilder texts(TypeKind::kVarchar);
  ColumnBuilder wide(Type::Decimal(38, 0));
  for (int i = 0; i < 100; ++i) {
    doubles.Append(i == 50 ? std::nan("") : static_cast<double>(i));
    clean.Append(i == 0 ? 0.0 : static_cast<double>(-i));
    texts.AppendString(i == 99 ? std::string(70, 'z') + "\xF4\x8F\xBF\xBF" : std::string(80, 'a') + std::to_string(i));
    wide.Append(static_cast<int128_t>(i - 50) << 80);
  }
  const Chunk chunk({doubles.Finish(), clean.Finish(), texts.Finish(), wide.Finish()}, 100);
  const Written written = Write({{.name = "d", .type = TypeKind::kDouble},
                                 {.name = "c", .type = TypeKind::kDouble},
                                 {.name = "t", .type = TypeKind::kVarchar},
                                 {.name = "w", .type = Type::Decimal(38, 0)}},
                                {chunk});
  EXPECT_FALSE(written.info.columns[0].max.has_value()) << "NaN has no place in bounds";
  const auto file = written.Open();
  EXPECT_FALSE(file->Bounds(0, 0).max.has_value());
  EXPECT_EQ(file->Bounds(0, 1).min, Value::Double(-99));
  EXPECT_FALSE(std::signbit(file->Bounds(0, 1).max->floating()));
  EXPECT_EQ(file->Bounds(0, 2).min, Value::String(std::string(64, 'a')));
  EXPECT_EQ(file->Bounds(0, 2).max, Value::String(std::string(63, 'z') + "{"));
  EXPECT_FALSE(file->Bounds(0, 2).max_is_exact);
  EXPECT_EQ(file->Bounds(0, 3).min,
            Value::Wide(Type::Decimal(38, 0), static_cast<int128_t>(-50) * (static_cast<int128_t>(1) << 80)));
  EXPECT_EQ(written.info.columns[3].max, file->Bounds(0, 3).max);
}

TEST(ParquetWriterTest, CutsKeepOrder) {
  EXPECT_EQ(CutMin("abcdef", 3, true), "abc");
  EXPECT_EQ(CutMax("abcdef", 3, true), "abd");
  EXPECT_EQ(CutMin("ab\xC3\xA9z", 3, true), "ab") << "no half characters";
  EXPECT_EQ(CutMax("a\x7F\x7F\x7F", 3, true), "b");
  EXPECT_EQ(CutMax("\xED\x9F\xBFxx", 3, true), "\xEE\x80\x80") << "past the surrogates";
  EXPECT_EQ(CutMax("\xF4\x8F\xBF\xBFxx", 4, true), std::nullopt);
  EXPECT_EQ(CutMax("\xFF\xFF\xFF", 2, false), std::nullopt);
  EXPECT_EQ(CutMax(std::string("a\xFF\x01", 3), 2, false), "b");
}

TEST(ParquetWriterTest, RefusesWhatItCannotHold) {
  const auto state = [](const std::function<void()>& body) {
    auto error = CatchError(body);
    return error == nullptr ? std::string("none") : std::string(error->sqlstate());
  };
  EXPECT_EQ(state([] {
              Write({{.name = "d", .type = Type::Decimal(5, 2)}},
                    {Chunk({Column::Constant(Value::Integer(Type::Decimal(5, 2), int64_t{1} << 40), 2)}, 2)});
            }),
            "22003");
  EXPECT_EQ(state([] { Write({{.name = "u", .type = TypeKind::kUnknown}}, {}); }), "0A000");
  EXPECT_EQ(state([] {
              Write({{.name = "n", .type = TypeKind::kInt32, .nullable = false}},
                    {Chunk({Column::ConstantNull(TypeKind::kInt32, 2)}, 2)});
            }),
            "23502");
  EXPECT_EQ(state([] {
              Write({{.name = "i", .type = TypeKind::kInterval}},
                    {Chunk({Column::Constant(Value::OfInterval({-1, 0, 0}), 2)}, 2)});
            }),
            "22008");
}

TEST(ParquetWriterTest, EncodersAgreeWithDecoders) {
  Xoshiro256 random(5);
  for (int round = 0; round < 300; ++round) {
    const int width = static_cast<int>(1 + random.Below(20));
    const size_t count = random.Below(500);
    std::vector<uint32_t> values(count);
    uint32_t last = 0;
    for (uint32_t& value : values) {
      if (random.Chance(round % 3 == 0 ? 0.9 : 0.2)) last = static_cast<uint32_t>(random.Below(uint64_t{1} << width));
      value = last;
    }
    std::string bytes;
    EncodeRle(values, width, bytes);
    bytes.append(64, '\0');
    std::vector<uint32_t> back(count);
    RleDecoder decoder(AsBytes(bytes).first(bytes.size() - 64), width);
    if (count != 0) decoder.Decode(back.data(), count);
    ASSERT_EQ(back, values);

    std::vector<int64_t> numbers(count);
    for (int64_t& number : numbers)
      number = random.Chance(0.1) ? static_cast<int64_t>(random.Next()) : static_cast<int64_t>(random.Below(1000));
    std::string deltas;
    EncodeDelta(numbers, 64, deltas);
    deltas.append(64, '\0');
    DeltaDecoder<int64_t> delta_decoder(AsBytes(deltas).first(deltas.size() - 64));
    std::vector<int64_t> delta_back(count);
    if (count != 0) delta_decoder.Decode(delta_back.data(), count);
    ASSERT_EQ(delta_back, numbers);

    for (int64_t& number : numbers) number = static_cast<int32_t>(random.Next());
    std::string narrow;
    EncodeDelta(numbers, 32, narrow);
    narrow.append(64, '\0');
    DeltaDecoder<int32_t> narrow_decoder(AsBytes(narrow).first(narrow.size() - 64));
    std::vector<int32_t> narrow_back(count);
    if (count != 0) narrow_decoder.Decode(narrow_back.data(), count);
    for (size_t i = 0; i < count; ++i) ASSERT_EQ(narrow_back[i], numbers[i]);
  }
}

// Writes a file for the script that reads it with other implementations (tests/e2e/parquet_writer_test.py).
TEST(ParquetWriterTest, WritesSampleForOtherReaders) {
  const char* folder = std::getenv("WEIR_PARQUET_SAMPLE_DIR");
  if (folder == nullptr) GTEST_SKIP() << "WEIR_PARQUET_SAMPLE_DIR is not set";
  int number = 0;
  for (const auto codec : {WriterCodec::kNone, WriterCodec::kSnappy, WriterCodec::kZstd, WriterCodec::kLz4Raw}) {
    for (const bool v2 : {false, true}) {
      for (const uint64_t distinct : {20, 1'000'000}) {
        std::vector<WriterColumn> columns;
        std::vector<ColumnPtr> data;
        const size_t rows = 5000;
        for (size_t i = 0; i < AllTypes().size(); ++i) {
          const Type& type = AllTypes()[i];
          columns.push_back({.name = "c" + std::to_string(i), .type = type, .bloom_filter = !type.is_nested()});
          data.push_back(RandomColumn(type, rows, i + 1, 4, distinct));
        }
        const Chunk chunk(data, rows);
        const Written written =
            Write(columns, {chunk}, {.codec = codec, .data_page_v2 = v2, .page_rows = 600, .row_group_rows = 2000});
        const std::string path = fmt::format("{}/sample_{}", folder, number++);
        std::FILE* file = std::fopen((path + ".parquet").c_str(), "wb");
        ASSERT_NE(file, nullptr);
        std::fwrite(written.bytes.data(), 1, written.bytes.size(), file);
        std::fclose(file);
        // The expected values as lines: column, row, text.
        std::FILE* text = std::fopen((path + ".tsv").c_str(), "wb");
        ASSERT_NE(text, nullptr);
        for (size_t i = 0; i < columns.size(); ++i) {
          for (size_t row = 0; row < rows; row += 37) {
            const std::string line =
                fmt::format("{}\t{}\t{}\t{}\n", i, columns[i].type.ToString(), row, data[i]->GetValue(row).ToString());
            std::fwrite(line.data(), 1, line.size(), text);
          }
        }
        std::fclose(text);
      }
    }
  }
}

}  // namespace
}  // namespace weir::parquet
