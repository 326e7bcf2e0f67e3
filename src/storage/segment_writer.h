#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/table.h"
#include "column/chunk.h"
#include "format/parquet/writer.h"
#include "meta/segment.h"
#include "storage/partition.h"
#include "storage/pending_segments.h"
#include "storage/table_writer.h"

namespace weir {

// Where the rows of one segment belong.
struct SegmentTarget {
  std::string partition;
  std::vector<Value> partition_values;
  uint32_t bucket = 0;
  uint32_t level = 0;
};

// Writes one Parquet object of one table: the table's columns, under their field ids. Rows come in final order. The
// object exists when Finish has returned, and is noted in `files`, so it goes again unless it is committed.
class SegmentWriter {
 public:
  SegmentWriter(const TablePtr& table, const std::string& object_prefix, const TableWriterServices& services,
                PendingSegments::Files& files, SegmentTarget target);
  ~SegmentWriter();

  void Write(const Chunk& chunk);
  uint64_t rows() const { return writer_->rows(); }
  // Of the object when it were finished now, about.
  uint64_t bytes() const { return object_->size() + writer_->buffered_bytes(); }
  // `sorted`: the rows came in order of the table's sort key.
  std::shared_ptr<SegmentInfo> Finish(bool sorted);

 private:
  const TablePtr table_;
  const TableWriterServices& services_;
  SegmentTarget target_;
  std::string path_;
  std::unique_ptr<ObjectWriter> object_;
  std::unique_ptr<parquet::ParquetWriter> writer_;
  ScopedReservation reservation_;
};

// Puts row numbers of the chunk (without selection) in order of the table's sort key: ascending, NULLs first, ties as
// they were. Nothing happens without a sort key.
void SortRows(const TableDef& table, const Chunk& chunk, std::vector<uint32_t>& rows);

// The codec that the table's property "compression" names (zstd unless it says otherwise) and the columns that its
// "bloom_filter_columns" lists. Throws 22023 for others.
parquet::WriterOptions SegmentFormat(const TableDef& table, std::vector<parquet::WriterColumn>& columns);

}  // namespace weir
