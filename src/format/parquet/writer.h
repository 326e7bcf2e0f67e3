#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "column/chunk.h"
#include "types/type.h"
#include "types/value.h"

namespace weir::parquet {

enum class WriterCodec : uint8_t { kNone, kSnappy, kZstd, kLz4Raw };

enum class WriterEncoding : uint8_t {
  kAuto,  // dictionary while it pays; then deltas for integers and strings where they are smaller, or plain
  kPlain,
  kDictionary,       // dictionary with fallback to plain
  kDelta,            // DELTA_BINARY_PACKED or DELTA_LENGTH_BYTE_ARRAY
  kByteStreamSplit,  // float and double
};

struct WriterColumn {
  std::string name;
  Type type;
  bool nullable = true;
  std::optional<int32_t> field_id;
  bool bloom_filter = false;  // leaves only
  WriterEncoding encoding = WriterEncoding::kAuto;
};

struct WriterOptions {
  WriterCodec codec = WriterCodec::kZstd;
  int codec_level = 3;  // zstd
  bool data_page_v2 = false;
  size_t page_rows = 20'000;
  size_t page_bytes = 128 << 10;
  size_t row_group_bytes = 128 << 20;  // encoded
  size_t row_group_rows = 1 << 20;
  size_t dictionary_bytes_max = 1 << 20;
  size_t statistics_bytes_max = 64;  // longer strings are truncated in page index and statistics
  bool page_index = true;
  bool checksums = true;
  double bloom_false_positives = 0.01;
  struct SortingColumn {
    size_t column;
    bool descending = false;
    bool nulls_first = true;
  };
  std::vector<SortingColumn> sorted_by;  // what the caller knows of the order of rows; written as it is
  std::vector<std::pair<std::string, std::string>> metadata;
  // Runs work(0) ... work(count - 1), side by side if it likes, and returns when all have ended: columns are encoded by
  // themselves. Empty: one after the other.
  std::function<void(size_t count, const std::function<void(size_t)>& work)> run_all;
};

// What is known of a top-level column when the file is complete. Bounds as values of the column's type; none for
// nested columns, for only NULLs, and for types without an order in Parquet (interval).
struct WrittenColumn {
  std::optional<Value> min;
  std::optional<Value> max;
  uint64_t null_count = 0;
  uint64_t distinct_count = 0;  // an estimate
  uint64_t bytes = 0;           // compressed
};

struct WrittenFile {
  uint64_t rows = 0;
  uint64_t bytes = 0;
  std::vector<uint64_t> row_group_rows;
  std::vector<WrittenColumn> columns;
};

// Writes chunks as one Parquet file, front to back. One thread, and those of `run_all`; Finish() writes the footer, and
// without it what was written is no file. Memory: the encoded pages of the row group at hand (buffered_bytes()).
class ParquetWriter {
 public:
  // Gets the file's bytes in order.
  using Sink = std::function<void(ByteSpan bytes)>;
  // Throws 0A000 for types that Parquet has no form for.
  ParquetWriter(Sink sink, std::vector<WriterColumn> columns, WriterOptions options = {});
  ~ParquetWriter();
  ParquetWriter(const ParquetWriter&) = delete;
  ParquetWriter& operator=(const ParquetWriter&) = delete;

  // Columns in order and of the declared types, any encoding, with or without selection. NULL in a column that is
  // not nullable throws 23502.
  void Write(const Chunk& chunk);
  // The same of several: as many as make it worth while to encode columns side by side.
  void Write(std::span<const Chunk> chunks);
  // Ends the row group at hand; Write does so by itself when it is full.
  void EndRowGroup();
  WrittenFile Finish();

  uint64_t rows() const;
  size_t buffered_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::parquet
