#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "column/chunk.h"
#include "env/file_system.h"
#include "format/parquet/column_reader.h"
#include "format/parquet/metadata.h"
#include "format/parquet/page_pool.h"
#include "format/parquet/row_ranges.h"
#include "format/parquet/schema.h"
#include "types/type.h"
#include "types/value.h"

namespace weir::parquet {

struct ReaderOptions {
  bool binary_as_string = false;  // BYTE_ARRAY without annotation as varchar
  bool verify_checksums = false;  // of pages that have one
  bool verify_utf8 = true;        // of varchar and json
  size_t window_bytes = 1 << 20;  // of a column chunk, read at a time
  // Limits for what a file may ask for.
  size_t footer_bytes_max = 512 << 20;
  size_t page_bytes_max = size_t{1} << 30;      // decompressed
  size_t nested_entries_max = size_t{1} << 28;  // of a batch: elements and empty lists
  // Dictionary columns are handed on as such when they are strings; of other types, when the dictionary is this small.
  size_t fixed_dictionary_max = 1024;
  std::shared_ptr<PagePool> pool;    // shared between files; null: one per file
  std::shared_ptr<PageCache> cache;  // null: none
  uint64_t cache_file = 0;           // what stands for this state of the file in the cache
};

// The parsed metadata of a file with what follows from it. Immutable; shared by readers, and worth caching.
struct Footer {
  FileMetaData metadata;
  std::vector<SchemaNode> columns;  // top level
  Schema schema;                    // the same as a schema
  size_t leaf_count = 0;
  uint64_t rows = 0;
  size_t encoded_bytes = 0;  // its size in the file

  // Memory, roughly.
  size_t MemoryBytes() const;
  // By name: the position of the column, or none.
  std::optional<size_t> FindColumn(std::string_view name) const;
};

// What statistics say of a column in a row group or a page, as values of the column's type.
struct ColumnBounds {
  std::optional<Value> min;  // no value is less
  std::optional<Value> max;  // no value but NaN is greater
  bool min_is_exact = false;
  bool max_is_exact = false;
  std::optional<uint64_t> null_count;
  std::optional<uint64_t> distinct_count;
  uint64_t value_count = 0;  // with NULLs
  bool all_null() const { return null_count.has_value() && *null_count == value_count; }
};

// An open Parquet file. Immutable; any thread. Errors name the file.
class ParquetFile : public std::enable_shared_from_this<ParquetFile> {
 public:
  // Reads the footer. Throws kDataCorrupted when it is none.
  static std::shared_ptr<const ParquetFile> Open(std::shared_ptr<RandomAccessFile> file, ReaderOptions options = {});
  // With the footer that an earlier Open of the same file with the same schema options gave.
  static std::shared_ptr<const ParquetFile> Open(std::shared_ptr<RandomAccessFile> file,
                                                 std::shared_ptr<const Footer> footer, ReaderOptions options = {});

  const std::shared_ptr<const Footer>& footer() const { return footer_; }
  const FileMetaData& metadata() const { return footer_->metadata; }
  const Schema& schema() const { return footer_->schema; }
  const std::vector<SchemaNode>& columns() const { return footer_->columns; }
  uint64_t row_count() const { return footer_->rows; }
  size_t row_group_count() const { return metadata().row_groups.size(); }
  uint64_t row_group_rows(size_t row_group) const {
    return static_cast<uint64_t>(metadata().row_groups[row_group].num_rows);
  }
  // Compressed bytes of the columns in the row group.
  uint64_t ColumnBytes(size_t row_group, std::span<const size_t> columns) const;
  // Of a top-level column that is a leaf; nested ones have none.
  ColumnBounds Bounds(size_t row_group, size_t column) const;

  RandomAccessFile& file() const { return *file_; }
  const PageContext& context() const { return context_; }

  // The chunk of a leaf. Throws when it is encrypted, elsewhere or missing.
  const ColumnMetaData& ChunkMetadata(size_t row_group, int leaf) const;
  // Null when the file has none. Checked: pages ascend, lie inside of the file and cover the rows.
  std::shared_ptr<const OffsetIndex> ReadOffsetIndex(size_t row_group, int leaf) const;
  // Checked to have an entry per page of `offsets`.
  std::shared_ptr<const ColumnIndex> ReadColumnIndex(size_t row_group, int leaf, const OffsetIndex& offsets) const;

 private:
  ParquetFile(std::shared_ptr<RandomAccessFile> file, std::shared_ptr<const Footer> footer, ReaderOptions options);
  template <typename T>
  std::shared_ptr<const T> ReadIndex(std::optional<int64_t> offset, std::optional<int32_t> size) const;

  const std::shared_ptr<RandomAccessFile> file_;
  const std::shared_ptr<const Footer> footer_;
  const ReaderOptions options_;
  const std::shared_ptr<PagePool> pool_;
  PageContext context_;
};

// Reads some columns of a row group, batch by batch. One thread.
//
// All columns at once:
//   while (reader.Next(kChunkRowsDefault, chunk)) ...
// With late materialisation: columns that are not asked for in a batch cost nothing but, later, a jump.
//   while (reader.NextBatch(kChunkRowsDefault)) {
//     ColumnPtr a = reader.Read(0);                     // all rows of the batch
//     selection = rows of a that pass, ascending;
//     if (selection.empty()) continue;                  // the other columns are not touched
//     ColumnPtr b = reader.ReadSelected(1, selection);  // selection.size() rows
//   }
class RowGroupReader {
 public:
  // `columns` are positions in the file's schema, in output order. `ranges` are the rows to read; without, all.
  // What is read is counted with the tracker, if there is one, as long as columns refer to it.
  RowGroupReader(std::shared_ptr<const ParquetFile> file, size_t row_group, std::vector<size_t> columns,
                 std::optional<RowRanges> ranges = std::nullopt, std::shared_ptr<MemoryTracker> tracker = nullptr);
  ~RowGroupReader();

  // Of column `i`, a struct or a list, reads only the leaves for which `wanted` (by Leaf::index) is true; fields
  // without any come as NULL. A list needs one of its own, a map all. Before its first read.
  void set_wanted_leaves(size_t i, std::vector<bool> wanted) { wanted_leaves_[i] = std::move(wanted); }

  bool Next(size_t rows_max, Chunk& out);

  // Starts the next batch of at most `rows_max` rows; false at the end.
  bool NextBatch(size_t rows_max);
  size_t batch_rows() const { return batch_rows_; }
  // Where the batch's rows are in the row group.
  std::span<const RowRange> batch_ranges() const { return batch_; }
  // Column `i` of the projection for all rows of the batch. Each column is read at most once per batch.
  ColumnPtr Read(size_t i);
  // For the rows that `selection` names, ascending positions in the batch.
  ColumnPtr ReadSelected(size_t i, std::span<const uint32_t> selection);

  // Every value but NULL that column `i` has in the row group, when all of its pages are dictionary-encoded; null when
  // that is not known. A filter that none of them passes rules the row group out at the cost of one page.
  ColumnPtr WholeDictionary(size_t i);

  uint64_t bytes_read() const;
  uint64_t pages_loaded() const;
  uint64_t pages_from_cache() const;  // of those

 private:
  ColumnReader& Column(size_t i);

  const std::shared_ptr<const ParquetFile> file_;
  const PageContext context_;
  const size_t row_group_;
  const std::vector<size_t> columns_;
  const uint64_t rows_;
  const bool has_ranges_;
  RowRanges ranges_;
  std::vector<std::unique_ptr<ColumnReader>> readers_;  // made when first read
  std::vector<std::vector<bool>> wanted_leaves_;        // per column; empty: all
  size_t range_ = 0;
  uint64_t row_ = 0;
  std::vector<RowRange> batch_;
  size_t batch_rows_ = 0;
};

}  // namespace weir::parquet
