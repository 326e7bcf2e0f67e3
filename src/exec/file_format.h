#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "column/chunk.h"
#include "env/file_system.h"
#include "plan/scan_source.h"
#include "runtime/memory_tracker.h"

namespace weir {

// Reads one unit of a file scan. One thread at a time; blocks on I/O.
class FileUnitReader {
 public:
  virtual ~FileUnitReader() = default;
  // The next chunk of at most `rows_max` rows with the scan's columns, never empty; false at the end of the unit.
  virtual bool Next(size_t rows_max, Chunk& out) = 0;
};

// Files of one format (CSV, JSON), divided into units that drivers read side by side. Threads: any.
class FileFormatScan {
 public:
  virtual ~FileFormatScan() = default;
  virtual size_t unit_count() const = 0;
  virtual std::unique_ptr<FileUnitReader> OpenUnit(size_t unit, std::shared_ptr<MemoryTracker> tracker) const = 0;
  // Bytes of all units, for the profile.
  virtual uint64_t bytes() const { return 0; }
};

// Formats besides Parquet, which storage reads. Filled at start-up; the seam that keeps exec from knowing them.
struct FileFormats {
  // `source` says files, options and the wanted columns (column_ordinals of its schema; filename_column). May open
  // files and block.
  using Open = std::function<std::unique_ptr<FileFormatScan>(const FileSource& source, FileSystem& files,
                                                             const std::shared_ptr<MemoryTracker>& tracker)>;
  std::map<FileSource::Format, Open> open;
  // The columns of the files, from their options (names, types, header) or by looking at the first rows.
  using Infer = std::function<Schema(const FileSource& source, FileSystem& files)>;
  std::map<FileSource::Format, Infer> infer;
};

}  // namespace weir
