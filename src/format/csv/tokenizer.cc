#include "format/csv/tokenizer.h"

#include <bit>
#include <cstring>

#include "base/error.h"
#include "format/text_blocks.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir::csv {

namespace {

constexpr size_t kWindow = 64;

const char* Find(const char* at, const char* end, char c) {
  const void* found = std::memchr(at, c, static_cast<size_t>(end - at));
  return found == nullptr ? end : static_cast<const char*>(found);
}

// Past the last line end in [from, to), or null. A lone \r at the very end may be half of a \r\n.
const char* LastLineEnd(const char* from, const char* to, bool at_end) {
  const auto size = static_cast<size_t>(to - from);
  if (const void* found = ::memrchr(from, '\n', size)) return static_cast<const char*>(found) + 1;
  const void* found = ::memrchr(from, '\r', at_end && size > 0 ? size - 1 : size);
  return found == nullptr ? nullptr : static_cast<const char*>(found) + 1;
}

// Past the quote that closes what starts at `at`, or null.
const char* PastQuoted(const char* at, const char* end, char quote, char escape) {
  for (;;) {
    if (escape == quote) {
      at = Find(at, end, quote);
    } else {
      while (at < end && *at != quote && *at != escape) ++at;
    }
    // A quote at the very end may be the first half of an escaped one.
    if (at + 1 >= end) return nullptr;
    if (*at == escape && (at[1] == quote || at[1] == escape)) {
      at += 2;
    } else if (*at == quote) {
      return at + 1;
    } else {
      ++at;
    }
  }
}

}  // namespace

size_t CsvRecordsEnd(std::string_view text, char delimiter, const CsvOptions& options) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* last = begin;
  const char* outside = begin;  // where the stretch outside quotes starts
  const char* at = begin;
  while (options.quote != 0) {
    at = Find(at, end, options.quote);
    if (at == end) break;
    // Only a quote at the start of a field opens.
    const bool opens = at == begin || at[-1] == delimiter || at[-1] == '\n' || at[-1] == '\r';
    if (!opens) {
      ++at;
      continue;
    }
    if (const char* line = LastLineEnd(outside, at, false)) last = line;
    at = PastQuoted(at + 1, end, options.quote, options.escape);
    if (at == nullptr) return static_cast<size_t>(last - begin);
    outside = at;
  }
  if (const char* line = LastLineEnd(outside, end, true)) last = line;
  return static_cast<size_t>(last - begin);
}

CsvTokenizer::CsvTokenizer(std::string path, char delimiter, const CsvOptions& options)
    : path_(std::move(path)),
      delimiter_(delimiter),
      quote_(options.quote),
      escape_(options.escape),
      ignore_errors_(options.ignore_errors) {}

void CsvTokenizer::Start(const char* data, size_t size, uint64_t line) {
  at_ = record_ = data;
  end_ = data + size;
  next_line_ = line;
  specials_at_ = data;
  specials_ = size == 0 ? 0 : SpecialsOf(data);
}

uint64_t CsvTokenizer::SpecialsOf(const char* at) const {
  uint64_t mask = 0;
#if defined(__SSE2__)
  const __m128i delimiter = _mm_set1_epi8(delimiter_);
  const __m128i newline = _mm_set1_epi8('\n');
  const __m128i carriage = _mm_set1_epi8('\r');
  for (size_t i = 0; i < kWindow; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
    const __m128i hits = _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiter),
                                      _mm_or_si128(_mm_cmpeq_epi8(bytes, newline), _mm_cmpeq_epi8(bytes, carriage)));
    mask |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(hits))) << i;
  }
#else
  for (size_t i = 0; i < kWindow; ++i) {
    if (at[i] == delimiter_ || at[i] == '\n' || at[i] == '\r') mask |= uint64_t{1} << i;
  }
#endif
  return mask;
}

const char* CsvTokenizer::FindSpecial(const char* at) {
  for (;;) {
    const auto offset = static_cast<size_t>(at - specials_at_);
    if (offset < kWindow) {
      const uint64_t rest = specials_ >> offset;
      if (rest != 0) {
        at += std::countr_zero(rest);
        return at < end_ ? at : end_;
      }
      at = specials_at_ + kWindow;
    }
    if (at >= end_) return end_;
    specials_at_ = at;
    specials_ = SpecialsOf(at);
  }
}

const char* CsvTokenizer::ScanQuoted(const char* at) {
  CsvField field{.quoted = true};
  const char* const start = at;
  if (escape_ == quote_) {
    for (;;) {
      at = Find(at, end_, quote_);
      if (at == end_) return nullptr;
      if (at + 1 == end_ || at[1] != quote_) break;
      field.escaped = true;
      at += 2;
    }
    field.text = {start, static_cast<size_t>(at - start)};
    lines_inside_ += CountLineEnds(field.text);
    fields_.push_back(field);
    return at + 1;
  }
  for (; at < end_; ++at) {
    if (*at == escape_ && (escape_ != quote_ || (at + 1 < end_ && at[1] == quote_))) {
      if (at + 1 < end_ && (at[1] == quote_ || at[1] == escape_)) {
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

bool CsvTokenizer::Next() {
  while (at_ < end_) {
    const char* at = record_ = at_;
    fields_.clear();
    lines_inside_ = 0;
    line_ = next_line_;
    bool whole = true;
    for (;;) {
      if (at < end_ && quote_ != 0 && *at == quote_) {
        at = ScanQuoted(at + 1);
        if (at == nullptr) {
          SkipMalformed("quote is not closed", line_);
          whole = false;
          break;
        }
        if (at < end_ && *at != delimiter_ && *at != '\n' && *at != '\r') {
          SkipMalformed("text after a closing quote", line_ + lines_inside_);
          whole = false;
          break;
        }
      } else {
        const char* const start = at;
        at = FindSpecial(at);
        fields_.push_back({.text = {start, static_cast<size_t>(at - start)}});
      }
      if (at == end_) break;
      if (*at == delimiter_) {
        ++at;
        continue;
      }
      if (*at == '\r' && at + 1 < end_ && at[1] == '\n') ++at;
      ++at;
      break;
    }
    if (!whole) continue;
    at_ = at;
    next_line_ = line_ + lines_inside_ + 1;
    return true;
  }
  return false;
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

void CsvTokenizer::SkipMalformed(std::string_view what, uint64_t line) {
  if (!ignore_errors_) {
    throw Error::User(sqlstate::kBadCopyFileFormat, "malformed CSV: {}: {} line {}", what, path_, line)
        .WithHint(
            "The options quote and escape say how fields are quoted; quote => '' means not at all; "
            "ignore_errors => true leaves out such rows.");
  }
  // The next line may be whole again.
  const char* const line_end = Find(record_, end_, '\n');
  at_ = line_end == end_ ? end_ : line_end + 1;
  next_line_ = line_ + 1;
  ++lines_ignored_;
  specials_at_ = at_;
  specials_ = at_ < end_ ? SpecialsOf(at_) : 0;
}

}  // namespace weir::csv
