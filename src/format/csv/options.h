#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "format/text_stream.h"

namespace weir::csv {

// How the text of a file is to be read; what is unset is found out by looking at the file.
struct CsvOptions {
  std::optional<char> delimiter;
  char quote = '"';   // 0: none
  char escape = '"';  // inside quotes, before a quote or itself
  std::optional<bool> header;
  // Texts that stand for NULL, unless they are quoted and the column is varchar. An empty unquoted field of any other
  // type is always NULL.
  std::vector<std::string> null_strings = {""};
  size_t skip_lines = 0;           // before the header
  size_t sample_records = 20'000;  // looked at for the types; 0: all
  bool all_varchar = false;
  bool ignore_errors = false;  // leave out rows that cannot be read
  TextCompression compression = TextCompression::kByName;
};

}  // namespace weir::csv
