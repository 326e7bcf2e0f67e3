#include "function/scalar/like_pattern.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/find_text.h"
#include "function/scalar/utf8.h"

namespace weir {

namespace {

constexpr size_t kNone = std::string_view::npos;

bool StartsWithAt(std::string_view text, std::string_view part, size_t at) {
  return at + part.size() <= text.size() && std::memcmp(text.data() + at, part.data(), part.size()) == 0;
}

void CheckEscape(std::string_view escape) {
  if (CountCharacters(escape) > 1) {
    throw Error::User(sqlstate::kInvalidEscapeSequence, "invalid escape string: \"{}\"", escape)
        .WithHint("Escape string must be empty or one character.");
  }
}

}  // namespace

LikePattern::LikePattern(std::string_view pattern, std::string_view escape, bool ignore_case)
    : ignore_case_(ignore_case) {
  CheckEscape(escape);
  std::vector<Segment> segments(1);
  segments[0].literals.emplace_back();
  for (size_t at = 0; at < pattern.size();) {
    if (!escape.empty() && StartsWithAt(pattern, escape, at)) {
      at += escape.size();
      if (at >= pattern.size()) {
        throw Error::User(sqlstate::kInvalidEscapeSequence, "LIKE pattern must not end with escape character");
      }
      const size_t width = std::min(Utf8Width(pattern[at]), pattern.size() - at);
      segments.back().literals.back() += pattern.substr(at, width);
      at += width;
    } else if (pattern[at] == '%') {
      segments.emplace_back();
      segments.back().literals.emplace_back();
      ++at;
    } else if (pattern[at] == '_') {
      segments.back().literals.emplace_back();
      ++at;
    } else {
      segments.back().literals.back() += pattern[at++];
    }
  }
  if (ignore_case_) {
    for (Segment& segment : segments) {
      for (std::string& literal : segment.literals) literal = FoldCase(literal);
    }
  } else {
    prefix_ = segments[0].literals[0];
  }
  const auto is_empty = [](const Segment& segment) { return !segment.has_wildcards() && segment.literals[0].empty(); };
  const bool has_percent = segments.size() > 1;
  open_begin_ = has_percent && is_empty(segments.front());
  open_end_ = has_percent && is_empty(segments.back());
  const bool is_exact = !has_percent;
  if (has_percent) std::erase_if(segments, is_empty);
  segments_ = std::move(segments);
  if (segments_.empty()) {  // only '%'
    shape_ = Shape::kContains;
    return;
  }
  if (segments_.size() > 1 || segments_[0].has_wildcards()) return;
  literal_ = segments_[0].literals[0];
  shape_ = is_exact                   ? Shape::kEquals
           : open_begin_ && open_end_ ? Shape::kContains
           : open_begin_              ? Shape::kSuffix
                                      : Shape::kPrefix;
}

bool LikePattern::Matches(std::string_view text) const {
  return ignore_case_ ? MatchesFolded(FoldCase(text)) : MatchesFolded(text);
}

bool LikePattern::MatchesFolded(std::string_view text) const {
  switch (shape_) {
    case Shape::kEquals:
      return text == literal_;
    case Shape::kPrefix:
      return text.starts_with(literal_);
    case Shape::kSuffix:
      return text.ends_with(literal_);
    case Shape::kContains:
      return FindText(text, literal_) != kNone;
    case Shape::kGeneral:
      break;
  }
  size_t at = 0, first = 0, last = segments_.size();
  if (!open_begin_) {
    at = MatchAt(segments_[0], text, 0);
    if (at == kNone) return false;
    first = 1;
    if (last == 1 && !open_end_) return at == text.size();
  }
  if (!open_end_) --last;
  // Taking each segment at its first place never spoils a later one.
  for (size_t i = first; i < last; ++i) {
    size_t end = 0;
    if (FindFrom(segments_[i], text, at, end) == kNone) return false;
    at = end;
  }
  if (open_end_ || last < first) return true;
  // The last segment must end where the text does: try the places from which it could.
  const Segment& tail = segments_[last];
  size_t bytes = 0;
  for (const std::string& literal : tail.literals) bytes += literal.size();
  const size_t wildcards = tail.literals.size() - 1;
  if (text.size() < at + bytes + wildcards) return false;
  if (wildcards == 0) return text.substr(at).ends_with(tail.literals[0]);
  // Its length in characters is fixed, so there is one place.
  size_t characters = wildcards;
  for (const std::string& literal : tail.literals) characters += CountCharacters(literal);
  size_t begin = text.size();
  while (characters > 0 && begin > at) {
    --begin;
    while (begin > at && IsUtf8Continuation(text[begin])) --begin;
    --characters;
  }
  return characters == 0 && MatchAt(tail, text, begin) == text.size();
}

size_t LikePattern::MatchAt(const Segment& segment, std::string_view text, size_t at) {
  for (size_t i = 0; i < segment.literals.size(); ++i) {
    if (i > 0) {
      if (at >= text.size()) return kNone;
      at = std::min(at + Utf8Width(text[at]), text.size());
    }
    if (!StartsWithAt(text, segment.literals[i], at)) return kNone;
    at += segment.literals[i].size();
  }
  return at;
}

size_t LikePattern::FindFrom(const Segment& segment, std::string_view text, size_t at, size_t& end) {
  if (!segment.has_wildcards()) {
    const size_t found = FindText(text, segment.literals[0], at);
    if (found != kNone) end = found + segment.literals[0].size();
    return found;
  }
  for (; at <= text.size(); at += at < text.size() ? Utf8Width(text[at]) : 1) {
    if (!segment.literals[0].empty()) {
      at = FindText(text, segment.literals[0], at);
      if (at == kNone) return kNone;
    }
    end = MatchAt(segment, text, at);
    if (end != kNone) return at;
  }
  return kNone;
}

std::string RewriteLikeEscape(std::string_view pattern, std::string_view escape) {
  CheckEscape(escape);
  if (escape == "\\") return std::string(pattern);
  std::string out;
  for (size_t at = 0; at < pattern.size();) {
    if (!escape.empty() && StartsWithAt(pattern, escape, at)) {
      out += '\\';
      at += escape.size();
      if (at >= pattern.size()) {
        throw Error::User(sqlstate::kInvalidEscapeSequence, "LIKE pattern must not end with escape character");
      }
      const size_t width = std::min(Utf8Width(pattern[at]), pattern.size() - at);
      out += pattern.substr(at, width);
      at += width;
    } else {
      if (pattern[at] == '\\') out += '\\';
      out += pattern[at++];
    }
  }
  return out;
}

}  // namespace weir
