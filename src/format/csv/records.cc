#include "format/csv/records.h"

namespace weir::csv {

CsvRecords::CsvRecords(std::shared_ptr<TextBlocks> blocks, char delimiter, const CsvOptions& options,
                       std::shared_ptr<MemoryTracker> tracker)
    : blocks_(std::move(blocks)), tracker_(std::move(tracker)), tokens_(blocks_->path(), delimiter, options) {}

bool CsvRecords::Next() {
  while (!tokens_.Next()) {
    if (!blocks_->Next(block_, tracker_)) return false;
    tokens_.Start(block_.data.get(), block_.size, block_.line);
    only_empty_before_ = block_.first;
  }
  is_first_ = only_empty_before_;
  only_empty_before_ = is_first_ && tokens_.is_empty_line();
  return true;
}

std::shared_ptr<TextBlocks> OpenCsvText(std::unique_ptr<RandomAccessFile> file, char delimiter,
                                        const CsvOptions& options, size_t block_bytes) {
  TextBlocks::Options text;
  text.compression = options.compression;
  text.skip_lines = options.skip_lines;
  text.block_bytes = block_bytes;
  text.record_hint = "A quote may not be closed; quote => '' reads quotes as text.";
  const auto divide = [delimiter, options](std::string_view bytes, bool /*first*/) {
    return CsvRecordsEnd(bytes, delimiter, options);
  };
  return std::make_shared<TextBlocks>(std::move(file), divide, std::move(text));
}

}  // namespace weir::csv
