#include "format/parquet/page_cache.h"

#include <gtest/gtest.h>

#include <thread>

namespace weir::parquet {
namespace {

CachedPagePtr Page(size_t bytes) {
  auto page = std::make_shared<CachedPage>();
  page->body = Buffer::Allocate(bytes);
  page->body_bytes = bytes;
  return page;
}

TEST(PageCache, FindsWhatWasPutIn) {
  auto tracker = MemoryTracker::CreateRoot("test");
  PageCache cache(tracker, 1 << 20);
  EXPECT_EQ(cache.Find(1, 4), nullptr);
  const CachedPagePtr page = Page(1000);
  cache.Insert(1, 4, page);
  EXPECT_EQ(cache.Find(1, 4), page);
  EXPECT_EQ(cache.Find(2, 4), nullptr);
  EXPECT_EQ(cache.Find(1, 5), nullptr);
  // A header alone does not take the place of a page, the other way round it does.
  cache.Insert(1, 4, std::make_shared<CachedPage>());
  EXPECT_EQ(cache.Find(1, 4), page);
  cache.Insert(3, 4, std::make_shared<CachedPage>());
  cache.Insert(3, 4, page);
  EXPECT_EQ(cache.Find(3, 4), page);
}

TEST(PageCache, StaysWithinItsBound) {
  auto tracker = MemoryTracker::CreateRoot("test");
  {
    PageCache cache(tracker, 100'000);
    for (uint64_t i = 0; i < 1000; ++i) {
      cache.Insert(i % 3, i, Page(1 + i * 7 % 5000));
      ASSERT_LE(cache.bytes(), 100'000);
    }
    EXPECT_GT(cache.bytes(), 80'000);
    EXPECT_FALSE(cache.Admits(50'000));
    cache.Insert(9, 9, Page(50'000));
    EXPECT_EQ(cache.Find(9, 9), nullptr);
    EXPECT_GE(tracker->used_bytes(), cache.bytes());
  }
  EXPECT_EQ(tracker->used_bytes(), 0);
}

// As readers do. Returns whether it was there.
bool Use(PageCache& cache, uint64_t file, uint64_t offset) {
  if (cache.Find(file, offset) != nullptr) return true;
  cache.Insert(file, offset, Page(1000));
  return false;
}

TEST(PageCache, WhatIsUsedAgainOutlastsAScan) {
  auto tracker = MemoryTracker::CreateRoot("test");
  PageCache cache(tracker, 100'000);
  for (int time = 0; time < 2; ++time) {
    for (uint64_t i = 0; i < 20; ++i) Use(cache, 1, i);
  }
  for (uint64_t i = 0; i < 1000; ++i) Use(cache, 2, i);
  for (uint64_t i = 0; i < 20; ++i) EXPECT_TRUE(Use(cache, 1, i)) << i;
  EXPECT_GT(cache.usage().rejections, 800u);
  // But not forever: others that are used again take their places.
  for (int time = 0; time < 30; ++time) {
    for (uint64_t i = 0; i < 40; ++i) Use(cache, 3, i);
  }
  for (uint64_t i = 0; i < 40; ++i) EXPECT_TRUE(Use(cache, 3, i)) << i;
  EXPECT_GT(cache.usage().evictions, 0u);
}

TEST(PageCache, GoingRoundInMoreThanItHolds) {
  auto tracker = MemoryTracker::CreateRoot("test");
  PageCache cache(tracker, 100'000);
  size_t found = 0;
  for (int time = 0; time < 20; ++time) {
    for (uint64_t i = 0; i < 200; ++i) found += Use(cache, 1, i);
  }
  // It holds some 58 of 200: going by last use alone would find none of them.
  EXPECT_GT(found, size_t{19 * 50});
}

TEST(PageCache, BulkyPagesHaveAPart) {
  auto tracker = MemoryTracker::CreateRoot("test");
  PageCache cache(tracker, 500'000);
  const auto use_bulky = [&](uint64_t file, uint64_t offset) {
    if (cache.Find(file, offset) != nullptr) return true;
    if (!cache.WantsBulky(file, offset, 1000)) return false;
    auto page = std::make_shared<CachedPage>(*Page(1000));
    page->is_bulky = true;
    cache.Insert(file, offset, std::make_shared<CachedPage>());  // as readers do: the header first
    cache.Insert(file, offset, std::move(page));
    return false;
  };
  // They stay within their part, and those that are there stay when others are wanted as much.
  size_t found = 0;
  for (int time = 0; time < 10; ++time) {
    for (uint64_t i = 0; i < 200; ++i) found += use_bulky(1, i);
  }
  EXPECT_LE(cache.bytes(), 110'000);
  EXPECT_GT(found, size_t{9 * 40});
  EXPECT_FALSE(cache.WantsBulky(2, 0, 1000));
  // Those that are used more take their places.
  for (int time = 0; time < 30; ++time) {
    for (uint64_t i = 0; i < 20; ++i) use_bulky(2, i);
  }
  for (uint64_t i = 0; i < 20; ++i) EXPECT_TRUE(use_bulky(2, i)) << i;
  // Others drive them out.
  for (uint64_t i = 0; i < 400; ++i) Use(cache, 3, i);
  for (uint64_t i = 0; i < 20; ++i) EXPECT_FALSE(use_bulky(2, i)) << i;
}

TEST(PageCache, GivesMemoryBack) {
  auto tracker = MemoryTracker::CreateRoot("test", 200'000);
  PageCache cache(tracker, 150'000);
  for (uint64_t i = 0; i < 100; ++i) cache.Insert(1, i, Page(1000));
  EXPECT_GT(cache.bytes(), 100'000);
  auto query = tracker->CreateChild("query", MemoryScope::kQuery);
  query->Reserve(180'000);
  EXPECT_LT(cache.bytes(), 21'000);
  // There is no room for more, and that is no error.
  for (uint64_t i = 0; i < 100; ++i) cache.Insert(2, i, Page(1000));
  EXPECT_LT(cache.bytes(), 21'000);
  query->Release(180'000);
}

TEST(PageCache, ManyThreads) {
  auto tracker = MemoryTracker::CreateRoot("test");
  PageCache cache(tracker, 64 << 20);
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (uint64_t i = 0; i < 3000; ++i) {
        const uint64_t at = (i * 7919 + t) % 700;
        const CachedPagePtr found = cache.Find(0, at);
        if (found == nullptr) {
          cache.Insert(0, at, Page(at * 10 + 1));
        } else {
          EXPECT_EQ(found->body_bytes, at * 10 + 1);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(cache.bytes(), 0);
}

}  // namespace
}  // namespace weir::parquet
