#pragma once

#include <memory>
#include <string>
#include <vector>

#include "column/builder.h"
#include "column/chunk.h"
#include "format/csv/infer.h"
#include "format/csv/records.h"

namespace weir::csv {

// Reads rows of one file, whose blocks it may share with others, as chunks of the wanted columns. One thread; blocks
// on I/O.
class CsvReader {
 public:
  // `schema`: all columns of the file; `columns`: the wanted ones. Without options.header the first record is a header
  // when it repeats the schema's names.
  CsvReader(std::shared_ptr<TextBlocks> blocks, char delimiter, CsvOptions options, Schema schema,
            std::vector<size_t> columns, std::shared_ptr<MemoryTracker> tracker = nullptr);

  // At most `rows_max` rows; an empty chunk at the end of the file. Throws kInvalidTextRepresentation for a value that
  // is not of its column's type, kBadCopyFileFormat for a record of another width; both name file and line.
  Chunk Next(size_t rows_max);
  // Rows left out because of ignore_errors.
  uint64_t rows_ignored() const { return rows_ignored_ + records_.tokens().lines_ignored(); }

 private:
  bool Append(ColumnBuilder& out, const Type& type, const CsvField& field);
  bool IsNull(const CsvField& field, const Type& type) const;
  [[noreturn]] void ThrowBadValue(size_t column, const CsvField& field);
  [[noreturn]] void ThrowBadWidth() const;
  bool NextRecord();
  Chunk TakeChunk(size_t rows, std::shared_ptr<Selection> good);

  const CsvOptions options_;
  const Schema schema_;
  const std::vector<size_t> columns_;
  CsvRecords records_;
  std::vector<ColumnBuilder> builders_;
  std::string scratch_;
  uint64_t rows_ignored_ = 0;
};

}  // namespace weir::csv
