#pragma once

#include <memory>
#include <string_view>

#include "env/file_system.h"
#include "format/text_stream.h"

namespace weir {

// Writes a text file from front to back, packed or not. One thread.
class TextSink {
 public:
  virtual ~TextSink() = default;
  virtual void Write(std::string_view text) = 0;
  // Nothing may be written afterwards; the file is left open.
  virtual void Finish() = 0;
};

// The file must outlive the sink. `compression` is not kByName.
std::unique_ptr<TextSink> OpenTextSink(WritableFile& file, TextCompression compression);

}  // namespace weir
