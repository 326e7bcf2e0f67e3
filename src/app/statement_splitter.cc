#include "app/statement_splitter.h"

#include <algorithm>
#include <utility>

namespace weir::app {

namespace {

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

// Behind the quoted text that begins at `at`; npos when it does not end.
size_t SkipQuoted(std::string_view text, size_t at, bool backslashes) {
  const char quote = text[at];
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (backslashes && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (i + 1 < text.size() && text[i + 1] == quote) {
        ++i;
      } else {
        return i + 1;
      }
    }
  }
  return std::string_view::npos;
}

// The same for $tag$ ... $tag$; `at` + 1 when this dollar begins none.
size_t SkipDollars(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && IsWordCharacter(text[end])) ++end;
  const bool number = end > at + 1 && text[at + 1] >= '0' && text[at + 1] <= '9';
  if (end == text.size() || text[end] != '$' || number) return at + 1;
  const std::string_view tag = text.substr(at, end + 1 - at);
  const size_t close = text.find(tag, end + 1);
  return close == std::string_view::npos ? close : close + tag.size();
}

size_t SkipComment(std::string_view text, size_t at) {
  int depth = 0;
  for (size_t i = at; i + 1 < text.size(); ++i) {
    if (text[i] == '/' && text[i + 1] == '*') {
      ++depth;
      ++i;
    } else if (text[i] == '*' && text[i + 1] == '/') {
      ++i;
      if (--depth == 0) return i + 1;
    }
  }
  return std::string_view::npos;
}

// Behind blanks and comments; npos inside a comment that does not end.
size_t SkipNothing(std::string_view text, size_t at) {
  while (at < text.size()) {
    if (IsBlank(text[at])) {
      ++at;
    } else if (text.substr(at).starts_with("--")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (text.substr(at).starts_with("/*")) {
      at = SkipComment(text, at);
      if (at == std::string_view::npos) return at;
    } else {
      break;
    }
  }
  return at;
}

// Behind the semicolon that ends the statement at `at`; npos when there is none.
size_t EndOfStatement(std::string_view text, size_t at) {
  int parentheses = 0;
  while (at < text.size()) {
    const char c = text[at];
    size_t next = at + 1;
    if (c == '\'') {
      const bool escapes =
          at > 0 && (text[at - 1] == 'e' || text[at - 1] == 'E') && (at == 1 || !IsWordCharacter(text[at - 2]));
      next = SkipQuoted(text, at, escapes);
    } else if (c == '"') {
      next = SkipQuoted(text, at, false);
    } else if (c == '$' && (at == 0 || !IsWordCharacter(text[at - 1]))) {
      next = SkipDollars(text, at);
    } else if (text.substr(at).starts_with("--") || text.substr(at).starts_with("/*")) {
      next = SkipNothing(text, at);
    } else if (c == '(') {
      ++parentheses;
    } else if (c == ')') {
      --parentheses;
    } else if (c == ';' && parentheses <= 0) {
      return next;
    }
    if (next == std::string_view::npos) return next;
    at = next;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<StatementSplitter::Piece> StatementSplitter::Next() {
  const size_t begin = SkipNothing(pending_, at_);
  if (begin == std::string::npos || begin == pending_.size()) return std::nullopt;
  const bool is_command = pending_[begin] == '\\';
  const size_t end = is_command ? pending_.find('\n', begin) : EndOfStatement(pending_, begin);
  if (end == std::string::npos) return std::nullopt;
  Piece piece{pending_.substr(begin, end - begin), is_command};
  at_ = end;
  while (is_command && !piece.text.empty() && IsBlank(piece.text.back())) piece.text.pop_back();
  return piece;
}

std::string StatementSplitter::Rest() {
  const size_t begin = SkipNothing(pending_, at_);
  // A comment that does not end is the server's to complain about.
  std::string rest = pending_.substr(begin == std::string::npos ? at_ : begin);
  pending_.clear();
  at_ = 0;
  return rest;
}

bool StatementSplitter::idle() const {
  return SkipNothing(pending_, at_) == pending_.size();
}

}  // namespace weir::app
