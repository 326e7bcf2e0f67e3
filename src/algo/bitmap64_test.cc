#include "algo/bitmap64.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <set>

#include "base/error.h"

namespace weir {
namespace {

using Set = std::set<uint64_t>;

// Sparse, dense, in runs and beyond 32 bits.
Set RandomSet(std::mt19937_64& random) {
  Set out;
  const int shape = static_cast<int>(random() % 4);
  for (int i = 0; i < 6000; ++i) {
    switch (shape) {
      case 0:
        out.insert(random() % 100);
        break;
      case 1:
        out.insert(random() % 20000);
        break;
      case 2:
        out.insert(static_cast<uint64_t>(i) + (random() % 3 == 0 ? uint64_t{1} << 33 : 0));
        break;
      default:
        out.insert(random());
    }
  }
  return out;
}

Bitmap64 BitmapOf(const Set& set) {
  Bitmap64 out;
  for (const uint64_t value : set) out.Add(value);
  return Bitmap64::Deserialize(out.Serialize());
}

Set SetOf(const Bitmap64& bitmap) {
  const std::vector<uint64_t> values = bitmap.Values();
  EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
  EXPECT_EQ(values.size(), bitmap.Count());
  return {values.begin(), values.end()};
}

TEST(Bitmap64, OperationsAreThoseOfSets) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    const Set a = RandomSet(random), b = RandomSet(random);
    const auto check = [&](void (Bitmap64::*operation)(const Bitmap64&), auto expected) {
      Bitmap64 left = BitmapOf(a);
      (left.*operation)(BitmapOf(b));
      Set out;
      expected(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
      EXPECT_EQ(SetOf(left), out);
    };
    check(&Bitmap64::Or, [](auto... args) { std::set_union(args...); });
    check(&Bitmap64::And, [](auto... args) { std::set_intersection(args...); });
    check(&Bitmap64::AndNot, [](auto... args) { std::set_difference(args...); });
    check(&Bitmap64::Xor, [](auto... args) { std::set_symmetric_difference(args...); });
    EXPECT_EQ(BitmapOf(a).Min(), *a.begin());
    EXPECT_EQ(BitmapOf(a).Max(), *a.rbegin());
  }
}

// Whatever the bytes are, they are refused or make a set that can be worked with.
TEST(Bitmap64, DamagedBytesAreRefusedOrHarmless) {
  std::mt19937_64 random(11);
  size_t refused = 0;
  for (int round = 0; round < 240; ++round) {
    std::string bytes = BitmapOf(RandomSet(random)).Serialize();
    if (round % 3 == 0) bytes.resize(random() % bytes.size());
    for (int i = 0; i < 3 && !bytes.empty(); ++i)
      bytes[random() % std::min<size_t>(bytes.size(), 200)] ^= 1 << (random() % 8);
    try {
      const Bitmap64 bitmap = Bitmap64::Deserialize(bytes);
      EXPECT_EQ(SetOf(bitmap).size(), bitmap.Count());
      bitmap.Serialize();
    } catch (const Error& error) {
      EXPECT_EQ(error.sqlstate(), sqlstate::kInvalidBinaryRepresentation);
      ++refused;
    }
  }
  EXPECT_GT(refused, 80U);
}

TEST(Bitmap64, Text) {
  EXPECT_EQ(Bitmap64::FromText(" 3, 1,2 ")->ToText(), "1,2,3");
  EXPECT_EQ(Bitmap64::FromText("")->ToText(), "");
  EXPECT_EQ(Bitmap64::FromText("18446744073709551615")->Max(), UINT64_MAX);
  for (const char* bad : {"x", "1,", ",1", "1 2", "-1", "18446744073709551616"}) {
    EXPECT_FALSE(Bitmap64::FromText(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace weir
