#pragma once

#include <memory>

#include "format/csv/tokenizer.h"
#include "format/text_blocks.h"

namespace weir::csv {

// The records of a file whose blocks may be shared with others: block by block, record by record. One thread.
class CsvRecords {
 public:
  CsvRecords(std::shared_ptr<TextBlocks> blocks, char delimiter, const CsvOptions& options,
             std::shared_ptr<MemoryTracker> tracker = nullptr);
  // The next record; false at the end.
  bool Next();
  // Nothing but empty lines is in front of the record in its file.
  bool is_first() const { return is_first_; }
  const CsvTokenizer& tokens() const { return tokens_; }

 private:
  const std::shared_ptr<TextBlocks> blocks_;
  const std::shared_ptr<MemoryTracker> tracker_;
  TextBlock block_;
  CsvTokenizer tokens_;
  bool is_first_ = false;
  bool only_empty_before_ = false;
};

// The text of a CSV file, for one reader or several; `delimiter` is known by now.
std::shared_ptr<TextBlocks> OpenCsvText(std::unique_ptr<RandomAccessFile> file, char delimiter,
                                        const CsvOptions& options, size_t block_bytes = TextBlocks::kBlockBytes);

}  // namespace weir::csv
