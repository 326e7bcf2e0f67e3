#include "runtime/buggify.h"

#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

// Two sites of the same loop, as the macro would make them.
std::vector<bool> Draw(uint64_t seed) {
  EnableBuggify(seed);
  std::vector<bool> out;
  for (int line = 1; line <= 40; ++line) {
    for (int i = 0; i < 10; ++i) out.push_back(buggify_internal::Decide("x.cc", line, 0.5));
  }
  DisableBuggify();
  return out;
}

TEST(Buggify, FollowsTheSeedAndArmsSomeSites) {
  EXPECT_EQ(Draw(1), Draw(1));
  EXPECT_NE(Draw(1), Draw(2));
  int armed = 0;
  const std::vector<bool> drawn = Draw(3);
  for (size_t site = 0; site < 40; ++site) {
    bool any = false;
    for (size_t i = 0; i < 10; ++i) any = any || drawn[site * 10 + i];
    armed += any ? 1 : 0;
  }
  EXPECT_GT(armed, 2);
  EXPECT_LT(armed, 25);
}

TEST(Buggify, IsOffUnlessEnabled) {
  EXPECT_FALSE(WEIR_BUGGIFY(1.0));
}

}  // namespace
}  // namespace weir
