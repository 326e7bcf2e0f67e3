#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "function/scalar/regexp_sequence.h"

namespace weir {

// Reads an expression as the nodes of a sequence, or finds that it is none.
class RegexpSequenceParser {
 public:
  RegexpSequenceParser(std::string_view pattern, bool dot_matches_newline, RegexpSequence& out)
      : pattern_(pattern), dot_matches_newline_(dot_matches_newline), out_(out) {}
  bool Parse();

 private:
  using Node = RegexpSequence::Node;
  using Kind = RegexpSequence::Kind;
  using Set = RegexpSequence::Set;
  struct Repeats {
    uint32_t min = 1;
    uint32_t max = 1;
    bool lazy = false;
    bool is_once() const { return min == 1 && max == 1; }
    bool is_optional() const { return min == 0 && max == 1; }
  };

  bool at_end() const { return at_ == pattern_.size(); }
  bool Accept(std::string_view text);
  // Each false where the expression is of another kind.
  bool ParseItems(std::vector<Node>& nodes, size_t depth);
  bool ParseItem(std::vector<Node>& nodes, size_t depth);
  bool ParseGroup(std::vector<Node>& nodes, size_t depth);
  bool ParseCharacter(std::vector<Node>& nodes);
  bool ParseEscape(Set& set, std::string& character);
  bool ParseRepeats(Repeats& out);
  bool ParseCount(uint32_t& out);
  bool ParseBrackets(Set& set);
  bool ParseMember(Set& set);

  void AddText(std::string_view text, std::vector<Node>& nodes);
  bool AddSet(const Set& set, std::vector<Node>& nodes);
  void MakeOptional(std::vector<Node>& body, bool lazy, uint32_t groups_before, uint32_t groups_after);

  const std::string_view pattern_;
  const bool dot_matches_newline_;
  RegexpSequence& out_;
  size_t at_ = 0;
  uint32_t groups_ = 0;
  bool joins_ = true;  // whether text may lengthen the text before it: not out of an optional group
};

}  // namespace weir
