#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "env/file_system.h"

namespace weir {

// The bytes of a text file from front to back, unpacked when its name ends in .gz or .zst. One thread.
class TextStream {
 public:
  virtual ~TextStream() = default;
  // Fills `out`; fewer bytes only at the end. Throws kDataCorrupted when the file cannot be unpacked.
  virtual size_t Read(std::span<char> out) = 0;
};

enum class TextCompression : uint8_t { kByName, kNone, kGzip, kZstd };

// The file must outlive the stream.
std::unique_ptr<TextStream> OpenTextStream(RandomAccessFile& file,
                                           TextCompression compression = TextCompression::kByName);
// What kByName means for the file.
TextCompression CompressionOf(std::string_view path, TextCompression compression);

// False unless the text is UTF-8.
bool IsUtf8(std::string_view text);
// At most some 60 bytes of the text, for messages; cut between characters.
std::string ShortenedText(std::string_view text);

}  // namespace weir
