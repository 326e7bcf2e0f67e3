#include "function/scalar/regexp_sequence_parser.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "function/scalar/utf8.h"
#include "types/text_scan.h"

namespace weir {

namespace {

constexpr uint32_t kNoMax = UINT32_MAX;
constexpr size_t kNodesMax = 100;
constexpr size_t kDepthMax = 20;

bool IsWord(int c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

template <typename F>
void AddAscii(std::array<bool, 256>& has, F f) {
  for (int c = 0; c < 128; ++c) {
    if (f(c)) has[static_cast<size_t>(c)] = true;
  }
}

void Complement(std::array<bool, 256>& has) {
  for (bool& c : has) c = !c;
}

// \d \w \s and what they do not have.
bool AddNamed(char name, std::array<bool, 256>& has) {
  std::array<bool, 256> named{};
  switch (name) {
    case 'd':
    case 'D':
      AddAscii(named, [](int c) { return c >= '0' && c <= '9'; });
      break;
    case 'w':
    case 'W':
      AddAscii(named, IsWord);
      break;
    case 's':
    case 'S':
      AddAscii(named, [](int c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; });
      break;
    default:
      return false;
  }
  if (name < 'a') Complement(named);
  for (size_t c = 0; c < has.size(); ++c) has[c] = has[c] || named[c];
  return true;
}

// The members of [:name:].
bool AddPosix(std::string_view name, std::array<bool, 256>& has) {
  const auto is_upper = [](int c) { return c >= 'A' && c <= 'Z'; };
  const auto is_lower = [](int c) { return c >= 'a' && c <= 'z'; };
  const auto is_digit = [](int c) { return c >= '0' && c <= '9'; };
  const auto is_alpha = [&](int c) { return is_upper(c) || is_lower(c); };
  if (name == "upper") {
    AddAscii(has, is_upper);
  } else if (name == "lower") {
    AddAscii(has, is_lower);
  } else if (name == "digit") {
    AddAscii(has, is_digit);
  } else if (name == "alpha") {
    AddAscii(has, is_alpha);
  } else if (name == "alnum") {
    AddAscii(has, [&](int c) { return is_alpha(c) || is_digit(c); });
  } else if (name == "word") {
    AddAscii(has, IsWord);
  } else if (name == "space") {
    AddAscii(has, [](int c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
  } else if (name == "punct") {
    AddAscii(has, [&](int c) { return c > ' ' && c < 0x7F && !is_alpha(c) && !is_digit(c); });
  } else if (name == "xdigit") {
    AddAscii(has, [&](int c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
  } else {
    return false;
  }
  return true;
}

// What an escaped character stands for, when it is one; otherwise 0.
char EscapedCharacter(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'f':
      return '\f';
    default:
      return static_cast<uint8_t>(c) < 0x80 && !IsAsciiLetter(c) && !IsDigit(c) && c != '_' ? c : '\0';
  }
}

}  // namespace

bool RegexpSequenceParser::Accept(std::string_view text) {
  if (!pattern_.substr(at_).starts_with(text)) return false;
  at_ += text.size();
  return true;
}

bool RegexpSequenceParser::Parse() {
  if (pattern_.find('\0') != pattern_.npos) return false;
  out_.anchored_ = Accept("^") || Accept("\\A");
  std::vector<Node> nodes;
  if (!ParseItems(nodes, 0) || !at_end() || nodes.size() >= kNodesMax) return false;
  nodes.push_back({.kind = Kind::kMatch});
  out_.nodes_ = std::move(nodes);
  return true;
}

// Up to the end of the group or of the expression.
bool RegexpSequenceParser::ParseItems(std::vector<Node>& nodes, size_t depth) {
  while (!at_end() && pattern_[at_] != ')') {
    if (!ParseItem(nodes, depth)) return false;
  }
  return true;
}

bool RegexpSequenceParser::ParseItem(std::vector<Node>& nodes, size_t depth) {
  if (Accept("(")) return depth < kDepthMax && ParseGroup(nodes, depth);
  if (Accept("$") || Accept("\\z")) {
    nodes.push_back({.kind = Kind::kEndOfText});
    Repeats repeats;
    return ParseRepeats(repeats) && repeats.is_once();
  }
  return ParseCharacter(nodes);
}

bool RegexpSequenceParser::ParseGroup(std::vector<Node>& nodes, size_t depth) {
  const bool has_number = !Accept("?:");
  if (has_number && !at_end() && pattern_[at_] == '?') return false;
  const uint32_t groups_before = groups_;
  if (has_number && ++groups_ > RegexpSequence::kGroupsMax) return false;
  const uint32_t slot = groups_ * 2;
  std::vector<Node> body;
  if (has_number) body.push_back({.kind = Kind::kSave, .begin = slot});
  if (!ParseItems(body, depth + 1) || !Accept(")")) return false;
  if (has_number) body.push_back({.kind = Kind::kSave, .begin = slot + 1});
  Repeats repeats;
  if (!ParseRepeats(repeats)) return false;
  if (repeats.is_optional()) {
    MakeOptional(body, repeats.lazy, groups_before, groups_);
  } else if (!repeats.is_once()) {
    return false;
  }
  nodes.insert(nodes.end(), body.begin(), body.end());
  return nodes.size() < kNodesMax;
}

void RegexpSequenceParser::MakeOptional(std::vector<Node>& body, bool lazy, uint32_t groups_before,
                                        uint32_t groups_after) {
  body.insert(body.begin(), Node{.kind = Kind::kOptional,
                                 .lazy = lazy,
                                 .begin = (groups_before + 1) * 2,
                                 .end = (groups_after + 1) * 2,
                                 .skip = static_cast<uint32_t>(body.size() + 1)});
  joins_ = false;
}

bool RegexpSequenceParser::ParseCharacter(std::vector<Node>& nodes) {
  Set set;
  std::string character;  // empty: one of the set
  const char c = pattern_[at_];
  switch (c) {
    case '*':
    case '+':
    case '?':
    case '{':
    case '}':
    case ']':
    case '|':
    case '^':
      return false;
    case '[':
      ++at_;
      if (!ParseBrackets(set)) return false;
      break;
    case '.':
      ++at_;
      set.has.fill(true);
      set.has['\n'] = dot_matches_newline_;
      break;
    case '\\':
      ++at_;
      if (!ParseEscape(set, character)) return false;
      break;
    default: {
      const size_t width = std::min(Utf8Width(c), pattern_.size() - at_);
      character = pattern_.substr(at_, width);
      at_ += width;
    }
  }
  Repeats repeats;
  if (!ParseRepeats(repeats)) return false;
  if (!character.empty()) {
    if (repeats.is_once()) {
      AddText(character, nodes);
      return true;
    }
    if (character.size() > 1) {
      if (!repeats.is_optional()) return false;
      std::vector<Node> body;
      AddText(character, body);
      MakeOptional(body, repeats.lazy, groups_, groups_);
      nodes.insert(nodes.end(), body.begin(), body.end());
      return true;
    }
    set.has[static_cast<uint8_t>(character[0])] = true;
  }
  if (!AddSet(set, nodes)) return false;
  nodes.back().min = repeats.min;
  nodes.back().max = repeats.max;
  nodes.back().lazy = repeats.lazy;
  return true;
}

bool RegexpSequenceParser::ParseEscape(Set& set, std::string& character) {
  if (at_end()) return false;
  const char c = pattern_[at_++];
  if (AddNamed(c, set.has)) return true;
  const char escaped = EscapedCharacter(c);
  character.assign(escaped == '\0' ? 0 : 1, escaped);
  return escaped != '\0';
}

bool RegexpSequenceParser::ParseCount(uint32_t& out) {
  const size_t begin = at_;
  out = 0;
  while (!at_end() && IsDigit(pattern_[at_]) && at_ - begin < 5)
    out = out * 10 + static_cast<uint32_t>(pattern_[at_++] - '0');
  return at_ > begin;
}

bool RegexpSequenceParser::ParseRepeats(Repeats& out) {
  if (at_end()) return true;
  if (Accept("*")) {
    out = {0, kNoMax};
  } else if (Accept("+")) {
    out = {1, kNoMax};
  } else if (Accept("?")) {
    out = {0, 1};
  } else if (Accept("{")) {
    if (!ParseCount(out.min)) return false;
    out.max = out.min;
    if (Accept(",") && !ParseCount(out.max)) out.max = kNoMax;
    if (!Accept("}") || out.max == 0) return false;
  } else {
    return true;
  }
  out.lazy = Accept("?");
  return at_end() || std::string_view("*+?{").find(pattern_[at_]) == std::string_view::npos;
}

// Behind the opening bracket.
bool RegexpSequenceParser::ParseBrackets(Set& set) {
  const bool negated = Accept("^");
  for (bool first = true;; first = false) {
    if (at_end()) return false;
    if (Accept("]")) {
      if (first) return false;
      break;
    }
    // A '-' that is no range's must be first or last.
    if (pattern_[at_] == '-' && !first && !pattern_.substr(at_).starts_with("-]")) return false;
    if (!ParseMember(set)) return false;
  }
  if (negated) Complement(set.has);
  return true;
}

bool RegexpSequenceParser::ParseMember(Set& set) {
  if (Accept("[:")) {
    const size_t end = pattern_.find(":]", at_);
    if (end == pattern_.npos || !AddPosix(pattern_.substr(at_, end - at_), set.has)) return false;
    at_ = end + 2;
    return true;
  }
  const auto one = [&]() -> char {
    if (at_end()) return '\0';
    const char c = pattern_[at_++];
    if (c == '\\') return at_end() ? '\0' : EscapedCharacter(pattern_[at_++]);
    return static_cast<uint8_t>(c) < 0x80 && c != '[' ? c : '\0';
  };
  if (pattern_[at_] == '\\' && at_ + 1 < pattern_.size() && AddNamed(pattern_[at_ + 1], set.has)) {
    at_ += 2;
    return at_end() || pattern_[at_] != '-' || pattern_.substr(at_).starts_with("-]");
  }
  const char from = one();
  char to = from;
  if (pattern_.substr(at_).starts_with("-") && !pattern_.substr(at_).starts_with("-]")) {
    ++at_;
    if (!at_end() && pattern_[at_] == ']') return false;
    to = one();
  }
  if (from == '\0' || to == '\0' || to < from) return false;
  for (size_t c = static_cast<uint8_t>(from); c <= static_cast<uint8_t>(to); ++c) set.has[c] = true;
  return true;
}

void RegexpSequenceParser::AddText(std::string_view text, std::vector<Node>& nodes) {
  const auto begin = static_cast<uint32_t>(out_.texts_.size());
  out_.texts_ += text;
  const auto end = static_cast<uint32_t>(out_.texts_.size());
  if (joins_ && !nodes.empty() && nodes.back().kind == Kind::kText && nodes.back().end == begin) {
    nodes.back().end = end;
  } else {
    nodes.push_back({.kind = Kind::kText, .begin = begin, .end = end});
  }
  joins_ = true;
}

bool RegexpSequenceParser::AddSet(const Set& set, std::vector<Node>& nodes) {
  if (std::ranges::none_of(set.has, std::identity())) return false;
  nodes.push_back({.kind = Kind::kSet, .begin = static_cast<uint32_t>(out_.sets_.size())});
  out_.sets_.push_back(set);
  out_.sets_.back().has_all = std::ranges::all_of(set.has, std::identity());
  return nodes.size() < kNodesMax;
}

}  // namespace weir
