#include "base/string_ref.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(StringRef, OrderAndEqualityAreThoseOfTheBytes) {
  using namespace std::string_literals;
  const std::vector<std::string> texts = {""s,
                                          "\0"s,
                                          "\0\0"s,
                                          "a"s,
                                          "a\0"s,
                                          "abcd"s,
                                          "abce"s,
                                          "abcd\xff"s,
                                          "abcdefghijkl"s,
                                          "abcdefghijklm"s,
                                          "\xff"s,
                                          "abcdefghijklmnopqrstu"s,
                                          "abcdefghijklmnopqrstv"s};
  for (const auto& a : texts) {
    for (const auto& b : texts) {
      const StringRef left(a), right(b);
      EXPECT_EQ(left == right, a == b) << a << " " << b;
      EXPECT_EQ((left <=> right) < 0, a < b) << a << " " << b;
      if (a == b) {
        EXPECT_EQ(left.Hash(), right.Hash());
      }
    }
  }
}

}  // namespace
}  // namespace weir
