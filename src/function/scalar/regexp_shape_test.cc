#include "function/scalar/regexp_shape.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

std::string Required(std::string_view pattern) {
  return ShapeOfRegexp(pattern).required;
}

TEST(RegexpShape, RequiredText) {
  EXPECT_EQ(Required("^.*id=([0-9]+)$"), "id=");
  EXPECT_EQ(Required("^https?://(?:www\\.)?([^/]+)/.*$"), "http");
  EXPECT_EQ(Required("a\\.example"), "a.example");
  EXPECT_EQ(Required("ab+c"), "ab");
  EXPECT_EQ(Required("ab*cd"), "cd");
  EXPECT_EQ(Required("xy{2,3}zzz"), "zzz");
  EXPECT_EQ(Required("ä?öü"), "öü");
  EXPECT_EQ(Required("aä*"), "a");
  EXPECT_EQ(Required("a\\d\\dbc"), "bc");
  EXPECT_EQ(Required("[abc]de[]f]gh[[:alpha:]]"), "de");
  EXPECT_EQ(Required("x(?:yz(a)b)?c"), "x");
  EXPECT_EQ(Required("x([)])yz"), "yz");
}

TEST(RegexpShape, NothingIsSaidOfWhatMayBeOtherwise) {
  for (const char* pattern : {"", "a|b", "(abc)", "a?", "(?i)abc", "a(b|c)d", "\\x41bc", "\\pLabc", "\\Qa+\\E",
                              "a{x}(b}c)?", ".*", "[abc]", "\\d+"}) {
    EXPECT_EQ(Required(pattern), "") << pattern;
  }
}

TEST(RegexpShape, Literals) {
  EXPECT_TRUE(ShapeOfRegexp("abc").is_literal);
  EXPECT_FALSE(ShapeOfRegexp("abc$").is_literal);
  EXPECT_FALSE(ShapeOfRegexp("abc+").is_literal);
  EXPECT_FALSE(ShapeOfRegexp("a\\.c").is_literal);
  EXPECT_FALSE(ShapeOfRegexp("").is_literal);
}

TEST(RegexpShape, Sets) {
  const auto digits = ShapeOfRegexp("[0-9]+").set;
  ASSERT_TRUE(digits.has_value());
  EXPECT_TRUE(digits->repeats && digits->has['0'] && digits->has['9'] && !digits->has['a'] && !digits->has['-']);
  const auto some = ShapeOfRegexp("[a-cX]").set;
  ASSERT_TRUE(some.has_value());
  EXPECT_TRUE(!some->repeats && some->has['b'] && some->has['X'] && !some->has['x']);
  EXPECT_TRUE(ShapeOfRegexp("\\d").set.has_value());
  for (const char* pattern : {"[^a]", "[a-]", "[-a]", "[]a]", "[ä]", "[[:alpha:]]", "[\\d]", "[a][b]", "[a]+?", "[a]*",
                              "a+", "[", "[]", "+"}) {
    EXPECT_FALSE(ShapeOfRegexp(pattern).set.has_value()) << pattern;
  }
}

}  // namespace
}  // namespace weir
