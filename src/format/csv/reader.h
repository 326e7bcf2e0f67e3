#pragma once

#include <memory>
#include <string>
#include <vector>

#include "column/builder.h"
#include "column/chunk.h"
#include "format/csv/infer.h"
#include "format/csv/tokenizer.h"

namespace weir::csv {

// Reads the rows of one file as chunks of the wanted columns. Owns the file. One thread; blocks on I/O.
class CsvReader {
 public:
  // `schema`: all columns of the file; `columns`: the wanted ones. What the options leave open is found out from the
  // file: the delimiter, and whether the first record repeats the schema's names (a header).
  CsvReader(std::unique_ptr<RandomAccessFile> file, CsvOptions options, Schema schema, std::vector<size_t> columns,
            std::shared_ptr<MemoryTracker> tracker = nullptr, size_t block_bytes = TextWindow::kBlockBytes);

  // At most `rows_max` rows; an empty chunk at the end of the file. Throws kInvalidTextRepresentation for a value that
  // is not of its column's type, kBadCopyFileFormat for a record of another width; both name file and line.
  Chunk Next(size_t rows_max);
  // Rows left out because of ignore_errors.
  uint64_t rows_ignored() const { return rows_ignored_; }

 private:
  bool Append(ColumnBuilder& out, const Type& type, const CsvField& field);
  bool IsNull(const CsvField& field, const Type& type) const;
  [[noreturn]] void ThrowBadValue(size_t column, const CsvField& field);
  [[noreturn]] void ThrowBadWidth() const;
  bool NextRecord();

  const std::unique_ptr<RandomAccessFile> file_;
  const CsvOptions options_;
  const Schema schema_;
  const std::vector<size_t> columns_;
  CsvTokenizer tokens_;
  std::vector<ColumnBuilder> builders_;
  std::string scratch_;
  bool has_record_ = false;  // the tokenizer stands on a record that was not a header
  uint64_t rows_ignored_ = 0;
};

}  // namespace weir::csv
