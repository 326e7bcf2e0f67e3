#include "base/find_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace weir {
namespace {

TEST(FindText, EdgesOfTexts) {
  EXPECT_EQ(FindText("", ""), 0U);
  EXPECT_EQ(FindText("abc", "", 3), 3U);
  EXPECT_EQ(FindText("", "a"), std::string_view::npos);
  EXPECT_EQ(FindText("abc", "abcd"), std::string_view::npos);
  EXPECT_EQ(FindText("abc", "abc"), 0U);
  EXPECT_EQ(FindText("abc", "bc", 1), 1U);
  EXPECT_EQ(FindText("abc", "bc", 2), std::string_view::npos);
  EXPECT_EQ(FindText("abc", "c"), 2U);
  EXPECT_EQ(FindText(std::string(40, 'a') + "b", std::string(20, 'a') + "b"), 20U);
}

// Two letters, so that parts are nearly there all the time; texts of their exact size for AddressSanitizer.
TEST(FindText, LikeTheStandardLibrary) {
  std::mt19937 random(7);
  const auto letters = [&](size_t size) {
    std::string text(size, 'a');
    for (char& c : text) c = random() % 4 == 0 ? 'b' : 'a';
    return text;
  };
  for (int i = 0; i < 50'000; ++i) {
    const std::string text = letters(random() % 120);
    const std::string part = letters(random() % 4 == 0 ? random() % 90 : random() % 10);
    const size_t from = random() % (text.size() + 1);
    const std::string exact(text.data(), text.size());
    ASSERT_EQ(FindText(exact, part, from), exact.find(part, from)) << text << " " << part << " " << from;
  }
}

}  // namespace
}  // namespace weir
