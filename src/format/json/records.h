#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "format/json/options.h"
#include "format/text_blocks.h"

namespace weir::json {

// End of the JSON value that starts at `at`, by brackets and quotes alone; npos when it does not end in the text.
size_t JsonValueEnd(std::string_view text, size_t at);
// Bytes of `text`, which starts with a record, up to the end of its last whole record; 0: there is none yet.
// `first`: the text is the start of the file.
size_t JsonRecordsEnd(std::string_view text, JsonLayout layout, bool first);

// Opens the file that is looked at, from its start; called several times.
using OpenFile = std::function<std::unique_ptr<RandomAccessFile>()>;

struct JsonShapeOfFile {
  JsonLayout layout = JsonLayout::kLines;
  bool records = true;
  bool empty = false;
};
// What the options leave open is seen from the start of the file: an array, or whether its first line is a value.
JsonShapeOfFile DetectJsonLayout(const OpenFile& open, const JsonOptions& options);

// The text of a JSON file, for one reader or several.
std::shared_ptr<TextBlocks> OpenJsonText(std::unique_ptr<RandomAccessFile> file, JsonLayout layout,
                                         const JsonOptions& options, size_t block_bytes = TextBlocks::kBlockBytes);

// The records of a file whose blocks may be shared with others. One thread.
class JsonRecords {
 public:
  JsonRecords(std::shared_ptr<TextBlocks> blocks, JsonLayout layout, const JsonOptions& options,
              std::shared_ptr<MemoryTracker> tracker = nullptr);
  // The next record; false at the end. Throws kBadCopyFileFormat for what is between records and should not be; with
  // ignore_errors the rest of an array is left out then.
  bool Next();
  // As it lies in the file, without blanks around it; 64 bytes behind it are readable.
  std::string_view record() const { return record_; }
  uint64_t line() const;  // that it starts at
  const std::string& path() const { return blocks_->path(); }

 private:
  bool NextLine();
  bool NextValue();
  void ThrowBetween(std::string_view what);

  const std::shared_ptr<TextBlocks> blocks_;
  const JsonLayout layout_;
  const JsonOptions options_;
  const std::shared_ptr<MemoryTracker> tracker_;
  TextBlock block_;
  size_t at_ = 0;  // in the block
  // Of an array, in this block: behind its comma, behind its bracket or a value, behind its end.
  bool after_comma_ = false;
  bool is_open_ = false;
  bool is_done_ = false;
  std::string_view record_;
};

}  // namespace weir::json
