#include "meta/part_list.h"

#include <map>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/strong_id.h"
#include "env/random.h"
#include "meta/delete_vector.h"

namespace weir {
namespace {

using TestId = StrongId<struct TestIdTag>;
struct Item {
  TestId key;
  int value = 0;
  TestId id() const { return key; }
};

TEST(PartListTest, BehavesAsAMapAndKeepsOldCopies) {
  PartList<Item> list;
  std::map<uint64_t, int> model;
  Xoshiro256 random(7);
  uint64_t next = 1;
  std::vector<std::pair<PartList<Item>, std::map<uint64_t, int>>> copies;
  const auto check = [](const PartList<Item>& found, const std::map<uint64_t, int>& wanted) {
    ASSERT_EQ(found.size(), wanted.size());
    auto at = wanted.begin();
    found.ForEach([&](const Item& item) {
      EXPECT_EQ(item.key.value(), at->first);
      EXPECT_EQ(item.value, at->second);
      ++at;
    });
    for (uint64_t key = 1; key < 60; ++key) {
      EXPECT_EQ(found.Find(TestId(key)) != nullptr, wanted.contains(key));
    }
  };
  for (int step = 0; step < 300; ++step) {
    const uint64_t what = random.Below(10);
    if (what < 6) {
      for (uint64_t n = random.Below(100); n > 0; --n) {
        list.Append({TestId(next), static_cast<int>(next)});
        model[next] = static_cast<int>(next);
        ++next;
      }
    } else if (what < 8 && !model.empty()) {
      const auto at = std::next(model.begin(), static_cast<ptrdiff_t>(random.Below(model.size())));
      at->second = step;
      list.Replace({TestId(at->first), step});
    } else {
      std::unordered_set<TestId> gone;
      for (auto at = model.begin(); at != model.end();) {
        if (random.Chance(what == 8 ? 0.05 : 0.9)) {
          gone.insert(TestId(at->first));
          at = model.erase(at);
        } else {
          ++at;
        }
      }
      list.Remove(gone);
    }
    check(list, model);
    if (step % 50 == 0) copies.emplace_back(list, model);
  }
  for (const auto& [copy, wanted] : copies) check(copy, wanted);
}

TEST(DeleteVectorTest, SetsAndRanges) {
  const auto a = DeleteVector::Of(std::vector<uint32_t>{5, 1, 5, 70000, 64});
  EXPECT_EQ(a->count(), 4U);
  EXPECT_EQ(a->max(), 70000U);
  EXPECT_TRUE(a->Contains(64));
  EXPECT_FALSE(a->Contains(65));
  EXPECT_EQ(a->CountInRange(1, 64), 2U);
  uint64_t words[2] = {0, 0};
  a->ExtractRange(1, 100, words);
  EXPECT_EQ(words[0], (uint64_t{1} << 0) | (uint64_t{1} << 4) | (uint64_t{1} << 63));
  EXPECT_EQ(words[1], 0U);
  const auto b = DeleteVector::Of(std::vector<uint32_t>{2});
  EXPECT_FALSE(DeleteVector::Intersects(a, b));
  EXPECT_FALSE(DeleteVector::Intersects(a, nullptr));
  const auto both = DeleteVector::Union(a, b);
  EXPECT_EQ(both->count(), 5U);
  std::vector<uint32_t> listed;
  both->ForEach([&](uint32_t position) { listed.push_back(position); });
  EXPECT_EQ(listed, (std::vector<uint32_t>{1, 2, 5, 64, 70000}));
  EXPECT_EQ(DeleteVector::Deserialize(both->Serialize())->count(), 5U);
  EXPECT_THROW(DeleteVector::Deserialize("garbage"), Error);
  EXPECT_EQ(DeleteVector::Of({}), nullptr);
}

}  // namespace
}  // namespace weir
