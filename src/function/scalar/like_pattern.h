#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// A compiled LIKE pattern: '%' is any text, '_' any character, the escape character takes what follows literally.
// Immutable; any thread may match with it.
class LikePattern {
 public:
  // Throws kInvalidEscapeSequence when the pattern ends with the escape character, or that is not one character.
  // An empty escape turns escaping off.
  LikePattern(std::string_view pattern, std::string_view escape, bool ignore_case);

  bool Matches(std::string_view text) const;

  // What pruning may use: every matching text starts with this (always empty when case is ignored).
  const std::string& prefix() const { return prefix_; }

 private:
  // Between two '%': literal texts with '_' between them.
  struct Segment {
    std::vector<std::string> literals;  // "a_b" is {"a", "b"}; "__" is {"", "", ""}
    bool has_wildcards() const { return literals.size() > 1; }
  };
  enum class Shape { kEquals, kPrefix, kSuffix, kContains, kGeneral };

  bool MatchesFolded(std::string_view text) const;
  // The end of the segment's match that starts at `at`, or npos.
  static size_t MatchAt(const Segment& segment, std::string_view text, size_t at);
  static size_t FindFrom(const Segment& segment, std::string_view text, size_t at, size_t& end);

  bool ignore_case_;
  Shape shape_ = Shape::kGeneral;
  std::string literal_;  // of the simple shapes
  std::string prefix_;
  bool open_begin_ = false;  // starts with '%'
  bool open_end_ = false;
  std::vector<Segment> segments_;
};

// `pattern` with another escape character rewritten to use a backslash: PostgreSQL's like_escape.
std::string RewriteLikeEscape(std::string_view pattern, std::string_view escape);

}  // namespace weir
