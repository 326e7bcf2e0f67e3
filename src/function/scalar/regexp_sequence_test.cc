#include "function/scalar/regexp_sequence.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace weir {
namespace {

using Result = RegexpSequence::Result;

std::string Show(const std::vector<std::pair<ptrdiff_t, ptrdiff_t>>& groups) {
  std::string out;
  for (const auto& [begin, end] : groups) out += begin < 0 ? "(-)" : fmt::format("({},{})", begin, end);
  return out;
}

std::string OfRe2(const re2::RE2& re, std::string_view text, size_t from) {
  const size_t count = static_cast<size_t>(re.NumberOfCapturingGroups()) + 1;
  std::vector<re2::StringPiece> pieces(count);
  if (!re.Match(re2::StringPiece(text.data(), text.size()), from, text.size(), re2::RE2::UNANCHORED, pieces.data(),
                static_cast<int>(count))) {
    return "none";
  }
  std::vector<std::pair<ptrdiff_t, ptrdiff_t>> groups;
  for (const re2::StringPiece& piece : pieces) {
    if (piece.data() == nullptr) {
      groups.emplace_back(-1, -1);
    } else {
      groups.emplace_back(piece.data() - text.data(),
                          piece.data() - text.data() + static_cast<ptrdiff_t>(piece.size()));
    }
  }
  return Show(groups);
}

std::string OfSequence(const RegexpSequence& sequence, std::string_view text, size_t from, size_t count) {
  RegexpSequence::Groups found;
  switch (sequence.Match(text, from, found)) {
    case Result::kNone:
      return "none";
    case Result::kGaveUp:
      return "gave up";
    case Result::kMatch:
      break;
  }
  std::vector<std::pair<ptrdiff_t, ptrdiff_t>> groups;
  for (size_t i = 0; i < count; ++i) {
    if (found[2 * i] == nullptr || found[2 * i + 1] == nullptr) {
      groups.emplace_back(-1, -1);
    } else {
      groups.emplace_back(found[2 * i] - text.data(), found[2 * i + 1] - text.data());
    }
  }
  return Show(groups);
}

class Compared {
 public:
  explicit Compared(const std::string& pattern, bool dot_matches_newline = true) : pattern_(pattern) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(dot_matches_newline);
    re_ = std::make_unique<re2::RE2>(pattern, options);
    if (re_->ok()) sequence_ = RegexpSequence::Parse(pattern, dot_matches_newline);
  }
  bool ok() const { return re_->ok(); }
  bool is_sequence() const { return sequence_ != nullptr; }
  // Whether something was compared.
  bool Check(std::string_view text, size_t from = 0) const {
    const auto count = static_cast<size_t>(re_->NumberOfCapturingGroups()) + 1;
    const std::string found = OfSequence(*sequence_, text, from, count);
    if (found == "gave up") return false;
    EXPECT_EQ(found, OfRe2(*re_, text, from)) << pattern_ << " in '" << text << "' from " << from;
    return true;
  }

 private:
  std::string pattern_;
  std::unique_ptr<re2::RE2> re_;
  std::unique_ptr<const RegexpSequence> sequence_;
};

TEST(RegexpSequence, FindsWhatRe2Finds) {
  const std::vector<std::string> texts = {"",
                                          "http://www.site.example/a/b?c=d",
                                          "https://site.example/",
                                          "http://www.x",
                                          "http://www./y",
                                          "ftp://a/b",
                                          "x=1&id=27&y=ä",
                                          "größe 12 µm, 7€ und 1.234,5\n zweite Zeile",
                                          "aaaaabbbb",
                                          "2026-11-21 18:47:08.125+01",
                                          "id=\n"};
  for (const char* pattern : {"^https?://(?:www\\.)?([^/]+)/.*$",
                              "https?://(www\\.)?([^/]+)(/.*)?$",
                              "id=([0-9]+)",
                              "^.*id=([0-9]*)",
                              "",
                              "^",
                              "$",
                              "^$",
                              "a*",
                              "a*?",
                              "(a+)(a*)(b{2,3})",
                              "a{3}",
                              "a{2,}b{0,2}?b",
                              "([^&=]+)=([^&]*)",
                              "ö?ß",
                              "[[:alpha:]]+",
                              "\\w+\\s(\\d+)",
                              "(\\d{4})-(\\d{2})-(\\d{2})(?: (\\d+):(\\d+)(?::(\\d+)(?:\\.(\\d+))?)?)?",
                              ".",
                              "..",
                              ".*",
                              "(.*)(b)",
                              "(.*?)(b)",
                              "\\S+$",
                              "[^a-y]",
                              "[a\\]-]",
                              "()",
                              "(a?)?b",
                              "((a)?b)?b",
                              "x?\\.?[^.]{2,4}\\b?"}) {
    const Compared compared(pattern);
    ASSERT_TRUE(compared.ok()) << pattern;
    if (std::string_view(pattern).ends_with("\\b?")) {
      EXPECT_FALSE(compared.is_sequence());
      continue;
    }
    ASSERT_TRUE(compared.is_sequence()) << pattern;
    size_t answered = 0;
    for (const std::string& text : texts) {
      answered += compared.Check(text) ? 1 : 0;
      if (text.size() > 4 && (text[4] & 0x80) == 0) compared.Check(text, 4);
    }
    // The others would take too long, such as (.*)(b) from each character of a text without b.
    EXPECT_GE(answered * 3, texts.size() * 2) << pattern;
  }
}

TEST(RegexpSequence, OtherKinds) {
  for (const char* pattern : {"a|b",
                              "(a)*",
                              "(?:ab)+",
                              "(a){2}",
                              "a**",
                              "a{2}{3}",
                              "\\bx",
                              "(?i)a",
                              "(?P<n>a)",
                              "a^b",
                              "[^]",
                              "[ä]",
                              "ä+",
                              "\\pL",
                              "\\x41",
                              "\\Qa\\E",
                              "x{a}",
                              "[[:^alpha:]]",
                              "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)",
                              "[a-b-c]",
                              "a)"}) {
    EXPECT_EQ(RegexpSequence::Parse(pattern, true), nullptr) << pattern;
  }
}

TEST(RegexpSequence, GivesUpWhereTryingTakesLong) {
  const auto sequence = RegexpSequence::Parse("a*b*a*b*a*b*c", true);
  ASSERT_NE(sequence, nullptr);
  RegexpSequence::Groups groups;
  EXPECT_EQ(sequence->Match(std::string(10'000, 'a'), 0, groups), Result::kGaveUp);
  EXPECT_EQ(sequence->Match("aaabbbc", 0, groups), Result::kMatch);
}

// Random expressions over a small alphabet, in random texts.
TEST(RegexpSequence, RandomExpressions) {
  std::mt19937 random(7);
  const auto pick = [&](std::initializer_list<const char*> from) { return *(from.begin() + random() % from.size()); };
  const std::function<std::string(int)> items = [&](int depth) {
    std::string out;
    for (size_t n = random() % 5; n > 0; --n) {
      if (depth < 3 && random() % 4 == 0) {
        out += pick({"(", "(?:", "("}) + items(depth + 1) + pick({")", ")?", ")?", ")??"});
      } else {
        out +=
            pick({"a", "b", "ab", "ä", ".", "[ab]", "[^a]", "[^\\n]", "\\w", "\\W", "c", "/", "[a-c/]", "\\d", "\n"});
        out += pick({"", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{2,}"});
      }
    }
    return out;
  };
  const auto text = [&] {
    std::string out;
    for (size_t n = random() % 12; n > 0; --n) out += pick({"a", "a", "b", "b", "ä", "€", "c", "/", "1", "\n", "𝄞"});
    return out;
  };
  size_t sequences = 0, compared = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string pattern = pick({"", "", "^"}) + items(0) + pick({"", "", "$"});
    const Compared both(pattern, random() % 4 != 0);
    if (!both.ok() || !both.is_sequence()) continue;
    ++sequences;
    for (int i = 0; i < 8; ++i) compared += both.Check(text()) ? 1 : 0;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(sequences, 10'000U);
  EXPECT_GT(compared, sequences * 7);
}

}  // namespace
}  // namespace weir
