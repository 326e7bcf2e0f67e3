#include "format/csv/tokenizer.h"

#include "base/error.h"

namespace weir::csv {

CsvTokenizer::CsvTokenizer(RandomAccessFile& file, char delimiter, const CsvOptions& options,
                           std::shared_ptr<MemoryTracker> tracker, size_t block_bytes)
    : window_(file, std::move(tracker), block_bytes),
      delimiter_(delimiter),
      quote_(options.quote),
      escape_(options.escape) {
  for (const char special : {delimiter_, '\n', '\r'}) is_special_[static_cast<unsigned char>(special)] = true;
}

bool CsvTokenizer::Next() {
  for (;;) {
    if (position_ < window_.size() && Scan() == Outcome::kRecord) return true;
    if (window_.at_end()) return false;
    window_.ReadOn(position_);
    position_ = 0;
  }
}

const char* CsvTokenizer::ScanQuoted(const char* at, const char* end) {
  CsvField field{.quoted = true};
  const char* const start = at;
  for (; at < end; ++at) {
    if (*at == escape_ && (escape_ != quote_ || (at + 1 < end && at[1] == quote_))) {
      if (at + 1 < end && (at[1] == quote_ || at[1] == escape_)) {
        field.escaped = true;
        ++at;
      }
    } else if (*at == quote_) {
      field.text = {start, static_cast<size_t>(at - start)};
      fields_.push_back(field);
      return at + 1;
    } else if (*at == '\n') {
      ++lines_inside_;
    }
  }
  return nullptr;
}

// Scans one record from position_. Decisions that hang on the byte behind the window wait for it, unless the file
// ends there.
CsvTokenizer::Outcome CsvTokenizer::Scan() {
  const char* at = window_.data() + position_;
  const char* const end = window_.data() + window_.size();
  fields_.clear();
  lines_inside_ = 0;
  line_ = next_line_;
  for (;;) {
    if (at < end && quote_ != 0 && *at == quote_) {
      at = ScanQuoted(at + 1, end);
      // A quote at the very end may be the first half of an escaped one.
      if ((at == nullptr || at == end) && !window_.at_end()) return Outcome::kNeedsMore;
      if (at == nullptr) ThrowMalformed("quote is not closed", line_);
      if (at < end && !is_special_[static_cast<unsigned char>(*at)]) {
        ThrowMalformed("text after a closing quote", line_ + lines_inside_);
      }
    } else {
      const char* const start = at;
      while (at < end && !is_special_[static_cast<unsigned char>(*at)]) ++at;
      fields_.push_back({.text = {start, static_cast<size_t>(at - start)}});
    }
    if (at == end) {
      if (!window_.at_end()) return Outcome::kNeedsMore;
      break;
    }
    if (*at == delimiter_) {
      ++at;
      continue;
    }
    if (*at == '\r') {
      if (at + 1 == end && !window_.at_end()) return Outcome::kNeedsMore;
      if (at + 1 < end && at[1] == '\n') ++at;
    }
    ++at;
    break;
  }
  position_ = static_cast<size_t>(at - window_.data());
  next_line_ = line_ + lines_inside_ + 1;
  return Outcome::kRecord;
}

std::string_view CsvTokenizer::TextOf(const CsvField& field, std::string& scratch) const {
  if (!field.escaped) return field.text;
  scratch.clear();
  for (size_t i = 0; i < field.text.size(); ++i) {
    const bool escapes = field.text[i] == escape_ && i + 1 < field.text.size() &&
                         (field.text[i + 1] == quote_ || field.text[i + 1] == escape_);
    if (escapes) ++i;
    scratch += field.text[i];
  }
  return scratch;
}

void CsvTokenizer::ThrowMalformed(std::string_view what, uint64_t line) const {
  throw Error::User(sqlstate::kBadCopyFileFormat, "malformed CSV: {}: {} line {}", what, window_.path(), line)
      .WithHint("The options quote and escape say how fields are quoted; quote => '' means not at all.");
}

}  // namespace weir::csv
