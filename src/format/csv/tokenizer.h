#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "format/csv/options.h"

namespace weir::csv {

// A field as it lies in the file, without its quotes. `escaped`: holds escape characters still.
struct CsvField {
  std::string_view text;
  bool quoted = false;
  bool escaped = false;
};

// Bytes of `text`, which starts with a record, up to the end of its last whole record; 0: there is none yet.
size_t CsvRecordsEnd(std::string_view text, char delimiter, const CsvOptions& options);

// Divides text into records and fields (RFC 4180, with other delimiters, quotes and line ends). Empty lines are
// records of one empty field. One thread.
class CsvTokenizer {
 public:
  // `path` is for messages.
  CsvTokenizer(std::string path, char delimiter, const CsvOptions& options);

  // Goes on with whole records at `data`, which starts with line `line`; 64 bytes behind them are readable. Borrows.
  void Start(const char* data, size_t size, uint64_t line);
  // The next record; false at the end of the text. The fields are valid until the next call. Throws
  // kBadCopyFileFormat for a quote that is not closed or is followed by text; with ignore_errors such lines are left
  // out.
  bool Next();
  const std::vector<CsvField>& fields() const { return fields_; }
  // Line that the record starts at, from 1.
  uint64_t line() const { return line_; }
  // Line behind the record.
  uint64_t next_line() const { return next_line_; }
  bool is_empty_line() const { return fields_.size() == 1 && fields_[0].text.empty() && !fields_[0].quoted; }
  const std::string& path() const { return path_; }
  // The record as it lies in the text, with its line end.
  std::string_view record() const { return {record_, static_cast<size_t>(at_ - record_)}; }
  // Lines left out because of ignore_errors.
  uint64_t lines_ignored() const { return lines_ignored_; }
  // The field's text without escapes; may use `scratch`.
  std::string_view TextOf(const CsvField& field, std::string& scratch) const;

 private:
  // Past the closing quote, or null when the text ends before.
  const char* ScanQuoted(const char* at);
  // The next delimiter or line end at or behind `at`, or the end.
  const char* FindSpecial(const char* at);
  uint64_t SpecialsOf(const char* at) const;
  // Leaves the line out, or throws.
  void SkipMalformed(std::string_view what, uint64_t line);

  const std::string path_;
  const char delimiter_;
  const char quote_;
  const char escape_;
  const bool ignore_errors_;
  const char* at_ = nullptr;  // the next record
  const char* end_ = nullptr;
  const char* record_ = nullptr;
  // Which of the 64 bytes from specials_at_ on are delimiters or line ends.
  const char* specials_at_ = nullptr;
  uint64_t specials_ = 0;
  uint64_t line_ = 0;          // of the current record
  uint64_t next_line_ = 1;     // of the next record
  uint64_t lines_inside_ = 0;  // line ends in quotes of the record being scanned
  uint64_t lines_ignored_ = 0;
  std::vector<CsvField> fields_;
};

}  // namespace weir::csv
