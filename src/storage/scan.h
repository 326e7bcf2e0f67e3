#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "env/file_system.h"
#include "env/object_store.h"
#include "runtime/memory_tracker.h"
#include "storage/scan_spec.h"
#include "storage/snapshot.h"
#include "types/type.h"

namespace weir {

class FooterCache;

// A column that a scan delivers.
struct ScanColumn {
  FieldId field;
  std::string name;
  Type type;
  bool nullable = true;
  Value missing;  // what files that do not have the column give
};

// A planned scan: immutable, shared by all its readers. Made by Storage::PlanScan or PlanFileScan. Keeps what it
// reads alive.
struct ScanPlan {
  ScanSpec spec;
  std::vector<ScanColumn> columns;  // of spec.columns, in order
  Schema output;                    // the same as a schema, with the row-id columns
  std::vector<ScanUnit> units;
  std::shared_ptr<ScanCounters> counters = std::make_shared<ScanCounters>();
  uint64_t rows_estimated = 0;

  // Where files are read from.
  ObjectStore* objects = nullptr;  // of segments
  FileSystem* files = nullptr;     // of plain files
  bool match_by_name = false;      // plain files: by column name, segments: by field id
  std::shared_ptr<FooterCache> footers;
  SnapshotPtr snapshot;  // tables only
};
using ScanPlanPtr = std::shared_ptr<const ScanPlan>;

// Reads units of one plan, one after the other. One per driver; not thread-safe. Blocks on I/O.
//
//   ScanReader reader(plan, tracker);
//   for (unit : my share of plan->units) {
//     reader.Open(unit);
//     Chunk chunk;
//     while (reader.Next(kChunkRowsDefault, filter, chunk)) ...
//   }
class ScanReader {
 public:
  ScanReader(ScanPlanPtr plan, std::shared_ptr<MemoryTracker> tracker);
  ~ScanReader();

  // Borrows the unit, which is one of the plan's.
  void Open(const ScanUnit& unit);
  // The next chunk of at most `rows_max` physical rows, with a selection when rows were deleted or filtered out;
  // never empty. False at the end of the unit. `filter` may be null; it may change between calls.
  bool Next(size_t rows_max, ScanFilter* filter, Chunk& out);
  // The plan's columns of rows of the unit that a scan with row ids has found before, in ascending order, each once.
  // Instead of Open and Next.
  Chunk ReadRows(const ScanUnit& unit, std::span<const RowPlace> places);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The Parquet files that the patterns name, as one table: columns are matched by name, and those that a file lacks
// are NULL. Opens the first file for the schema; the others when they are planned or read.
class ParquetFiles {
 public:
  // Throws kUndefinedFile when a pattern matches nothing.
  static std::shared_ptr<const ParquetFiles> Open(FileSystem& files, const std::vector<std::string>& patterns,
                                                  std::shared_ptr<FooterCache> footers);
  // Field i has FieldId(i + 1).
  const Schema& schema() const { return schema_; }
  const std::vector<FileInfo>& files() const { return files_; }
  // Rows of all files, from their footers.
  uint64_t RowCount() const;
  // Of each column, merged from the footers; how many distinct values there are is guessed from dictionaries.
  std::vector<ColumnStatistics> Statistics() const;
  // With pruning by row-group statistics. Where there are fewer row groups than `units_wanted`, large ones are read in
  // parts, if page indexes say where those begin.
  ScanPlanPtr Plan(ScanSpec spec, size_t units_wanted = 1) const;

 private:
  ParquetFiles(FileSystem& file_system, std::vector<FileInfo> files, std::shared_ptr<FooterCache> footers);
  FileSystem& file_system_;
  const std::vector<FileInfo> files_;
  const std::shared_ptr<FooterCache> footers_;
  Schema schema_;
};

}  // namespace weir
