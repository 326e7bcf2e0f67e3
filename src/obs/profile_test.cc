#include "obs/profile.h"

#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "obs/byte_text.h"

namespace weir::obs {
namespace {

TEST(Profile, MergesDriversOfManyThreads) {
  ProfileNode root("Aggregate", 1);
  ProfileNode& scan = root.AddChild("Scan", 2);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      scan.AddDriver();
      for (int i = 0; i < 100; ++i) {
        ProfileCounters counters;
        counters.rows_out = 10;
        counters.cpu_nanos = 5;
        scan.Merge(counters);
        scan.AddExtra("pages", 1);
        scan.AddExtra("largest page", t * 100 + i, ProfileUnit::kBytes, ProfileMerge::kMax);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto snapshot = root.Take();
  ASSERT_EQ(snapshot.children.size(), 1U);
  EXPECT_EQ(snapshot.children[0].counters.rows_out, 4000);
  EXPECT_EQ(snapshot.children[0].drivers, 4);
  EXPECT_EQ(snapshot.TotalCpuNanos(), 2000);
  ASSERT_EQ(snapshot.children[0].extras.size(), 2U);
  EXPECT_EQ(snapshot.children[0].extras[0].value, 399);
  EXPECT_EQ(snapshot.children[0].extras[1].value, 400);
  EXPECT_EQ(root.Find(2), &scan);
  EXPECT_EQ(root.Find(9), nullptr);
}

TEST(Profile, MergesSnapshotsOfOtherNodes) {
  ProfileNode here("Join", 1);
  here.AddChild("Scan", 2).Merge({.rows_out = 1});
  ProfileNode there("Join", 1);
  there.AddChild("Scan", 2).Merge({.rows_out = 10});
  there.AddChild("Build", 3).SetInfo("kind", "hash");
  here.MergeSnapshot(there.Take());
  const auto merged = here.Take();
  ASSERT_EQ(merged.children.size(), 2U);
  EXPECT_EQ(merged.children[0].counters.rows_out, 11);
  EXPECT_EQ(merged.children[1].name, "Build");
  EXPECT_THAT(merged.ToText(), testing::HasSubstr("  Build  kind=hash\n"));
}

TEST(Profile, TimersAddUp) {
  int64_t now = 10;
  const auto clock = [&] { return now += 7; };
  int64_t total = 1;
  {
    const ProfileTimer timer(total, clock);
  }
  EXPECT_EQ(total, 8);
}

TEST(ByteText, IsShortAndRounds) {
  EXPECT_EQ(BytesToText(0), "0 B");
  EXPECT_EQ(BytesToText(1023), "1023 B");
  EXPECT_EQ(BytesToText(1024), "1 KiB");
  EXPECT_EQ(BytesToText(1536), "1.5 KiB");
  EXPECT_EQ(BytesToText(1024 * 1024 - 1), "1 MiB");
  EXPECT_EQ(BytesToText(-(int64_t{3} << 30)), "-3 GiB");
  EXPECT_EQ(BytesToText(INT64_MAX), "8 EiB");
  EXPECT_EQ(NanosToText(999), "999 ns");
  EXPECT_EQ(NanosToText(1'250'000), "1.25 ms");
  EXPECT_EQ(NanosToText(125'000'000'000), "2 min 5 s");
}

}  // namespace
}  // namespace weir::obs
