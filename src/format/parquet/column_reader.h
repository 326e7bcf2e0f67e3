#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "column/column.h"
#include "format/parquet/page_reader.h"
#include "format/parquet/row_ranges.h"
#include "format/parquet/schema.h"

namespace weir::parquet {

// The column chunks of one row group that a reader needs.
struct ChunkSource {
  const Leaf* leaf = nullptr;
  const ColumnMetaData* metadata = nullptr;
  std::shared_ptr<const OffsetIndex> offset_index;  // may be null
};

// Reads one top-level column of a row group, forward only. Positions are rows of the row group.
class ColumnReader {
 public:
  virtual ~ColumnReader() = default;
  // Rows of `ranges`, `rows` in all; they begin where earlier reads ended or later.
  virtual ColumnPtr Read(std::span<const RowRange> ranges, size_t rows) = 0;
  // Those of them that `selection` counts, ascending: as many rows as it has.
  virtual ColumnPtr ReadSelected(std::span<const RowRange> ranges, size_t rows,
                                 std::span<const uint32_t> selection) = 0;
  // All values but NULL that the column has in this row group, if a dictionary tells; else null.
  virtual ColumnPtr WholeDictionary() { return nullptr; }
  virtual uint64_t bytes_read() const = 0;
  virtual uint64_t pages_loaded() const = 0;
  virtual uint64_t pages_from_cache() const = 0;
};

// Chooses the reader by the shape of the column. `sources` are by leaf index; everything is borrowed.
std::unique_ptr<ColumnReader> MakeColumnReader(const PageContext& context, const SchemaNode& node,
                                               std::span<const ChunkSource> sources, uint64_t rows,
                                               const RowRanges* wanted);

}  // namespace weir::parquet
