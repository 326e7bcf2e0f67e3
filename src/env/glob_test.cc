#include "env/glob.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "env/file_system.h"
#include "env/random.h"

namespace weir {
namespace {

struct Case {
  const char* pattern;
  const char* path;
  bool matches;
};

TEST(Glob, Matches) {
  const Case cases[] = {
      {"a", "a", true},
      {"a", "b", false},
      {"*.parquet", "x.parquet", true},
      {"*.parquet", "d/x.parquet", false},
      {"*.parquet", ".parquet", false},
      {".*", ".parquet", true},
      {"d/*", "d/x", true},
      {"d/*", "d/x/y", false},
      {"d//x", "d/x", true},
      {"d/**", "d/x/y", true},
      {"d/**/*.csv", "d/x.csv", true},
      {"d/**/*.csv", "d/a/b/x.csv", true},
      {"d/**/*.csv", "d/.hidden/x.csv", false},
      {"**/x", "x", true},
      {"**/x/**/y", "a/x/b/c/y", true},
      {"**/x/**/y", "a/b/c/y", false},
      {"a?c", "abc", true},
      {"a?c",
       "a\xC3\xA4"
       "c",
       true},
      {"a?c", "ac", false},
      {"[a-c]x", "bx", true},
      {"[a-c]x", "dx", false},
      {"[!a-c]x", "dx", true},
      {"[^a-c]x", "ax", false},
      {"[]]x", "]x", true},
      {"[a-]x", "-x", true},
      {"[\\]a]x", "]x", true},
      {"{a,b}.csv", "b.csv", true},
      {"{a,b}.csv", "c.csv", false},
      {"{a,{b,c}d}/x", "cd/x", true},
      {"x{,y}", "x", true},
      {"d/{2023,2024}/*.csv", "d/2024/q.csv", true},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"a*b*c", "aXXbYYc", true},
      {"a*b*c", "aXXbYY", false},
      {"*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
      {"/data/*.csv", "/data/a.csv", true},
  };
  for (const Case& c : cases) EXPECT_EQ(GlobMatches(c.pattern, c.path), c.matches) << c.pattern << " ~ " << c.path;
}

TEST(Glob, KnowsWhereToWalk) {
  EXPECT_EQ(GlobPattern("/data/x/*.csv").fixed_directory(), "/data/x");
  EXPECT_EQ(GlobPattern("*.csv").fixed_directory(), "");
  EXPECT_EQ(GlobPattern("/*.csv").fixed_directory(), "/");
  EXPECT_EQ(GlobPattern("a/{b,c}/d").fixed_directory(), "a");
  const GlobPattern pattern("d/*/x/**/z*.csv");
  EXPECT_TRUE(pattern.MayMatchBelow("d"));
  EXPECT_TRUE(pattern.MayMatchBelow("d/q"));
  EXPECT_FALSE(pattern.MayMatchBelow("d/q/y"));
  EXPECT_TRUE(pattern.MayMatchBelow("d/q/x/any/where"));
  EXPECT_FALSE(GlobPattern("d/*.csv").MayMatchBelow("d/sub"));
}

TEST(Glob, RefusesUnclosedGroups) {
  EXPECT_THROW(GlobPattern("a[b"), Error);
  EXPECT_THROW(GlobPattern("a{b,c"), Error);
  EXPECT_THROW(GlobPattern("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"), Error);
  EXPECT_FALSE(HasGlob("a\\*b"));
  EXPECT_EQ(UnescapeGlob("a\\*b"), "a*b");
}

TEST(Glob, RandomBytesNeverCrash) {
  Xoshiro256 random(3);
  static constexpr std::string_view kAlphabet = "ab/*?[]!-{},\\.\xC3";
  for (int i = 0; i < 20'000; ++i) {
    std::string pattern;
    std::string path;
    for (uint64_t n = random.Below(10); n > 0; --n) pattern += kAlphabet[random.Below(kAlphabet.size())];
    for (uint64_t n = random.Below(10); n > 0; --n) path += kAlphabet[random.Below(kAlphabet.size())];
    CatchError([&] {
      const GlobPattern compiled(pattern);
      compiled.Matches(path);
      compiled.MayMatchBelow(path);
    });
  }
}

TEST(Paths, SplitAndJoin) {
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("/", "b"), "/b");
  EXPECT_EQ(ParentPath("a/b/"), "a");
  EXPECT_EQ(ParentPath("/a"), "/");
  EXPECT_EQ(ParentPath("a"), ".");
  EXPECT_EQ(FileName("a/b/"), "b");
  EXPECT_EQ(FileName("/"), "/");
}

TEST(Random, IsUniformEnoughAndRepeats) {
  Xoshiro256 a(7);
  Xoshiro256 b(7);
  std::array<int, 10> counts{};
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t value = a.Below(10);
    ASSERT_EQ(value, b.Below(10));
    ++counts[value];
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
  for (int i = 0; i < 1000; ++i) {
    const int64_t value = a.Between(-3, 3);
    EXPECT_TRUE(value >= -3 && value <= 3);
  }
}

}  // namespace
}  // namespace weir
