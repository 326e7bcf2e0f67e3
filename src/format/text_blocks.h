#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "format/text_stream.h"
#include "runtime/memory_tracker.h"

namespace weir {

// A piece of a text file that holds whole records.
struct TextBlock {
  // Readable (and zero) behind the text, as simdjson and wide loads want.
  static constexpr size_t kPaddingBytes = 64;

  std::unique_ptr<char[]> data;
  size_t size = 0;
  size_t capacity = 0;
  uint64_t line = 1;   // that it starts at, from 1
  bool first = false;  // of its file
  bool last = false;
  ScopedReservation reservation;

  std::string_view text() const { return {data.get(), size}; }
};

// Divides the text of a file into blocks of whole records and hands them out, each to whoever asks next: reading and
// unpacking go one after the other, parsing side by side. A byte-order mark at the start is skipped; UTF-16 is an
// error. Threads: all methods from any thread.
class TextBlocks {
 public:
  static constexpr size_t kBlockBytes = 1 << 20;
  static constexpr size_t kRecordBytesMax = 256 << 20;

  // Bytes of `text`, which starts with a record, up to the end of its last whole record; 0: there is none yet.
  // `first`: the text is the start of the file.
  using Divide = std::function<size_t(std::string_view text, bool first)>;
  struct Options {
    TextCompression compression = TextCompression::kByName;
    size_t skip_lines = 0;
    size_t block_bytes = kBlockBytes;
    size_t record_bytes_max = kRecordBytesMax;
    std::string record_hint = "A quote or bracket may not be closed.";  // for a record that is too large
  };

  TextBlocks(std::unique_ptr<RandomAccessFile> file, Divide divide, Options options);
  ~TextBlocks();

  // Refills `block`, keeping its memory, which `tracker` (may be null) pays for; false at the end. Throws for files
  // that cannot be read and for records that are too large.
  bool Next(TextBlock& block, const std::shared_ptr<MemoryTracker>& tracker);
  const std::string& path() const { return file_->path(); }

 private:
  void Start();
  void Enlarge(TextBlock& block, size_t used, size_t capacity);

  const std::unique_ptr<RandomAccessFile> file_;
  const Divide divide_;
  const Options options_;

  std::mutex mutex_;  // guards the below while a block is read
  std::unique_ptr<TextStream> stream_;
  std::string left_;  // read, but not handed out: the start of a record
  uint64_t line_ = 1;
  bool started_ = false;
  bool at_end_ = false;
};

// How many readers a file of so many bytes is worth.
size_t TextLanes(uint64_t bytes, bool packed);
uint64_t CountLineEnds(std::string_view text);

}  // namespace weir
