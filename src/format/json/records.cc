#include "format/json/records.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace weir::json {

namespace {

constexpr size_t kNpos = std::string_view::npos;
constexpr size_t kDetectBytes = 256 << 10;

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

size_t SkipBlanks(std::string_view text, size_t at) {
  while (at < text.size() && IsBlank(text[at])) ++at;
  return at;
}

// Past the closing quote of the string whose first character is at `at`, or npos.
size_t StringEnd(std::string_view text, size_t at) {
  const size_t start = at;
  for (;;) {
    const size_t quote = text.find('"', at);
    if (quote == kNpos) return kNpos;
    size_t escapes = 0;
    while (quote - escapes > start && text[quote - escapes - 1] == '\\') ++escapes;
    if (escapes % 2 == 0) return quote + 1;
    at = quote + 1;
  }
}

}  // namespace

size_t JsonValueEnd(std::string_view text, size_t at) {
  if (at >= text.size()) return kNpos;
  if (text[at] == '"') return StringEnd(text, at + 1);
  if (text[at] != '{' && text[at] != '[') {
    while (at < text.size() && !IsBlank(text[at]) && text[at] != ',' && text[at] != ']' && text[at] != '}') ++at;
    return at == text.size() ? kNpos : at;
  }
  size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = StringEnd(text, at + 1);
      if (at == kNpos) return kNpos;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return kNpos;
}

size_t JsonRecordsEnd(std::string_view text, JsonLayout layout, bool first) {
  if (layout == JsonLayout::kLines) {
    const size_t end = text.rfind('\n');
    return end == kNpos ? 0 : end + 1;
  }
  size_t at = SkipBlanks(text, 0);
  size_t last = 0;
  if (layout == JsonLayout::kArray && first && at < text.size() && text[at] == '[') ++at;
  for (;;) {
    at = SkipBlanks(text, at);
    if (at == text.size()) return last;
    const bool closes = text[at] == ']';
    // What should not be here is for the reader to find.
    if (closes || text[at] == ',' || text[at] == '}') return text.size();
    at = JsonValueEnd(text, at);
    if (at == kNpos) return last;
    if (layout == JsonLayout::kArray) {
      at = SkipBlanks(text, at);
      if (at == text.size()) return last;
      if (text[at] != ',') return text.size();
      ++at;
    }
    last = at;
  }
}

JsonShapeOfFile DetectJsonLayout(const OpenFile& open, const JsonOptions& options) {
  TextBlocks::Options start;
  start.compression = options.compression;
  start.block_bytes = kDetectBytes;
  TextBlocks blocks(open(), [](std::string_view text, bool) { return text.size(); }, start);
  TextBlock block;
  JsonShapeOfFile found;
  if (blocks.Next(block, nullptr)) {
    const std::string_view text = block.text();
    size_t at = SkipBlanks(text, 0);
    found.empty = at == text.size();
    if (!found.empty) {
      const bool opens_array = text[at] == '[';
      const size_t end = JsonValueEnd(text, at);
      const std::string_view value = text.substr(at, end - at);
      size_t behind = end == kNpos ? text.size() : end;
      while (behind < text.size() && IsBlank(text[behind]) && text[behind] != '\n') ++behind;
      const bool line_ends = behind == text.size() || text[behind] == '\n';
      const bool one_line = end != kNpos ? line_ends && value.find('\n') == kNpos : false;
      const bool more = SkipBlanks(text, behind) < text.size() || !block.last;
      if (opens_array && !(one_line && more)) {
        found.layout = JsonLayout::kArray;
      } else {
        // A value that the end of the text ends is a line too.
        const bool is_scalar_line = end == kNpos && block.last && text[at] != '{' && !opens_array;
        found.layout = one_line || is_scalar_line ? JsonLayout::kLines : JsonLayout::kValues;
      }
    }
    found.layout = options.layout.value_or(found.layout);
    if (found.layout == JsonLayout::kArray && at < text.size() && text[at] == '[') at = SkipBlanks(text, at + 1);
    found.records = at == text.size() || text[at] == '{' || (found.layout == JsonLayout::kArray && text[at] == ']');
  } else {
    found.empty = true;
    found.layout = options.layout.value_or(found.layout);
  }
  found.records = options.records.value_or(found.records);
  return found;
}

std::shared_ptr<TextBlocks> OpenJsonText(std::unique_ptr<RandomAccessFile> file, JsonLayout layout,
                                         const JsonOptions& options, size_t block_bytes) {
  TextBlocks::Options text;
  text.compression = options.compression;
  text.block_bytes = block_bytes;
  text.record_bytes_max = std::max(options.object_bytes_max, block_bytes);
  text.record_hint =
      "maximum_object_size => ... allows larger ones; a quote or bracket that is not closed also looks like this.";
  const auto divide = [layout](std::string_view bytes, bool first) { return JsonRecordsEnd(bytes, layout, first); };
  return std::make_shared<TextBlocks>(std::move(file), divide, std::move(text));
}

JsonRecords::JsonRecords(std::shared_ptr<TextBlocks> blocks, JsonLayout layout, const JsonOptions& options,
                         std::shared_ptr<MemoryTracker> tracker)
    : blocks_(std::move(blocks)), layout_(layout), options_(options), tracker_(std::move(tracker)) {}

uint64_t JsonRecords::line() const {
  return block_.line + CountLineEnds({block_.data.get(), static_cast<size_t>(record_.data() - block_.data.get())});
}

bool JsonRecords::Next() {
  while (!(layout_ == JsonLayout::kLines ? NextLine() : NextValue())) {
    if (!blocks_->Next(block_, tracker_)) return false;
    at_ = 0;
    after_comma_ = !block_.first;
    is_open_ = is_done_ = false;
  }
  if (record_.size() > options_.object_bytes_max) {
    throw Error::User(sqlstate::kProgramLimitExceeded,
                      "JSON value is larger than maximum_object_size ({} bytes): {} line {}", options_.object_bytes_max,
                      path(), line())
        .WithHint(fmt::format("It has {} bytes; maximum_object_size => ... allows larger ones.", record_.size()));
  }
  return true;
}

bool JsonRecords::NextLine() {
  const std::string_view text = block_.text();
  while (at_ < text.size()) {
    const size_t end = std::min(text.find('\n', at_), text.size());
    std::string_view line = text.substr(at_, end - at_);
    at_ = std::min(end + 1, text.size());
    while (!line.empty() && IsBlank(line.back())) line.remove_suffix(1);
    while (!line.empty() && IsBlank(line.front())) line.remove_prefix(1);
    if (line.empty()) continue;
    record_ = line;
    return true;
  }
  return false;
}

void JsonRecords::ThrowBetween(std::string_view what) {
  const std::string_view text = block_.text();
  record_ = text.substr(at_, 0);
  const std::string_view rest = text.substr(at_);
  const uint64_t at_line = line();
  at_ = text.size();
  is_done_ = true;
  if (options_.ignore_errors) return;
  throw Error::User(sqlstate::kBadCopyFileFormat, "malformed JSON: {}: {} line {}: \"{}\"", what, path(), at_line,
                    ShortenedText(rest))
      .WithHint("The option format says how values follow each other: newline_delimited, array or unstructured.");
}

bool JsonRecords::NextValue() {
  const std::string_view text = block_.text();
  const bool is_array = layout_ == JsonLayout::kArray;
  const auto fail = [&](std::string_view what) {
    ThrowBetween(what);
    return false;
  };
  if (text.empty() || is_done_) return false;
  at_ = SkipBlanks(text, at_);
  if (is_array && block_.first && !is_open_ && at_ < text.size()) {
    if (text[at_] != '[') return fail("the file is no array");
    is_open_ = true;
    at_ = SkipBlanks(text, at_ + 1);
  }
  if (at_ == text.size()) return is_array && block_.last && is_open_ ? fail("the array is not closed") : false;
  if (is_array && text[at_] == ']') {
    if (after_comma_) return fail("the array ends with a comma");
    at_ = SkipBlanks(text, at_ + 1);
    if (at_ < text.size()) return fail("something follows the array");
    is_done_ = true;
    return false;
  }
  if (text[at_] == ',' || text[at_] == ']' || text[at_] == '}') return fail("a value is expected");
  const size_t end = std::min(JsonValueEnd(text, at_), text.size());
  record_ = text.substr(at_, end - at_);
  at_ = end;
  after_comma_ = false;
  is_open_ = true;
  if (!is_array) return true;
  const size_t behind = SkipBlanks(text, end);
  if (behind == text.size() || text[behind] == ']') return true;
  at_ = behind;
  if (text[behind] != ',') return fail("a comma is expected");
  ++at_;
  after_comma_ = true;
  return true;
}

}  // namespace weir::json
