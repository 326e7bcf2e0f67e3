#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "env/file_system.h"
#include "runtime/memory_tracker.h"

namespace weir {

// The bytes of a text file from front to back, unpacked when its name ends in .gz or .zst. One thread.
class TextStream {
 public:
  virtual ~TextStream() = default;
  // Fills `out`; fewer bytes only at the end. Throws kDataCorrupted when the file cannot be unpacked.
  virtual size_t Read(std::span<char> out) = 0;
};

// The file must outlive the stream.
std::unique_ptr<TextStream> OpenTextStream(RandomAccessFile& file);

// The part of a text file that a parser looks at: records are parsed where they lie, and what has been parsed makes
// room for the next block. A byte-order mark at the start is skipped; UTF-16 is an error. One thread.
class TextWindow {
 public:
  static constexpr size_t kBlockBytes = 4 << 20;
  static constexpr size_t kRecordBytesMax = 256 << 20;
  // Readable (and zero) behind the text, as simdjson wants.
  static constexpr size_t kPaddingBytes = 64;

  TextWindow(RandomAccessFile& file, std::shared_ptr<MemoryTracker> tracker, size_t block_bytes = kBlockBytes);
  ~TextWindow();

  const char* data() const { return data_.get(); }
  size_t size() const { return size_; }
  bool at_end() const { return at_end_; }
  const std::string& path() const { return file_.path(); }
  // Drops the first `used` bytes and reads on; all pointers into the text become invalid. Afterwards either size()
  // has grown beyond what was left, or at_end(). Throws when a single record exceeds kRecordBytesMax.
  void ReadOn(size_t used);

 private:
  void Reallocate(size_t capacity);

  RandomAccessFile& file_;
  std::unique_ptr<TextStream> stream_;
  ScopedReservation reservation_;
  const size_t block_bytes_;
  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0;
  size_t size_ = 0;
  bool at_end_ = false;
};

// False unless the text is UTF-8.
bool IsUtf8(std::string_view text);
// At most some 60 bytes of the text, for messages; cut between characters.
std::string ShortenedText(std::string_view text);

}  // namespace weir
