#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// A regular expression that is a sequence: characters and sets of them, each perhaps repeated, in groups that may be
// optional, such as ^https?://(?:www\.)?([^/]+)/.*$. It is matched by trying, which takes few steps for expressions of
// this kind, and much less time than an automaton that finds groups. Matches and groups are those that RE2 finds (the
// leftmost match, and of those the first in Perl's order) in texts that are valid UTF-8.
class RegexpSequence {
 public:
  // Of an expression in RE2's notation that distinguishes case, without (?m). Null for expressions of other kinds.
  static std::unique_ptr<const RegexpSequence> Parse(std::string_view pattern, bool dot_matches_newline);

  enum class Result : uint8_t {
    kNone,
    kMatch,
    kGaveUp,  // more steps than a small multiple of the text's length: something else must be asked
  };
  static constexpr size_t kGroupsMax = 9;
  // The match and the groups, as begin and end; both null for a group without part in the match.
  using Groups = std::array<const char*, 2 * (kGroupsMax + 1)>;
  // Where a match may begin is known at once: at the beginning of the text, or at a certain text.
  bool begins_at_once() const { return anchored_ || !prefix_.empty(); }
  // The first match that begins at `from` or later.
  Result Match(std::string_view text, size_t from, Groups& groups) const;

 private:
  friend class RegexpSequenceParser;

  struct Set {
    std::array<bool, 256> has{};  // above 0x7F: all of them or none
    bool has_all = false;
  };
  enum class Kind : uint8_t { kText, kSet, kSave, kOptional, kEndOfText, kMatch };
  struct Node {
    Kind kind;
    bool lazy = false;
    bool keeps_all = false;  // kSet: what follows cannot begin with what the set has, so shorter runs need no trying
    uint32_t begin = 0;      // kText: in texts_. kSet: of sets_. kSave: the slot. kOptional: its slots, up to `end`
    uint32_t end = 0;
    uint32_t skip = 0;  // kOptional: nodes to the one after it
    uint32_t min = 1;   // kSet
    uint32_t max = 1;
  };
  // How the rest of the sequence, from a node on, may begin.
  struct Start {
    std::array<bool, 256> with{};
    bool with_end = false;
  };
  struct Run;

  void FindStarts();
  bool CanStart(size_t node, const char* at, const char* end) const {
    return at == end ? starts_[node].with_end : starts_[node].with[static_cast<uint8_t>(*at)];
  }
  bool MatchFrom(Run& run, size_t node, const char* at) const;
  bool MatchSet(Run& run, size_t node, const char*& at) const;

  std::vector<Node> nodes_;
  std::vector<Start> starts_;  // of each node
  std::vector<Set> sets_;
  std::string texts_;
  std::string_view prefix_;  // of every match, in texts_
  bool anchored_ = false;
};

}  // namespace weir
