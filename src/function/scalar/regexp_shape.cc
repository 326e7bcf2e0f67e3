#include "function/scalar/regexp_shape.h"

#include <algorithm>

#include "types/text_scan.h"

namespace weir {

namespace {

// The position behind a [set] that begins at `at`; npos when it does not end.
size_t EndOfSet(std::string_view pattern, size_t at) {
  ++at;
  if (at < pattern.size() && pattern[at] == '^') ++at;
  if (at < pattern.size() && pattern[at] == ']') ++at;
  while (at < pattern.size() && pattern[at] != ']') {
    if (pattern[at] == '\\') {
      at += 2;
    } else if (pattern.substr(at).starts_with("[:")) {
      const size_t end = pattern.find(":]", at + 2);
      if (end == pattern.npos) return pattern.npos;
      at = end + 2;
    } else {
      ++at;
    }
  }
  return at < pattern.size() ? at + 1 : pattern.npos;
}

// The position behind a (group) that begins at `at`.
size_t EndOfGroup(std::string_view pattern, size_t at) {
  size_t depth = 0;
  while (at < pattern.size()) {
    switch (pattern[at]) {
      case '\\':
        at += 2;
        continue;
      case '[':
        at = EndOfSet(pattern, at);
        continue;
      case '(':
        ++depth;
        break;
      case ')':
        if (--depth == 0) return at + 1;
        break;
      default:
        break;
    }
    ++at;
  }
  return pattern.npos;
}

// Collects the longest run of characters that come one after the other in every match.
class RequiredText {
 public:
  void Add(std::string_view character) {
    last_ = run_.size();
    run_ += character;
  }
  // What came last need not come.
  void DropLast() {
    if (!run_.empty()) run_.resize(last_);
    End();
  }
  void End() {
    if (run_.size() > best_.size()) best_ = run_;
    run_.clear();
    last_ = 0;
  }
  std::string Take() {
    End();
    return std::move(best_);
  }

 private:
  std::string run_, best_;
  size_t last_ = 0;  // where the last character of run_ begins
};

bool IsMeta(char c) {
  return std::string_view("\\[](){}*+?.^$|").find(c) != std::string_view::npos;
}

// Alternatives and flags that change how the rest is read are not looked into.
bool IsPlain(std::string_view pattern) {
  for (size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '|') return false;
    if (pattern.substr(at).starts_with("(?") && !pattern.substr(at).starts_with("(?:")) return false;
    // \Q...\E, \p{...}, \x{...} and the like have rules of their own.
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      const char next = pattern[++at];
      const bool is_simple = (!IsDigit(next) && !IsAsciiLetter(next)) ||
                             std::string_view("dDwWsSbBAz").find(next) != std::string_view::npos;
      if (!is_simple) return false;
    }
  }
  return true;
}

std::string RequiredOf(std::string_view pattern) {
  if (!IsPlain(pattern)) return {};
  RequiredText text;
  for (size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    switch (c) {
      case '\\':
        if (at + 1 >= pattern.size()) return {};
        if (IsAsciiLetter(pattern[at + 1])) {
          text.End();
          at += 2;
        } else {
          // An escaped character of several bytes: the others follow as plain ones.
          text.Add(pattern.substr(at + 1, 1));
          at += 2;
        }
        break;
      case '[':
        text.End();
        at = EndOfSet(pattern, at);
        break;
      case '(':
        text.End();
        at = EndOfGroup(pattern, at);
        break;
      case '*':
      case '?':
        text.DropLast();
        ++at;
        break;
      case '{':
        text.DropLast();
        at = pattern.find_first_not_of("0123456789,", at + 1);
        // No count of repeats, but a brace.
        if (at == pattern.npos || pattern[at] != '}') return {};
        ++at;
        break;
      case '+':
      case '.':
      case '^':
      case '$':
      case ')':
        text.End();
        ++at;
        break;
      default: {
        size_t end = at + 1;
        while (end < pattern.size() && (static_cast<uint8_t>(pattern[end]) & 0xC0) == 0x80) ++end;
        text.Add(pattern.substr(at, end - at));
        at = end;
      }
    }
    if (at == pattern.npos) return {};
  }
  return text.Take();
}

std::optional<RegexpShape::CharacterSet> SetOf(std::string_view pattern) {
  RegexpShape::CharacterSet out;
  if (pattern.ends_with('+')) {
    out.repeats = true;
    pattern.remove_suffix(1);
  }
  if (pattern == "\\d") pattern = "[0-9]";
  if (pattern.size() < 3 || !pattern.starts_with('[') || !pattern.ends_with(']')) return std::nullopt;
  const std::string_view members = pattern.substr(1, pattern.size() - 2);
  if (members[0] == '^') return std::nullopt;
  for (size_t at = 0; at < members.size();) {
    const char from = members[at];
    const bool is_range = at + 2 < members.size() && members[at + 1] == '-';
    const char to = is_range ? members[at + 2] : from;
    for (const char c : {from, to}) {
      if (static_cast<uint8_t>(c) >= 0x80 || c == '\\' || c == '[' || c == ']') return std::nullopt;
    }
    // A '-' that is no range's is not worth knowing the rules for.
    if (to < from || from == '-' || to == '-') return std::nullopt;
    for (size_t c = static_cast<uint8_t>(from); c <= static_cast<uint8_t>(to); ++c) out.has[c] = true;
    at += is_range ? 3 : 1;
  }
  return out;
}

}  // namespace

RegexpShape ShapeOfRegexp(std::string_view pattern) {
  RegexpShape out;
  out.set = SetOf(pattern);
  out.required = RequiredOf(pattern);
  out.is_literal = !out.required.empty() && out.required == pattern && std::ranges::none_of(pattern, IsMeta);
  return out;
}

}  // namespace weir
