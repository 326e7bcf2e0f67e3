#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "function/scalar/regexp_sequence.h"
#include "function/scalar/regexp_shape.h"
#include "runtime/cancellation_scope.h"

namespace re2 {
class RE2;
}

namespace weir {

// What takes the place of matches: \1..\9 and \& are groups. It has the scratch of replacing, so one thread has it.
class RegexpReplacement {
 public:
  RegexpReplacement() { Set(""); }
  void Set(std::string_view text);

 private:
  friend class RegexpPattern;
  struct Piece {
    std::string text;
    size_t group = SIZE_MAX;  // in place of the text
  };
  void AppendTo(std::string& out) const;

  std::string source_;
  std::vector<Piece> pieces_;
  size_t groups_max_ = 0;
  // Of the match and the row at hand.
  std::vector<std::string_view> groups_;
  std::string out_;
};

// A regular expression in PostgreSQL's notation, run by RE2 in time linear in the text.
//
// Differences from PostgreSQL's engine: no back references, no look-around; without non-greedy quantifiers the longest
// match counts, with them the first as in Perl. \y \m \M all are word boundaries.
// Flags: i/c case, g all matches, n/m newline-sensitive, p, w partly so, s not (the default), x expanded, q literal.
class RegexpPattern {
 public:
  // Throws kInvalidRegularExpression or, for unknown flags, kInvalidParameterValue.
  RegexpPattern(std::string_view pattern, std::string_view flags);
  ~RegexpPattern();
  // SIMILAR TO's notation, matched against the whole text. `escape` empty: none.
  static std::string FromSimilarTo(std::string_view pattern, std::string_view escape);

  bool is_global() const { return global_; }
  size_t group_count() const { return groups_; }

  bool Contains(std::string_view text) const;
  // groups[0] is the match, groups[i] a group, of which the first `groups_max` are asked for; a group without part in
  // the match has null data().
  bool Match(std::string_view text, size_t from, std::vector<std::string_view>& groups,
             size_t groups_max = SIZE_MAX) const;
  // The matches from character offset `from` (bytes) on, one after the other. Empty matches move on by a character;
  // for splitting those at the ends of the text or of the match before do not count.
  template <typename F>
  void ForEachMatch(std::string_view text, size_t from, bool splitting, F&& f, size_t groups_max = SIZE_MAX) const {
    std::vector<std::string_view> groups;
    ForEachMatch(text, from, splitting, std::forward<F>(f), groups_max, groups);
  }
  // The same with `groups` to put them into.
  template <typename F>
  void ForEachMatch(std::string_view text, size_t from, bool splitting, F&& f, size_t groups_max,
                    std::vector<std::string_view>& groups) const {
    size_t last_end = 0;
    for (size_t count = 1; from <= text.size() && Match(text, from, groups, groups_max); ++count) {
      if (count % 1024 == 0) CancellationScope::Check();
      const auto begin = static_cast<size_t>(groups[0].data() - text.data());
      const size_t end = begin + groups[0].size();
      if (!splitting || (begin < text.size() && end > last_end)) {
        if (!f(begin, end, groups)) return;
      }
      last_end = end;
      from = end;
      if (begin == end) from += Step(text, from);
    }
  }
  // The text with matches number `nth` from 1 (0: all) replaced, which is in the replacement or, where that is
  // possible, in the text itself; nothing when nothing is.
  std::optional<std::string_view> Replace(std::string_view text, RegexpReplacement& replacement, size_t from,
                                          size_t nth) const;

 private:
  static size_t Step(std::string_view text, size_t at);
  std::unique_ptr<re2::RE2> re_;
  RegexpShape shape_;
  std::unique_ptr<const RegexpSequence> sequence_;  // null: of another kind
  bool global_ = false;
  size_t groups_ = 0;
};

// Compiled once from constant arguments, or kept as long as pattern and flags stay the same from row to row.
class RegexpCache {
 public:
  explicit RegexpCache(const void* prepared) : prepared_(static_cast<const RegexpPattern*>(prepared)) {}
  const RegexpPattern& Get(std::string_view pattern, std::string_view flags);

 private:
  const RegexpPattern* prepared_;
  std::unique_ptr<RegexpPattern> last_;
  std::string pattern_, flags_;
};

}  // namespace weir
