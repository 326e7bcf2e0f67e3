#pragma once

#include <cstdint>
#include <string>

#include "format/text_stream.h"
#include "types/type.h"
#include "types/value.h"

namespace weir {

// Reads the named options of a table function that reads files; each throws 22023 with the function's name.
class FormatOption {
 public:
  FormatOption(std::string_view function, const std::string& name, const Value& value)
      : function_(function), name_(name), value_(value) {}
  std::string Text() const;
  // One byte, or 0 for '' where that means "none".
  char Char(bool may_be_empty) const;
  bool Boolean() const;
  int64_t Integer() const;
  // Rows to look at: -1 (all) becomes 0.
  size_t SampleSize() const;
  // 'auto', 'none', 'gzip', 'zstd'
  TextCompression Compression() const;
  // {'a': 'bigint', 'b': 'text'} or 'a bigint, b text'
  Schema Columns() const;

 private:
  const std::string function_;
  const std::string& name_;
  const Value& value_;
};

}  // namespace weir
