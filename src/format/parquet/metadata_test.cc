#include "format/parquet/metadata.h"

#include <gtest/gtest.h>

#include "format/parquet/thrift_compact.h"

namespace weir::parquet {
namespace {

FileMetaData Example() {
  FileMetaData file;
  file.version = 2;
  file.num_rows = 7;
  file.created_by = "test";
  SchemaElement root;
  root.name = "schema";
  root.num_children = 2;
  file.schema.push_back(root);
  SchemaElement leaf;
  leaf.name = "price";
  leaf.type = PhysicalKind::kInt64;
  leaf.repetition = Repetition::kOptional;
  leaf.field_id = -5;
  leaf.converted_type = ConvertedType::kDecimal;
  leaf.logical_type = LogicalType{.kind = LogicalType::Kind::kDecimal, .scale = 2, .precision = 15};
  file.schema.push_back(leaf);
  leaf.name = "at";
  leaf.converted_type.reset();
  leaf.logical_type =
      LogicalType{.kind = LogicalType::Kind::kTimestamp, .adjusted_to_utc = true, .unit = TimeUnit::kNanos};
  file.schema.push_back(leaf);
  RowGroup group;
  group.num_rows = 7;
  group.sorting_columns.push_back({.column_idx = 1, .descending = true, .nulls_first = false});
  group.ordinal = 3;
  ColumnChunk chunk;
  chunk.file_offset = 4;
  chunk.offset_index_offset = int64_t{1} << 40;
  ColumnMetaData& column = chunk.meta_data.emplace();
  column.type = PhysicalKind::kInt64;
  column.encodings = {PageEncoding::kRleDictionary, PageEncoding::kRle};
  column.path_in_schema = {"price"};
  column.codec = CompressionCodec::kZstd;
  column.statistics.emplace();
  column.statistics->null_count = 0;
  column.statistics->min_value = std::string("\0\1", 2);
  column.statistics->is_min_value_exact = false;
  column.statistics->is_max_value_exact = true;
  group.columns.assign(20, chunk);  // a list with a long header
  file.row_groups.push_back(group);
  file.key_value_metadata.push_back({"k", "v"});
  file.key_value_metadata.push_back({"flag", std::nullopt});
  file.column_orders = {ColumnOrder::kTypeDefined, ColumnOrder::kTypeDefined};
  return file;
}

TEST(Metadata, FooterSurvivesTheRoundTrip) {
  std::string bytes;
  WriteMetadata(Example(), bytes);
  FileMetaData back;
  size_t consumed = 0;
  ReadMetadata(AsBytes(bytes), back, &consumed);
  EXPECT_EQ(consumed, bytes.size());
  std::string again;
  WriteMetadata(back, again);
  EXPECT_EQ(again, bytes);
  EXPECT_EQ(back.num_rows, 7);
  ASSERT_EQ(back.schema.size(), 3u);
  EXPECT_EQ(back.schema[1].logical_type, Example().schema[1].logical_type);
  EXPECT_EQ(back.schema[2].logical_type, Example().schema[2].logical_type);
  EXPECT_EQ(back.schema[1].field_id, -5);
  ASSERT_EQ(back.row_groups.size(), 1u);
  const RowGroup& group = back.row_groups[0];
  EXPECT_EQ(group.ordinal, 3);
  EXPECT_TRUE(group.sorting_columns[0].descending);
  ASSERT_EQ(group.columns.size(), 20u);
  const ColumnMetaData& column = *group.columns[19].meta_data;
  EXPECT_EQ(group.columns[19].offset_index_offset, int64_t{1} << 40);
  EXPECT_EQ(column.codec, CompressionCodec::kZstd);
  EXPECT_EQ(column.statistics->min_value, std::string("\0\1", 2));
  EXPECT_EQ(column.statistics->is_min_value_exact, false);
  EXPECT_FALSE(column.statistics->max_value.has_value());
  EXPECT_EQ(back.key_value_metadata[1].value, std::nullopt);
  EXPECT_EQ(back.column_orders.size(), 2u);
}

TEST(Metadata, PageHeadersAndIndexesSurviveTheRoundTrip) {
  PageHeader page;
  page.type = PageType::kDataV2;
  page.crc = -1;
  page.data_page_header_v2.emplace();
  page.data_page_header_v2->num_nulls = 2;
  page.data_page_header_v2->is_compressed = false;
  std::string bytes;
  WriteMetadata(page, bytes);
  PageHeader back;
  ReadMetadata(AsBytes(bytes), back);
  EXPECT_EQ(back.crc, -1);
  EXPECT_EQ(back.data_page_header_v2->num_nulls, 2);
  EXPECT_EQ(back.data_page_header_v2->is_compressed, false);
  EXPECT_FALSE(back.data_page_header.has_value());

  ColumnIndex index;
  index.null_pages = {false, true, false};
  index.min_values = {"a", "", "c"};
  index.max_values = {"b", "", "d"};
  index.boundary_order = BoundaryOrder::kAscending;
  index.null_counts = {0, 5, 1};
  bytes.clear();
  WriteMetadata(index, bytes);
  ColumnIndex index_back;
  ReadMetadata(AsBytes(bytes), index_back);
  EXPECT_EQ(index_back.null_pages, index.null_pages);
  EXPECT_EQ(index_back.max_values, index.max_values);
  EXPECT_EQ(index_back.null_counts, index.null_counts);

  OffsetIndex offsets;
  offsets.page_locations = {{4, 100, 0}, {104, 50, 20}};
  bytes.clear();
  WriteMetadata(offsets, bytes);
  OffsetIndex offsets_back;
  ReadMetadata(AsBytes(bytes), offsets_back);
  EXPECT_EQ(offsets_back.page_locations[1].first_row_index, 20);

  BloomFilterHeader bloom;
  bloom.num_bytes = 64;
  bytes.clear();
  WriteMetadata(bloom, bytes);
  BloomFilterHeader bloom_back;
  bloom_back.xxhash = false;
  ReadMetadata(AsBytes(bytes), bloom_back);
  EXPECT_EQ(bloom_back.num_bytes, 64);
  EXPECT_TRUE(bloom_back.split_block && bloom_back.xxhash && bloom_back.uncompressed);
}

TEST(Metadata, EveryPrefixIsRefused) {
  std::string bytes;
  WriteMetadata(Example(), bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    FileMetaData back;
    try {
      ReadMetadata(AsBytes(std::string_view(bytes).substr(0, size)), back);
      FAIL() << size;
    } catch (const Error& error) {
      EXPECT_EQ(error.sqlstate(), sqlstate::kDataCorrupted);
    }
  }
}

TEST(Metadata, LyingSizesAndDeepNestingAreRefused) {
  FileMetaData out;
  // Field 2, a list of structs, size 2^62.
  const std::string list("\x15\x02\x19\xfc\xff\xff\xff\xff\xff\xff\xff\xff\x3f", 13);
  EXPECT_THROW(ReadMetadata(AsBytes(list), out), Error);
  // An unknown field that is a struct in a struct in a struct...
  const std::string deep(10'000, '\xFC');
  EXPECT_THROW(ReadMetadata(AsBytes(deep), out), Error);
  // A list whose elements are maps without end.
  std::string lists = "\xF9";
  lists += '\x01';
  for (int i = 0; i < 5'000; ++i) lists += "\x19";
  EXPECT_THROW(ReadMetadata(AsBytes(lists), out), Error);
}

TEST(Metadata, UnknownFieldsAreSkipped) {
  ThriftWriter writer;
  const int16_t outer = writer.BeginStruct();
  writer.FieldHeader(1, ThriftType::kInt32);
  writer.Int(128);
  writer.FieldHeader(77, ThriftType::kStruct);
  const int16_t inner = writer.BeginStruct();
  writer.FieldBool(1, true);
  writer.FieldHeader(2, ThriftType::kList);
  writer.ListHeader(2, ThriftType::kBinary);
  writer.Binary("x");
  writer.Binary("y");
  writer.EndStruct(inner);
  writer.FieldBool(78, false);
  writer.EndStruct(outer);
  BloomFilterHeader header;
  ReadMetadata(AsBytes(writer.buffer()), header);
  EXPECT_EQ(header.num_bytes, 128);
}

}  // namespace
}  // namespace weir::parquet
