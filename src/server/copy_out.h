#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "column/chunk.h"
#include "server/session.h"
#include "types/text.h"

namespace weir {

// Writes rows in COPY's text, csv or json format. One thread.
class CopyFormatter {
 public:
  CopyFormatter(const Schema& schema, const CopyOptions& options, std::string time_zone, const TextStyle& style);
  CopyFormatter(const CopyFormatter&) = delete;
  CopyFormatter& operator=(const CopyFormatter&) = delete;

  // What stands before the rows (a header, an array's bracket), between them (with its line end) and after them.
  void AppendHeader(std::string& out) const;
  void AppendRows(const Chunk& chunk, std::string& out);
  // The same row by row: Start, then AppendRow for the chunk's rows (physical positions).
  void Start(const Chunk& chunk);
  void AppendRow(size_t row, std::string& out);
  void AppendFooter(std::string& out) const;

 private:
  void AppendField(std::string_view text, bool force_quote, std::string& out) const;
  void AppendTextField(std::string_view text, std::string& out) const;
  void AppendCsvField(std::string_view text, bool force_quote, std::string& out) const;

  const Schema schema_;
  const CopyOptions options_;
  const std::string time_zone_;
  TextOptions text_;
  std::vector<ColumnView> views_;  // of the chunk at hand
  std::string cell_;
  std::vector<bool> force_quote_;
  std::vector<std::string> json_keys_;  // with quotes and colon
  bool is_special_[256] = {};           // in csv fields: what makes them quoted
  uint64_t rows_ = 0;
};

}  // namespace weir
