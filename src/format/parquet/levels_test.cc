#include "format/parquet/levels.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/bits.h"

namespace weir::parquet {
namespace {

TEST(Levels, AreComparedByBits) {
  std::mt19937_64 random(1);
  for (size_t round = 0; round < 300; ++round) {
    const size_t count = random() % 300;
    const int top = round % 3 == 0 ? kLevelEnd - 1 : 4;
    const int least = static_cast<int>(random() % static_cast<uint64_t>(top + 1));
    std::vector<uint8_t> levels(count);
    for (uint8_t& level : levels) level = static_cast<uint8_t>(random() % static_cast<uint64_t>(top + 1));
    std::vector<uint64_t> words(WordsForBits(count), ~uint64_t{0});
    const size_t ones = LevelsAtLeast(levels.data(), count, least, words.data());
    size_t expected = 0;
    for (size_t i = 0; i < count; ++i) {
      ASSERT_EQ(GetBit(words.data(), i), levels[i] >= least) << i;
      expected += static_cast<size_t>(levels[i] >= least);
    }
    EXPECT_EQ(ones, expected);
    EXPECT_EQ(CountBits(words.data(), words.size() * 64), expected) << "bits behind the levels";
  }
}

TEST(Levels, OnesAreFoundAndCounted) {
  std::mt19937_64 random(2);
  for (size_t round = 0; round < 300; ++round) {
    const size_t count = 1 + random() % 300;
    std::vector<uint64_t> words(WordsForBits(count));
    for (size_t i = 0; i < count; ++i) AssignBit(words.data(), i, random() % 4 < round % 5);
    const size_t begin = random() % count;
    const uint64_t wanted = random() % 100;
    size_t at = begin;
    uint64_t left = wanted;
    for (; at < count; ++at) {
      if (!GetBit(words.data(), at)) continue;
      if (left == 0) break;
      --left;
    }
    uint64_t n = wanted;
    EXPECT_EQ(FindOne(words.data(), begin, count, n), at);
    EXPECT_EQ(n, at < count ? 0 : left);
  }
}

TEST(Levels, BitsAtTheOnesOfAMaskComeTogether) {
  std::mt19937_64 random(3);
  for (size_t round = 0; round < 300; ++round) {
    const size_t words = random() % 6;
    std::vector<uint64_t> bits(words), mask(words);
    for (size_t i = 0; i < words * 64; ++i) {
      AssignBit(bits.data(), i, random() % 2 == 0);
      AssignBit(mask.data(), i, random() % 4 < round % 5);
    }
    std::vector<bool> expected;
    for (size_t i = 0; i < words * 64; ++i) {
      if (GetBit(mask.data(), i)) expected.push_back(GetBit(bits.data(), i));
    }
    ASSERT_EQ(CompressBits(bits.data(), mask.data(), words, bits.data()), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(GetBit(bits.data(), i), expected[i]) << i;
    for (size_t i = expected.size(); i < WordsForBits(expected.size()) * 64; ++i) EXPECT_FALSE(GetBit(bits.data(), i));
  }
}

}  // namespace
}  // namespace weir::parquet
