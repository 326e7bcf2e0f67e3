#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/csv/options.h"
#include "format/text_stream.h"

namespace weir::csv {

// A field as it lies in the file, without its quotes. `escaped`: holds escape characters still.
struct CsvField {
  std::string_view text;
  bool quoted = false;
  bool escaped = false;
};

// Divides a file into records and fields (RFC 4180, with other delimiters, quotes and line ends). Empty lines are
// records of one empty field. One thread.
class CsvTokenizer {
 public:
  CsvTokenizer(RandomAccessFile& file, char delimiter, const CsvOptions& options,
               std::shared_ptr<MemoryTracker> tracker, size_t block_bytes = TextWindow::kBlockBytes);

  // The next record; false at the end. The fields are valid until the next call. Throws kBadCopyFileFormat for a
  // quote that is not closed or is followed by text.
  bool Next();
  const std::vector<CsvField>& fields() const { return fields_; }
  // Line that the record starts at, from 1.
  uint64_t line() const { return line_; }
  bool is_empty_line() const { return fields_.size() == 1 && fields_[0].text.empty() && !fields_[0].quoted; }
  const std::string& path() const { return window_.path(); }
  // The field's text without escapes; may use `scratch`.
  std::string_view TextOf(const CsvField& field, std::string& scratch) const;

 private:
  enum class Outcome : uint8_t { kRecord, kNeedsMore };
  Outcome Scan();
  // Past the closing quote, or null when the text ends before.
  const char* ScanQuoted(const char* at, const char* end);
  [[noreturn]] void ThrowMalformed(std::string_view what, uint64_t line) const;

  TextWindow window_;
  const char delimiter_;
  const char quote_;
  const char escape_;
  size_t position_ = 0;        // of the next record in the window
  uint64_t line_ = 0;          // of the current record
  uint64_t next_line_ = 1;     // of the next record
  uint64_t lines_inside_ = 0;  // line ends in quotes of the record being scanned
  std::vector<CsvField> fields_;
  bool is_special_[256] = {};
};

}  // namespace weir::csv
