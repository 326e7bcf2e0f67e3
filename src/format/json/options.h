#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "format/text_stream.h"

namespace weir::json {

// How records follow each other.
enum class JsonLayout : uint8_t {
  kLines,   // one value a line
  kArray,   // the elements of one array
  kValues,  // one value after the other, over any lines
};

// How the text of a file is to be read; what is unset is found out by looking at the file.
struct JsonOptions {
  std::optional<JsonLayout> layout;
  // Records are objects whose members are columns; otherwise there is one column, "json".
  std::optional<bool> records;
  size_t object_bytes_max = 16 << 20;
  size_t sample_records = 20'480;  // looked at for the types; 0: all
  size_t depth_max = SIZE_MAX;     // what lies deeper becomes json
  bool ignore_errors = false;      // leave out records that cannot be read
  TextCompression compression = TextCompression::kByName;
};

}  // namespace weir::json
