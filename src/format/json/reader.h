#pragma once

#include <memory>
#include <vector>

#include "column/chunk.h"
#include "format/json/records.h"

namespace weir::json {

// Reads records of one file, whose blocks it may share with others, as chunks of the wanted columns. A key that a
// record does not have is NULL; keys that are no column are passed over, checked for balanced brackets and quotes
// only. One thread; blocks on I/O.
class JsonReader {
 public:
  // `schema`: all columns; `columns`: the wanted ones. Without `records` the schema has one column, for whole records.
  JsonReader(std::shared_ptr<TextBlocks> blocks, JsonLayout layout, bool records, const JsonOptions& options,
             Schema schema, std::vector<size_t> columns, std::shared_ptr<MemoryTracker> tracker = nullptr);
  ~JsonReader();

  // At most `rows_max` rows; an empty chunk at the end of the file. Throws kInvalidTextRepresentation for a value that
  // is not of its column's type, kBadCopyFileFormat for malformed JSON; both name file and line.
  Chunk Next(size_t rows_max);
  // Records left out because of ignore_errors.
  uint64_t rows_ignored() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace weir::json
