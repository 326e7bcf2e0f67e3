#include "runtime/memory_tracker.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "env/random.h"

namespace weir {
namespace {

constexpr int64_t kKiB = 1024;
constexpr int64_t kMiB = 1024 * kKiB;

TEST(MemoryTracker, CountsUpTheTree) {
  const auto root = MemoryTracker::CreateRoot("process");
  const auto query = root->CreateChild("q1", MemoryScope::kQuery);
  const auto sort = query->CreateChild("sort", MemoryScope::kOperator);
  sort->Reserve(100);
  EXPECT_EQ(sort->used_bytes(), 100);
  EXPECT_EQ(sort->peak_bytes(), 100);
  EXPECT_GE(query->used_bytes(), 100);
  EXPECT_GE(root->used_bytes(), 100);
  EXPECT_LE(root->used_bytes(), 2 * kMiB);
  sort->Reserve(10 * kMiB);
  sort->Release(10 * kMiB);
  EXPECT_EQ(sort->used_bytes(), 100);
  EXPECT_EQ(sort->peak_bytes(), 100 + 10 * kMiB);
  EXPECT_LT(root->used_bytes(), 3 * kMiB) << "released memory goes back up";
  sort->Release(100);
}

TEST(MemoryTracker, AnEndedTreeLeavesNothingBehind) {
  const auto root = MemoryTracker::CreateRoot("process");
  {
    const auto query = root->CreateChild("q1", MemoryScope::kQuery);
    const auto scan = query->CreateChild("scan", MemoryScope::kOperator);
    scan->Reserve(5 * kMiB);
    scan->Release(5 * kMiB);
  }
  EXPECT_EQ(root->used_bytes(), 0);
  EXPECT_EQ(root->Snapshot().size(), 1U);
}

TEST(MemoryTracker, ErrorNamesTheLimitAndTheBiggestConsumers) {
  const auto root = MemoryTracker::CreateRoot("process", 100 * kMiB);
  const auto query = root->CreateChild("q7", MemoryScope::kQuery, 10 * kMiB, "query_memory_limit");
  const auto join = query->CreateChild("hash join", MemoryScope::kOperator);
  const auto sort = query->CreateChild("sort", MemoryScope::kOperator);
  join->Reserve(6 * kMiB);
  sort->Reserve(3 * kMiB);
  try {
    sort->Reserve(2 * kMiB);
    FAIL() << "more than the limit was given";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kOutOfMemory);
    EXPECT_THAT(error.message(), testing::HasSubstr("query q7"));
    EXPECT_THAT(error.message(), testing::HasSubstr("9 MiB of 10 MiB"));
    EXPECT_THAT(error.detail(), testing::HasSubstr("hash join 6 MiB, sort 3 MiB"));
    EXPECT_THAT(error.hint(), testing::HasSubstr("query_memory_limit"));
  }
  EXPECT_EQ(sort->used_bytes(), 3 * kMiB);
  sort->Reserve(kMiB);  // exactly up to the limit, though steps are bigger
  EXPECT_FALSE(sort->TryReserve(1));
  join->Release(6 * kMiB);
  EXPECT_TRUE(sort->TryReserve(6 * kMiB)) << "what a sibling gave back can be had";
  sort->Release(10 * kMiB);
}

TEST(MemoryTracker, UnusedStepsOfSiblingsAreTakenBackBeforeRefusing) {
  const auto root = MemoryTracker::CreateRoot("process", kMiB);
  std::vector<std::shared_ptr<MemoryTracker>> small;
  for (int i = 0; i < 16; ++i) {
    small.push_back(root->CreateChild("small", MemoryScope::kQuery));
    small.back()->Reserve(1);
    small.back()->Release(1);
  }
  const auto big = root->CreateChild("big", MemoryScope::kQuery);
  EXPECT_TRUE(big->TryReserve(kMiB));
  big->Release(kMiB);
}

TEST(MemoryTracker, TinyLimitsAreExact) {
  const auto root = MemoryTracker::CreateRoot("process");
  const auto query = root->CreateChild("q", MemoryScope::kQuery, 1000);
  const auto a = query->CreateChild("a", MemoryScope::kOperator);
  const auto b = query->CreateChild("b", MemoryScope::kOperator, 300);
  EXPECT_TRUE(a->TryReserve(700));
  EXPECT_TRUE(b->TryReserve(300));
  EXPECT_FALSE(a->TryReserve(1));
  EXPECT_FALSE(b->TryReserve(1));
  EXPECT_EQ(a->available_bytes(), 0);
  a->Release(700);
  b->Release(300);
}

TEST(MemoryTracker, ReclaimersAreAskedByPriorityThenSize) {
  const auto root = MemoryTracker::CreateRoot("process", 10 * kMiB);
  const auto cache = root->CreateChild("cache", MemoryScope::kCache);
  const auto small = root->CreateChild("small", MemoryScope::kOperator);
  const auto large = root->CreateChild("large", MemoryScope::kOperator);
  cache->Reserve(kMiB);
  small->Reserve(2 * kMiB);
  large->Reserve(4 * kMiB);
  std::vector<std::string> asked;
  const auto give_all = [&](const std::shared_ptr<MemoryTracker>& tracker) {
    return [&asked, tracker = tracker.get()](int64_t) {
      asked.push_back(tracker->name());
      const int64_t held = tracker->used_bytes();
      tracker->Release(held);
      return held;
    };
  };
  const auto r1 = small->AddReclaimer(give_all(small));
  const auto r2 = large->AddReclaimer(give_all(large));
  auto r3 = cache->AddReclaimer(give_all(cache), /*priority=*/10);
  const auto wants = root->CreateChild("wants", MemoryScope::kOperator);
  wants->Reserve(7 * kMiB);
  EXPECT_THAT(asked, testing::ElementsAre("cache", "large"));
  EXPECT_FALSE(wants->TryReserveWithoutReclaim(2 * kMiB));
  EXPECT_EQ(asked.size(), 2U);
  r3.Reset();
  EXPECT_TRUE(wants->TryReserve(2 * kMiB));
  EXPECT_THAT(asked, testing::ElementsAre("cache", "large", "small"));
  wants->Release(9 * kMiB);
}

TEST(MemoryTracker, AReclaimerThatReservesDoesNotReclaimAgain) {
  const auto root = MemoryTracker::CreateRoot("process", kMiB);
  const auto op = root->CreateChild("op", MemoryScope::kOperator);
  op->Reserve(kMiB);
  int calls = 0;
  const auto reclaimer = op->AddReclaimer([&](int64_t) -> int64_t {
    ++calls;
    EXPECT_FALSE(op->TryReserve(kMiB));
    return 0;
  });
  EXPECT_FALSE(op->TryReserve(1));
  EXPECT_EQ(calls, 1);
  op->Release(kMiB);
}

TEST(MemoryTracker, UncheckedGoesOverTheLimit) {
  const auto root = MemoryTracker::CreateRoot("process", 100);
  const auto op = root->CreateChild("op", MemoryScope::kOperator);
  op->ReserveUnchecked(1000);
  EXPECT_EQ(op->used_bytes(), 1000);
  EXPECT_GE(root->used_bytes(), 1000);
  EXPECT_FALSE(op->TryReserve(1));
  op->Release(1000);
  EXPECT_TRUE(op->TryReserve(100));
  op->Release(100);
}

TEST(MemoryTracker, SnapshotListsParentsFirst) {
  const auto root = MemoryTracker::CreateRoot("process");
  const auto query = root->CreateChild("q", MemoryScope::kQuery, 5 * kMiB);
  const auto op = query->CreateChild("op", MemoryScope::kOperator);
  const auto all = root->Snapshot();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].parent_id, 0U);
  EXPECT_EQ(all[1].parent_id, all[0].id);
  EXPECT_EQ(all[1].limit_bytes, 5 * kMiB);
  EXPECT_EQ(all[2].depth, 2);
  EXPECT_EQ(all[2].name, "op");
}

TEST(ScopedReservation, GivesBackAlsoAfterAFailedGrowth) {
  const auto root = MemoryTracker::CreateRoot("process", 1000);
  {
    ScopedReservation a(root, 600);
    EXPECT_THROW(a.Grow(500), Error);
    EXPECT_EQ(a.bytes(), 600);
    ScopedReservation b = std::move(a);
    b.Resize(100);
    EXPECT_EQ(root->used_bytes(), 100);
  }
  EXPECT_EQ(root->used_bytes(), 0);
}

TEST(TrackedAllocator, CountsAVector) {
  const auto root = MemoryTracker::CreateRoot("process", 64 * kKiB);
  {
    std::vector<int64_t, TrackedAllocator<int64_t>> values{TrackedAllocator<int64_t>(root.get())};
    values.resize(1000);
    EXPECT_EQ(root->used_bytes(), 8000);
    EXPECT_THROW(values.resize(100'000), Error);
    EXPECT_EQ(values.size(), 1000U);
  }
  EXPECT_EQ(root->used_bytes(), 0);
}

// Many threads reserve and release at random under a tight limit: the limit is never passed and the sums agree.
TEST(MemoryTracker, ManyThreadsNeverPassTheLimit) {
  constexpr int kThreads = 8;
  constexpr int64_t kLimit = 2 * kMiB;
  const auto root = MemoryTracker::CreateRoot("process", kLimit);
  const auto q1 = root->CreateChild("q1", MemoryScope::kQuery, kLimit * 3 / 4);
  const auto q2 = root->CreateChild("q2", MemoryScope::kQuery);
  std::atomic<int64_t> held_total{0};
  std::atomic<int64_t> refused{0};
  std::atomic<bool> passed{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      // Half of them share a tracker.
      const auto own = (t % 2 == 0 ? q1 : q2)->CreateChild("op", MemoryScope::kOperator);
      const auto& tracker = t < 4 ? own : q2;
      Xoshiro256 random(static_cast<uint64_t>(t));
      std::vector<int64_t> held;
      for (int i = 0; i < 20'000; ++i) {
        const bool grow = held.empty() || random.Chance(0.55);
        if (grow) {
          const int64_t bytes = random.Between(1, random.Chance(0.02) ? 400 * kKiB : 4 * kKiB);
          if (tracker->TryReserve(bytes)) {
            held.push_back(bytes);
            if (held_total.fetch_add(bytes) + bytes > kLimit) passed = true;
          } else {
            refused.fetch_add(1);
          }
        }
        if (!grow || held.size() > 512) {
          held_total.fetch_sub(held.back());
          tracker->Release(held.back());
          held.pop_back();
        }
      }
      for (const int64_t bytes : held) {
        held_total.fetch_sub(bytes);
        tracker->Release(bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(passed);
  EXPECT_GT(refused.load(), 0) << "the limit was never felt";
  EXPECT_EQ(q2->used_bytes(), 0);
  EXPECT_TRUE(q1->TryReserve(kLimit * 3 / 4));
  EXPECT_FALSE(q1->TryReserve(1));
  q1->Release(kLimit * 3 / 4);
}

}  // namespace
}  // namespace weir
