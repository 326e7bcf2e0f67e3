#include "function/scalar/regexp_pattern.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <re2/re2.h>

#include "base/error.h"
#include "base/find_text.h"
#include "function/scalar/utf8.h"
#include "types/text_scan.h"

namespace weir {

namespace {

// What RE2 writes in another way.
std::string Translate(std::string_view pattern, bool expanded) {
  std::string out;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      const char next = pattern[++i];
      if (!in_class && (next == 'y' || next == 'm' || next == 'M'))
        out += "\\b";
      else if (!in_class && next == 'Y')
        out += "\\B";
      else if (!in_class && next == 'Z')
        out += "\\z";
      else
        (out += c) += next;
      continue;
    }
    if (in_class) {
      if (c == '[' && i + 1 < pattern.size() &&
          (pattern[i + 1] == ':' || pattern[i + 1] == '.' || pattern[i + 1] == '=')) {
        const size_t end = pattern.find(']', i + 2);
        if (end != pattern.npos) {
          out += pattern.substr(i, end + 1 - i);
          i = end;
          continue;
        }
      }
      in_class = c != ']';
      out += c;
      continue;
    }
    if (c == '[') {
      if (pattern.substr(i).starts_with("[[:<:]]") || pattern.substr(i).starts_with("[[:>:]]")) {
        out += "\\b";
        i += 6;
        continue;
      }
      in_class = true;
      out += c;
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') out += pattern[++i];
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') {  // a leading ']' is literal
        out += "\\]";
        ++i;
      }
      continue;
    }
    if (expanded && IsSpace(c)) continue;
    if (expanded && c == '#') {
      while (i + 1 < pattern.size() && pattern[i + 1] != '\n') ++i;
      continue;
    }
    out += c;
  }
  return out;
}

bool HasNonGreedy(std::string_view pattern) {
  for (size_t i = 1; i < pattern.size(); ++i) {
    const char before = pattern[i - 1];
    if (pattern[i] == '?' && (before == '*' || before == '+' || before == '?' || before == '}')) return true;
  }
  return false;
}

}  // namespace

RegexpPattern::RegexpPattern(std::string_view pattern, std::string_view flags) {
  bool expanded = false, multiline = false;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(64 << 20);
  // Embedded options: "***=literal", "(?i)...".
  if (pattern.starts_with("***=")) {
    pattern.remove_prefix(4);
    options.set_literal(true);
  } else if (pattern.starts_with("***:")) {
    pattern.remove_prefix(4);
  }
  for (const char flag : flags) {
    switch (flag) {
      case 'g':
        global_ = true;
        break;
      case 'i':
        options.set_case_sensitive(false);
        break;
      case 'c':
        options.set_case_sensitive(true);
        break;
      case 'n':
      case 'm':
        options.set_dot_nl(false);
        options.set_never_nl(false);
        multiline = true;
        break;
      case 'p':
        options.set_dot_nl(false);
        break;
      case 'w':
        multiline = true;
        break;
      case 's':
        options.set_dot_nl(true);
        multiline = false;
        break;
      case 'x':
        expanded = true;
        break;
      case 't':
        expanded = false;
        break;
      case 'q':
        options.set_literal(true);
        break;
      case 'b':
      case 'e':
        break;
      default:
        throw Error::User(sqlstate::kInvalidParameterValue, "invalid regular expression option: \"{}\"", flag);
    }
  }
  std::string text(pattern);
  if (!options.literal()) {
    text = Translate(pattern, expanded);
    options.set_longest_match(text.find('|') != std::string::npos && !HasNonGreedy(text));
    if (multiline) text.insert(0, "(?m)");
  }
  re_ = std::make_unique<re2::RE2>(text, options);
  if (!re_->ok()) {
    Error error = Error::User(sqlstate::kInvalidRegularExpression, "invalid regular expression: {}", re_->error());
    if (re_->error_code() == re2::RE2::ErrorBadEscape || pattern.find("(?") != pattern.npos) {
      throw std::move(error).WithHint("Back references and look-around are not available.");
    }
    throw error;
  }
  groups_ = static_cast<size_t>(re_->NumberOfCapturingGroups());
  if (!options.case_sensitive()) return;
  if (options.literal()) {
    shape_.required = text;
    shape_.is_literal = !text.empty();
  } else {
    shape_ = ShapeOfRegexp(multiline ? std::string_view(text).substr(4) : text);
    if (!multiline && !options.longest_match()) sequence_ = RegexpSequence::Parse(text, options.dot_nl());
  }
}

RegexpPattern::~RegexpPattern() = default;

namespace {

// The first run of characters of the set from `from` on; empty: there is none.
std::string_view FindSet(std::string_view text, const RegexpShape::CharacterSet& set, size_t from) {
  size_t begin = from;
  while (begin < text.size() && !set.has[static_cast<uint8_t>(text[begin])]) ++begin;
  if (begin >= text.size()) return {};
  size_t end = begin + 1;
  while (set.repeats && end < text.size() && set.has[static_cast<uint8_t>(text[end])]) ++end;
  return text.substr(begin, end - begin);
}

}  // namespace

bool RegexpPattern::Contains(std::string_view text) const {
  if (shape_.set.has_value()) return !FindSet(text, *shape_.set, 0).empty();
  if (!shape_.required.empty()) {
    const bool may_match = FindText(text, shape_.required) != text.npos;
    if (!may_match || shape_.is_literal) return may_match;
  }
  if (sequence_ != nullptr && sequence_->begins_at_once()) {
    RegexpSequence::Groups found;
    const RegexpSequence::Result result = sequence_->Match(text, 0, found);
    if (result != RegexpSequence::Result::kGaveUp) return result == RegexpSequence::Result::kMatch;
  }
  return re_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

bool RegexpPattern::Match(std::string_view text, size_t from, std::vector<std::string_view>& groups,
                          size_t groups_max) const {
  if (shape_.set.has_value()) {
    const std::string_view found = FindSet(text, *shape_.set, from);
    if (!found.empty()) groups.assign(1, found);
    return !found.empty();
  }
  if (!shape_.required.empty()) {
    const size_t at = FindText(text, shape_.required, from);
    if (at == text.npos) return false;
    if (shape_.is_literal) {
      groups.assign(1, text.substr(at, shape_.required.size()));
      return true;
    }
  }
  if (sequence_ != nullptr) {
    RegexpSequence::Groups found;
    const RegexpSequence::Result result = sequence_->Match(text, from, found);
    if (result == RegexpSequence::Result::kNone) return false;
    if (result == RegexpSequence::Result::kMatch) {
      groups.clear();
      for (size_t i = 0; i <= std::min(groups_, groups_max); ++i) {
        groups.emplace_back(found[2 * i], static_cast<size_t>(found[2 * i + 1] - found[2 * i]));
      }
      return true;
    }
  }
  constexpr size_t kFew = 10;
  std::array<re2::StringPiece, kFew> few;
  std::vector<re2::StringPiece> many;
  const size_t count = std::min(groups_, groups_max) + 1;
  if (count > kFew) many.resize(count);
  re2::StringPiece* pieces = count > kFew ? many.data() : few.data();
  if (!re_->Match(re2::StringPiece(text.data(), text.size()), from, text.size(), re2::RE2::UNANCHORED, pieces,
                  static_cast<int>(count))) {
    return false;
  }
  groups.clear();
  for (size_t i = 0; i < count; ++i) groups.emplace_back(pieces[i].data(), pieces[i].size());
  return true;
}

size_t RegexpPattern::Step(std::string_view text, size_t at) {
  return at < text.size() ? Utf8Width(text[at]) : 1;
}

void RegexpReplacement::Set(std::string_view text) {
  if (text == source_ && !pieces_.empty()) return;
  source_ = text;
  pieces_.clear();
  groups_max_ = 0;
  const auto literal = [&]() -> std::string& {
    if (pieces_.empty() || pieces_.back().group != SIZE_MAX) pieces_.emplace_back();
    return pieces_.back().text;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      literal() += text[i];
      continue;
    }
    const char next = text[++i];
    if (next >= '1' && next <= '9') {
      const auto group = static_cast<size_t>(next - '0');
      pieces_.push_back({.text = {}, .group = group});
      groups_max_ = std::max(groups_max_, group);
    } else if (next == '&') {
      pieces_.push_back({.text = {}, .group = 0});
    } else if (next == '\\') {
      literal() += '\\';
    } else {
      (literal() += '\\') += next;
    }
  }
  if (pieces_.empty()) pieces_.emplace_back();
}

void RegexpReplacement::AppendTo(std::string& out) const {
  for (const Piece& piece : pieces_) {
    if (piece.group == SIZE_MAX) {
      out += piece.text;
    } else if (piece.group < groups_.size()) {
      out += groups_[piece.group];
    }
  }
}

std::optional<std::string_view> RegexpPattern::Replace(std::string_view text, RegexpReplacement& replacement,
                                                       size_t from, size_t nth) const {
  std::string& out = replacement.out_;
  std::vector<std::string_view>& groups = replacement.groups_;
  if (nth == 1) {
    if (from > text.size() || !Match(text, from, groups, replacement.groups_max_)) return std::nullopt;
    // All of the text is replaced by a part of it.
    const RegexpReplacement::Piece& first = replacement.pieces_[0];
    if (groups[0].size() == text.size() && replacement.pieces_.size() == 1 && first.group < groups.size()) {
      return groups[first.group];
    }
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = begin + groups[0].size();
    out.assign(text.substr(0, begin));
    replacement.AppendTo(out);
    out += text.substr(end);
    return out;
  }
  out.clear();
  size_t copied = 0, count = 0;
  bool replaced = false;
  ForEachMatch(
      text, from, /*splitting=*/false,
      [&](size_t begin, size_t end, const std::vector<std::string_view>&) {
        if (nth != 0 && ++count < nth) return true;
        replaced = true;
        out += text.substr(copied, begin - copied);
        copied = end;
        replacement.AppendTo(out);
        return nth == 0;
      },
      replacement.groups_max_, groups);
  if (!replaced) return std::nullopt;
  out += text.substr(copied);
  return out;
}

std::string RegexpPattern::FromSimilarTo(std::string_view pattern, std::string_view escape) {
  if (CountCharacters(escape) > 1) {
    throw Error::User(sqlstate::kInvalidEscapeSequence, "invalid escape string: \"{}\"", escape)
        .WithHint("Escape string must be empty or one character.");
  }
  std::string out = "^(?:";
  bool in_class = false;
  int quotes = 0;
  for (size_t at = 0; at < pattern.size();) {
    if (!escape.empty() && pattern.substr(at).starts_with(escape)) {
      at += escape.size();
      if (at >= pattern.size()) {
        throw Error::User(sqlstate::kInvalidEscapeSequence, "SIMILAR TO pattern must not end with escape character");
      }
      if (pattern[at] == '"') {
        // substring(text similar 'a#"b#"c' escape '#'): the middle part is the result.
        out += quotes == 0 ? "){1}?(" : "){1}(?:";
        if (++quotes > 2) {
          throw Error::User(sqlstate::kInvalidRegularExpression,
                            "SQL regular expression may not contain more than two escape-double-quote separators");
        }
        ++at;
        continue;
      }
      const size_t width = std::min(Utf8Width(pattern[at]), pattern.size() - at);
      if (width == 1 && !IsAsciiLetter(pattern[at]) && !IsDigit(pattern[at])) out += '\\';
      out += pattern.substr(at, width);
      at += width;
      continue;
    }
    const char c = pattern[at++];
    if (in_class) {
      if (c == '\\') out += '\\';
      out += c;
      in_class = c != ']';
    } else if (c == '[') {
      out += c;
      in_class = true;
      if (at < pattern.size() && pattern[at] == '^') out += pattern[at++];
    } else if (c == '%') {
      out += ".*";
    } else if (c == '_') {
      out += '.';
    } else if (c == '(') {
      out += "(?:";
    } else if (c == '\\' || c == '.' || c == '^' || c == '$') {
      (out += '\\') += c;
    } else {
      out += c;
    }
  }
  return out + ")$";
}

const RegexpPattern& RegexpCache::Get(std::string_view pattern, std::string_view flags) {
  CancellationScope::Check();
  if (prepared_ != nullptr) return *prepared_;
  if (last_ == nullptr || pattern != pattern_ || flags != flags_) {
    last_.reset();
    last_ = std::make_unique<RegexpPattern>(pattern, flags);
    pattern_ = pattern;
    flags_ = flags;
  }
  return *last_;
}

}  // namespace weir
