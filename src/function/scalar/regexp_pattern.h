#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "function/scalar/regexp_shape.h"
#include "runtime/cancellation_scope.h"

namespace re2 {
class RE2;
}

namespace weir {

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
  // Puts the text with matches number `nth` from 1 (0: all) replaced into `out`; \1..\9 and \& are groups. False, and
  // `out` undefined, when nothing is.
  bool Replace(std::string_view text, std::string_view replacement, size_t from, size_t nth, std::string& out) const;

 private:
  static size_t Step(std::string_view text, size_t at);
  std::unique_ptr<re2::RE2> re_;
  RegexpShape shape_;
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
