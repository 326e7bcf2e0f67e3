#include "exec/cache/query_cache.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

class QueryCacheUnitTest : public ::testing::Test {
 protected:
  static CachedRowsPtr Rows(size_t bytes) {
    auto rows = std::make_shared<CachedRows>();
    rows->chunks.emplace_back(bytes, 'x');
    rows->rows = 1;
    return rows;
  }
  bool Add(const std::string& text, size_t bytes, uint64_t part = 0) {
    return cache_.Insert(CacheKind::kPartial, {.text = cache_.Intern(text), .part = PartId(part)}, Rows(bytes), {});
  }
  bool Has(const std::string& text, uint64_t part = 0) {
    return cache_.Find(CacheKind::kPartial, {.text = cache_.Intern(text), .part = PartId(part)}) != nullptr;
  }

  std::shared_ptr<MemoryTracker> memory_ = MemoryTracker::CreateRoot("process", 1 << 20);
  QueryCache cache_{memory_, 100'000};
};

TEST_F(QueryCacheUnitTest, LeastRecentlyUsedGoesFirst) {
  EXPECT_TRUE(Add("a", 40'000));
  EXPECT_TRUE(Add("b", 40'000));
  EXPECT_TRUE(Has("a"));
  EXPECT_TRUE(Add("c", 40'000));
  EXPECT_FALSE(Has("b"));
  EXPECT_TRUE(Has("a"));
  EXPECT_TRUE(Has("c"));
  EXPECT_FALSE(Add("d", 200'000));  // above the bound: nothing goes for it
  EXPECT_TRUE(Has("a"));
  const QueryCache::Usage usage = cache_.usage(CacheKind::kPartial);
  EXPECT_EQ(usage.entries, 2U);
  EXPECT_EQ(usage.evictions, 1U);
  EXPECT_EQ(usage.hits, 4U);
  EXPECT_EQ(usage.misses, 1U);
  EXPECT_LE(usage.bytes, 100'000);
}

TEST_F(QueryCacheUnitTest, KeysAreWholeKeys) {
  EXPECT_TRUE(Add("a", 10, 1));
  EXPECT_TRUE(Has("a", 1));
  EXPECT_FALSE(Has("a", 2));
  EXPECT_FALSE(Has("b", 1));
  const CacheTextPtr text = cache_.Intern("a");
  EXPECT_EQ(text, cache_.Intern("a"));
  for (const CacheKey& key : {CacheKey{.text = text, .part = PartId(1), .row_group = 1},
                              CacheKey{.text = text, .part = PartId(1), .deleted_rows = 1}}) {
    EXPECT_EQ(cache_.Find(CacheKind::kPartial, key), nullptr);
  }
  // Texts that nobody needs any more get other numbers.
  const uint64_t id = cache_.Intern("gone")->id;
  for (int i = 0; i < 10'000; ++i) cache_.Intern(std::to_string(i));
  EXPECT_NE(cache_.Intern("gone")->id, id);
  EXPECT_TRUE(Has("a", 1));
}

TEST_F(QueryCacheUnitTest, MemoryIsGivenBack) {
  EXPECT_TRUE(Add("a", 40'000));
  EXPECT_TRUE(Add("b", 40'000));
  const int64_t before = memory_->used_bytes();
  EXPECT_GT(memory_->Reclaim(10'000), 0);
  EXPECT_FALSE(Has("a"));
  EXPECT_TRUE(Has("b"));
  EXPECT_LT(memory_->used_bytes(), before);
  // Others' memory comes before the cache's.
  memory_->Reserve(1'000'000);
  EXPECT_FALSE(Add("c", 90'000));
  memory_->Release(1'000'000);
  EXPECT_TRUE(Add("c", 40'000));
  cache_.Clear();
  EXPECT_EQ(cache_.usage(CacheKind::kPartial).bytes, 0);
}

TEST_F(QueryCacheUnitTest, NotesOfWhatIsTooLarge) {
  const CacheTextPtr text = cache_.Intern("large");
  EXPECT_FALSE(cache_.IsTooLarge(text));
  cache_.NoteTooLarge(text);
  EXPECT_TRUE(cache_.IsTooLarge(text));
  EXPECT_FALSE(Has("large"));
  cache_.Clear();
  EXPECT_FALSE(cache_.IsTooLarge(text));
}

}  // namespace
}  // namespace weir
