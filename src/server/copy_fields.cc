#include "server/copy_fields.h"

#include <cctype>

namespace weir {

namespace {

// A backslash takes the meaning off what follows it, also off another.
bool IsEscaped(std::string_view text, size_t at) {
  size_t escapes = 0;
  while (at > escapes && text[at - escapes - 1] == '\\') ++escapes;
  return escapes % 2 != 0;
}

int HexDigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return (c | 0x20) - 'a' + 10;
}

}  // namespace

size_t CopyTextTokenizer::RowsEnd(std::string_view text) {
  size_t end = text.rfind('\n');
  while (end != std::string_view::npos && IsEscaped(text, end)) {
    end = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
  }
  return end == std::string_view::npos ? 0 : end + 1;
}

bool CopyTextTokenizer::Next() {
  fields_.clear();
  if (rest_.empty()) return false;
  const char* const begin = rest_.data();
  const char* const end = begin + rest_.size();
  const char* at = begin;
  const char* start = at;
  bool escaped = false;
  const auto add = [&](const char* to) {
    fields_.push_back({{start, static_cast<size_t>(to - start)}, escaped});
    escaped = false;
    start = to + 1;
  };
  while (at < end && *at != '\n') {
    if (*at == '\\') {
      escaped = true;
      at += at + 1 < end ? 2 : 1;
      continue;
    }
    if (*at == delimiter_) add(at);
    ++at;
  }
  const char* to = at;
  if (to > start && to[-1] == '\r') --to;
  row_ = {begin, static_cast<size_t>(to - begin)};
  add(to);
  if (at < end) ++at;
  rest_.remove_prefix(static_cast<size_t>(at - begin));
  return true;
}

std::string_view CopyTextTokenizer::TextOf(const CopyField& field, std::string& scratch) {
  if (!field.escaped) return field.text;
  const std::string_view raw = field.text;
  scratch.clear();
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 == raw.size()) {
      scratch += raw[i];
      continue;
    }
    const char escaped = raw[++i];
    constexpr std::string_view kLetters = "bfnrtv";
    constexpr std::string_view kMeanings = "\b\f\n\r\t\v";
    if (const size_t letter = kLetters.find(escaped); letter != std::string_view::npos) {
      scratch += kMeanings[letter];
    } else if (escaped == 'x') {
      int value = 0;
      int digits = 0;
      while (digits < 2 && i + 1 < raw.size() && std::isxdigit(static_cast<unsigned char>(raw[i + 1])) != 0) {
        value = value * 16 + HexDigitOf(raw[++i]);
        ++digits;
      }
      scratch += digits == 0 ? 'x' : static_cast<char>(value);
    } else if (escaped >= '0' && escaped <= '7') {
      int value = escaped - '0';
      for (int k = 0; k < 2 && i + 1 < raw.size() && raw[i + 1] >= '0' && raw[i + 1] <= '7'; ++k) {
        value = value * 8 + (raw[++i] - '0');
      }
      scratch += static_cast<char>(value & 0xFF);
    } else {
      scratch += escaped;
    }
  }
  return scratch;
}

}  // namespace weir
