#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

// The metadata of a Parquet file as plain structs, named as in the format's specification (parquet.thrift of Apache
// Parquet), with their reader and writer. Enumerations keep numbers that they do not know: whoever interprets one
// decides what that means.
namespace weir::parquet {

enum class PhysicalKind : int32_t {
  kBoolean = 0,
  kInt32 = 1,
  kInt64 = 2,
  kInt96 = 3,
  kFloat = 4,
  kDouble = 5,
  kByteArray = 6,
  kFixedLenByteArray = 7,
};

enum class ConvertedType : int32_t {
  kUtf8 = 0,
  kMap = 1,
  kMapKeyValue = 2,
  kList = 3,
  kEnum = 4,
  kDecimal = 5,
  kDate = 6,
  kTimeMillis = 7,
  kTimeMicros = 8,
  kTimestampMillis = 9,
  kTimestampMicros = 10,
  kUint8 = 11,
  kUint16 = 12,
  kUint32 = 13,
  kUint64 = 14,
  kInt8 = 15,
  kInt16 = 16,
  kInt32 = 17,
  kInt64 = 18,
  kJson = 19,
  kBson = 20,
  kInterval = 21,
};

enum class Repetition : int32_t { kRequired = 0, kOptional = 1, kRepeated = 2 };

enum class PageEncoding : int32_t {
  kPlain = 0,
  kPlainDictionary = 2,
  kRle = 3,
  kBitPacked = 4,
  kDeltaBinaryPacked = 5,
  kDeltaLengthByteArray = 6,
  kDeltaByteArray = 7,
  kRleDictionary = 8,
  kByteStreamSplit = 9,
};

enum class CompressionCodec : int32_t {
  kUncompressed = 0,
  kSnappy = 1,
  kGzip = 2,
  kLzo = 3,
  kBrotli = 4,
  kLz4 = 5,
  kZstd = 6,
  kLz4Raw = 7,
};

enum class PageType : int32_t { kData = 0, kIndex = 1, kDictionary = 2, kDataV2 = 3 };
enum class BoundaryOrder : int32_t { kUnordered = 0, kAscending = 1, kDescending = 2 };

enum class TimeUnit : uint8_t { kMillis = 1, kMicros = 2, kNanos = 3 };  // field numbers in the union TimeUnit

struct LogicalType {
  enum class Kind : int16_t {  // field numbers in the union LogicalType
    kString = 1,
    kMap = 2,
    kList = 3,
    kEnum = 4,
    kDecimal = 5,
    kDate = 6,
    kTime = 7,
    kTimestamp = 8,
    kInteger = 10,
    kUnknown = 11,  // always null
    kJson = 12,
    kBson = 13,
    kUuid = 14,
    kFloat16 = 15,
    kVariant = 16,
    kGeometry = 17,
    kGeography = 18,
  };
  Kind kind = Kind::kString;
  int32_t scale = 0;                  // decimal
  int32_t precision = 0;              // decimal
  bool adjusted_to_utc = false;       // time, timestamp
  TimeUnit unit = TimeUnit::kMicros;  // time, timestamp
  int8_t bit_width = 0;               // integer
  bool is_signed = true;              // integer
  friend bool operator==(const LogicalType&, const LogicalType&) = default;
};

struct SchemaElement {
  std::optional<PhysicalKind> type;  // leaves only
  std::optional<int32_t> type_length;
  std::optional<Repetition> repetition;  // all but the root
  std::string name;
  std::optional<int32_t> num_children;  // groups only
  std::optional<ConvertedType> converted_type;
  std::optional<int32_t> scale;
  std::optional<int32_t> precision;
  std::optional<int32_t> field_id;
  std::optional<LogicalType> logical_type;
};

// Values in PLAIN encoding without length prefix.
struct Statistics {
  std::optional<std::string> max;  // deprecated: signed byte order whatever the type
  std::optional<std::string> min;
  std::optional<int64_t> null_count;
  std::optional<int64_t> distinct_count;
  std::optional<std::string> max_value;
  std::optional<std::string> min_value;
  std::optional<bool> is_max_value_exact;
  std::optional<bool> is_min_value_exact;
};

struct SizeStatistics {
  std::optional<int64_t> unencoded_byte_array_data_bytes;
  std::vector<int64_t> repetition_level_histogram;
  std::vector<int64_t> definition_level_histogram;
};

struct KeyValue {
  std::string key;
  std::optional<std::string> value;
};

struct PageEncodingStats {
  PageType page_type = PageType::kData;
  PageEncoding encoding = PageEncoding::kPlain;
  int32_t count = 0;
};

struct ColumnMetaData {
  PhysicalKind type = PhysicalKind::kBoolean;
  std::vector<PageEncoding> encodings;
  std::vector<std::string> path_in_schema;
  CompressionCodec codec = CompressionCodec::kUncompressed;
  int64_t num_values = 0;  // with nulls; of nested columns: levels
  int64_t total_uncompressed_size = 0;
  int64_t total_compressed_size = 0;
  std::vector<KeyValue> key_value_metadata;
  int64_t data_page_offset = 0;
  std::optional<int64_t> index_page_offset;
  std::optional<int64_t> dictionary_page_offset;
  std::optional<Statistics> statistics;
  std::vector<PageEncodingStats> encoding_stats;
  std::optional<int64_t> bloom_filter_offset;
  std::optional<int32_t> bloom_filter_length;
  std::optional<SizeStatistics> size_statistics;
};

struct ColumnChunk {
  std::optional<std::string> file_path;
  int64_t file_offset = 0;
  std::optional<ColumnMetaData> meta_data;
  std::optional<int64_t> offset_index_offset;
  std::optional<int32_t> offset_index_length;
  std::optional<int64_t> column_index_offset;
  std::optional<int32_t> column_index_length;
  bool encrypted = false;  // has crypto_metadata; never written
};

struct SortingColumn {
  int32_t column_idx = 0;
  bool descending = false;
  bool nulls_first = false;
};

struct RowGroup {
  std::vector<ColumnChunk> columns;
  int64_t total_byte_size = 0;
  int64_t num_rows = 0;
  std::vector<SortingColumn> sorting_columns;
  std::optional<int64_t> file_offset;
  std::optional<int64_t> total_compressed_size;
  std::optional<int16_t> ordinal;
};

// How min_value and max_value of a leaf compare.
enum class ColumnOrder : int16_t { kUnknown = 0, kTypeDefined = 1 };

struct FileMetaData {
  int32_t version = 1;
  std::vector<SchemaElement> schema;  // depth first, the root first
  int64_t num_rows = 0;
  std::vector<RowGroup> row_groups;
  std::vector<KeyValue> key_value_metadata;
  std::optional<std::string> created_by;
  std::vector<ColumnOrder> column_orders;  // per leaf, or empty
};

struct DataPageHeader {
  int32_t num_values = 0;
  PageEncoding encoding = PageEncoding::kPlain;
  PageEncoding definition_level_encoding = PageEncoding::kRle;
  PageEncoding repetition_level_encoding = PageEncoding::kRle;
  std::optional<Statistics> statistics;
};

struct DictionaryPageHeader {
  int32_t num_values = 0;
  PageEncoding encoding = PageEncoding::kPlain;
  std::optional<bool> is_sorted;
};

struct DataPageHeaderV2 {
  int32_t num_values = 0;
  int32_t num_nulls = 0;
  int32_t num_rows = 0;
  PageEncoding encoding = PageEncoding::kPlain;
  int32_t definition_levels_byte_length = 0;
  int32_t repetition_levels_byte_length = 0;
  std::optional<bool> is_compressed;  // absent means true
  std::optional<Statistics> statistics;
};

struct PageHeader {
  PageType type = PageType::kData;
  int32_t uncompressed_page_size = 0;
  int32_t compressed_page_size = 0;
  std::optional<int32_t> crc;
  std::optional<DataPageHeader> data_page_header;
  std::optional<DictionaryPageHeader> dictionary_page_header;
  std::optional<DataPageHeaderV2> data_page_header_v2;
};

struct PageLocation {
  int64_t offset = 0;
  int32_t compressed_page_size = 0;  // with its header
  int64_t first_row_index = 0;       // in the row group
};

struct OffsetIndex {
  std::vector<PageLocation> page_locations;
  std::vector<int64_t> unencoded_byte_array_data_bytes;
};

struct ColumnIndex {
  std::vector<bool> null_pages;
  std::vector<std::string> min_values;
  std::vector<std::string> max_values;
  BoundaryOrder boundary_order = BoundaryOrder::kUnordered;
  std::vector<int64_t> null_counts;  // may be empty
  std::vector<int64_t> repetition_level_histograms;
  std::vector<int64_t> definition_level_histograms;
};

struct BloomFilterHeader {
  int32_t num_bytes = 0;
  bool split_block = true;   // algorithm
  bool xxhash = true;        // hash
  bool uncompressed = true;  // compression
};

// Readers throw kDataCorrupted; Read of a prefix of the structure throws ThriftTruncated. They set `consumed` to the
// bytes that the structure took.
void ReadMetadata(ByteSpan bytes, FileMetaData& out, size_t* consumed = nullptr);
void ReadMetadata(ByteSpan bytes, PageHeader& out, size_t* consumed = nullptr);
void ReadMetadata(ByteSpan bytes, OffsetIndex& out, size_t* consumed = nullptr);
void ReadMetadata(ByteSpan bytes, ColumnIndex& out, size_t* consumed = nullptr);
void ReadMetadata(ByteSpan bytes, BloomFilterHeader& out, size_t* consumed = nullptr);

// Append to `out`.
void WriteMetadata(const FileMetaData& in, std::string& out);
void WriteMetadata(const PageHeader& in, std::string& out);
void WriteMetadata(const OffsetIndex& in, std::string& out);
void WriteMetadata(const ColumnIndex& in, std::string& out);
void WriteMetadata(const BloomFilterHeader& in, std::string& out);

// For messages: the name in the specification, or the number.
std::string ToString(PhysicalKind kind);
std::string ToString(PageEncoding encoding);
std::string ToString(CompressionCodec codec);

}  // namespace weir::parquet
