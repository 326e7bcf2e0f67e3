#include "format/parquet/snappy_decode.h"

#include <gtest/gtest.h>
#include <snappy.h>

#include <random>
#include <string>

namespace weir::parquet {
namespace {

// Text, runs, repeats at all distances and noise.
std::string Mixed(std::mt19937_64& random, size_t size) {
  std::string out;
  while (out.size() < size) {
    switch (random() % 4) {
      case 0:
        out.append(random() % 300, static_cast<char>(random()));
        break;
      case 1:
        for (size_t n = random() % 200; n > 0; --n) out += static_cast<char>(random());
        break;
      case 2:
        out += "the quick brown fox ";
        break;
      default:
        if (!out.empty()) {
          const size_t distance = 1 + random() % std::min<size_t>(out.size(), random() % 2 == 0 ? 20 : 70'000);
          for (size_t n = random() % 150; n > 0; --n) out += out[out.size() - distance];
        }
    }
  }
  out.resize(size);
  return out;
}

// Exactly as large as asked for, so that sanitizers see any step outside.
bool Decode(const std::string& packed, size_t size, std::string& out) {
  const std::vector<uint8_t> in(packed.begin(), packed.end());
  std::vector<uint8_t> to(size);
  const bool good = SnappyDecode(in, to);
  out.assign(to.begin(), to.end());
  return good;
}

TEST(SnappyDecode, ReadsWhatTheLibraryWrites) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 300; ++i) {
    const std::string text = Mixed(random, random() % (i < 280 ? 2'000 : 400'000));
    std::string packed;
    snappy::Compress(text.data(), text.size(), &packed);
    std::string back;
    ASSERT_TRUE(Decode(packed, text.size(), back));
    ASSERT_EQ(back, text);
    EXPECT_FALSE(Decode(packed, text.size() + 1, back));
  }
}

TEST(SnappyDecode, AgreesWithTheLibraryOnDamagedInput) {
  std::mt19937_64 random(4);
  size_t good = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = Mixed(random, 200 + random() % 600);
    std::string packed;
    snappy::Compress(text.data(), text.size(), &packed);
    for (size_t n = 1 + random() % 3; n > 0; --n)
      packed[2 + random() % (packed.size() - 2)] = static_cast<char>(random());
    if (random() % 4 == 0) packed.resize(2 + random() % (packed.size() - 2));
    std::string ours;
    std::string theirs(text.size(), '\0');
    const bool valid = snappy::RawUncompress(packed.data(), packed.size(), theirs.data());
    ASSERT_EQ(Decode(packed, text.size(), ours), valid);
    if (valid) {
      ASSERT_EQ(ours, theirs);
      ++good;
    }
  }
  EXPECT_GT(good, 100u);
}

}  // namespace
}  // namespace weir::parquet
