#include "function/aggregate/ordering.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace weir {
namespace {

// More than is ordered at once, so that values are parted first.
constexpr size_t kCount = 3 * kOrderedAtOnce + 17;

template <typename T>
void ExpectOrder(const std::vector<T>& values) {
  std::vector<T> expected = values;
  std::sort(expected.begin(), expected.end(), InOrder<T>());
  const auto same = [](const T& a, const T& b) { return !OrderedBefore(a, b) && !OrderedBefore(b, a); };

  std::vector<T> ordered = values;
  OrderValues(ordered.data(), ordered.data() + ordered.size());
  ASSERT_TRUE(std::equal(ordered.begin(), ordered.end(), expected.begin(), same));

  for (const size_t nth : {size_t{0}, values.size() / 3, values.size() / 2, values.size() - 1}) {
    std::vector<T> parted = values;
    SelectValue(parted.data(), parted.data() + nth, parted.data() + parted.size());
    ASSERT_TRUE(same(parted[nth], expected[nth])) << nth;
    for (size_t i = 0; i < nth; ++i) ASSERT_FALSE(OrderedBefore(parted[nth], parted[i])) << i;
    for (size_t i = nth; i < parted.size(); ++i) ASSERT_FALSE(OrderedBefore(parted[i], parted[nth])) << i;
  }
}

template <typename T, typename Make>
void ExpectOrderOf(Make make) {
  std::mt19937_64 random(1);
  std::vector<T> values;
  for (size_t i = 0; i < kCount; ++i) values.push_back(make(random, i));
  ExpectOrder(values);
}

TEST(OrderingTest, Integers) {
  ExpectOrderOf<int64_t>([](auto& random, size_t) { return static_cast<int64_t>(random()); });
  ExpectOrderOf<int32_t>([](auto& random, size_t) { return static_cast<int32_t>(random()); });
  ExpectOrderOf<int16_t>([](auto& random, size_t) { return static_cast<int16_t>(random()); });
}

TEST(OrderingTest, InOrderAlready) {
  ExpectOrderOf<int64_t>([](auto&, size_t i) { return static_cast<int64_t>(i); });
  ExpectOrderOf<int64_t>([](auto&, size_t i) { return -static_cast<int64_t>(i); });
}

TEST(OrderingTest, ManyEqual) {
  ExpectOrderOf<int64_t>([](auto&, size_t) { return 7; });
  ExpectOrderOf<int64_t>([](auto& random, size_t) { return static_cast<int64_t>(random() % 3); });
  ExpectOrderOf<int32_t>([](auto& random, size_t i) { return i % 10 == 0 ? static_cast<int32_t>(random()) : -1; });
}

TEST(OrderingTest, FloatingPoint) {
  ExpectOrderOf<double>([](auto& random, size_t i) {
    constexpr double kOdd[] = {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity(), 0.0, -0.0};
    return i % 3 == 0 ? kOdd[random() % std::size(kOdd)] : static_cast<double>(static_cast<int64_t>(random())) / 3;
  });
  ExpectOrderOf<double>([](auto&, size_t) { return std::numeric_limits<double>::quiet_NaN(); });
}

TEST(OrderingTest, Texts) {
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back("a text of some length, number " + std::to_string(i * 7919 % 1000));
  ExpectOrderOf<StringRef>([&](auto& random, size_t) { return StringRef(texts[random() % texts.size()]); });
}

}  // namespace
}  // namespace weir
