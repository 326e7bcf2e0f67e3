#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "format/parquet/reader.h"
#include "storage/scan.h"

namespace weir {

// Reads the row groups of one unit: skips what statistics rule out, leaves deleted rows out, reads the columns behind
// the filter's only for the rows that pass it.
class SegmentReader {
 public:
  // What is read is counted with the tracker; null: not.
  SegmentReader(const ScanPlan& plan, std::shared_ptr<MemoryTracker> tracker)
      : plan_(plan), tracker_(std::move(tracker)) {}
  ~SegmentReader();
  void Open(const ScanUnit& unit);
  bool Next(size_t rows_max, ScanFilter* filter, Chunk& out);
  Chunk ReadRows(const ScanUnit& unit, std::span<const RowPlace> places);

 private:
  void OpenFile();
  void FindWantedLeaves();
  bool OpenRowGroup();
  // Makes reader_, of the rows or all.
  void ReadRowGroup(size_t row_group, std::optional<parquet::RowRanges> ranges);
  bool RowGroupMayMatch(size_t row_group) const;
  // By the dictionaries of the columns; of the row group that reader_ is at.
  bool DictionariesMayMatch();
  void CountBytes();
  // The rows of the batch that are not deleted; null: all.
  SelectionPtr LiveRows() const;
  ColumnPtr ReadColumn(size_t i, const Selection* rows);
  // Rows of the batch that reader_ is at, on the way through the filter.
  struct Batch {
    std::vector<ColumnPtr> columns;  // the plan's first ones
    size_t size = 0;                 // of each
    SelectionPtr picked;             // what they hold of the batch; null: all rows
    SelectionPtr selection;          // of those the ones that are left; null: all
    size_t row_count() const { return selection == nullptr ? size : selection->size(); }
  };
  // Where at most this part of the rows is left, columns are read for those alone. Many: reading all is cheaper.
  static void PickFew(double part, Batch& batch);
  // So many of the plan's columns will have been read.
  void ReadColumns(size_t count, Batch& batch);
  bool ReadBatch(ScanFilter* filter, Chunk& out);
  void AddRowIds(const Selection* rows, size_t count, std::vector<ColumnPtr>& columns) const;

  const ScanPlan& plan_;
  const std::shared_ptr<MemoryTracker> tracker_;
  const ScanUnit* unit_ = nullptr;
  std::string path_;  // of file_
  std::shared_ptr<const parquet::ParquetFile> file_;
  // Where each of the plan's columns is in the file; SIZE_MAX: not there.
  std::vector<size_t> file_columns_;
  std::vector<size_t> projection_;                // those that are, in order
  std::vector<std::vector<bool>> wanted_leaves_;  // of the projection; empty: all
  std::vector<size_t> in_projection_;             // per column of the plan: index into projection_, or SIZE_MAX
  size_t row_group_ = 0;
  uint64_t row_group_first_ = 0;  // position of its first row in the file
  std::unique_ptr<parquet::RowGroupReader> reader_;
  uint64_t bytes_counted_ = 0;
};

// The column as the table has it now: widened, or one of the types that segments store as another (interval, int128).
ColumnPtr AdaptColumn(const ColumnPtr& column, const Type& type);
Value AdaptValue(const Value& value, const Type& type);
// What a column of the type is stored as in segments, and a column of it brought there.
Type StoredType(const Type& type);
ColumnPtr ToStored(const ColumnPtr& column);

}  // namespace weir
