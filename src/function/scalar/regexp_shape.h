#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// What can be told about a regular expression without running it.
struct RegexpShape {
  // Bytes that every match contains; empty: none are known.
  std::string required;
  // The expression is `required` and nothing else.
  bool is_literal = false;

  // The expression is one set of ASCII characters, perhaps with +.
  struct CharacterSet {
    std::array<bool, 256> has{};
    bool repeats = false;
  };
  std::optional<CharacterSet> set;
};

// Of an expression in RE2's notation, that distinguishes case.
RegexpShape ShapeOfRegexp(std::string_view pattern);

}  // namespace weir
