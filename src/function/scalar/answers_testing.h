#pragma once

#include <span>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "function/scalar/example_reader.h"

namespace weir {

// An expression and what it must give: a value as text, or "error" and a SQLSTATE.
using Answer = std::pair<const char*, const char*>;

inline void ExpectAnswers(std::span<const Answer> answers) {
  for (const auto& [expression, answer] : answers) {
    const std::string expected = answer;
    const std::string result = RunExample(expression);
    if (expected.starts_with("error ")) {
      EXPECT_EQ(result.substr(0, 5), expected.substr(6)) << expression << ": " << result;
    } else {
      EXPECT_EQ(result, expected) << expression;
    }
  }
}

}  // namespace weir
