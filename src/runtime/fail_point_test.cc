#include "runtime/fail_point.h"

#include <chrono>
#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir {
namespace {

int HitsOfA(int calls) {
  int hits = 0;
  for (int i = 0; i < calls; ++i) hits += WEIR_FAIL_POINT_HIT(runtime_test_a) ? 1 : 0;
  return hits;
}

TEST(FailPoint, ModesFireAsTheySay) {
  EXPECT_EQ(HitsOfA(10), 0);
  const ScopedFailPoints armed("runtime_test_a=always");
  EXPECT_EQ(HitsOfA(10), 10);
  ArmFailPoints("runtime_test_a=once;runtime_test_b=always");
  EXPECT_EQ(HitsOfA(10), 1);
  EXPECT_THROW(WEIR_FAIL_POINT(runtime_test_b), Error);
  ArmFailPoints("runtime_test_a=skip(3)");
  EXPECT_EQ(HitsOfA(10), 7);
  ArmFailPoints("runtime_test_a=prob(0.25)");
  const int hits = HitsOfA(10'000);
  EXPECT_GT(hits, 2'200);
  EXPECT_LT(hits, 2'800);
  ArmFailPoints("runtime_test_a=off");
  EXPECT_EQ(HitsOfA(10), 0);
}

TEST(FailPoint, RefusesWhatItDoesNotKnowAndChangesNothing) {
  const ScopedFailPoints armed("runtime_test_a=always");
  EXPECT_THROW(ArmFailPoints("runtime_test_a=off;nowhere=once"), Error);
  EXPECT_THROW(ArmFailPoints("runtime_test_a"), Error);
  EXPECT_THROW(ArmFailPoints("runtime_test_a=prob"), Error);
  EXPECT_THROW(ArmFailPoints("runtime_test_a=once(3)"), Error);
  EXPECT_THROW(ArmFailPoints("runtime_test_a=prob(x)"), Error);
  EXPECT_EQ(HitsOfA(1), 1);
}

TEST(FailPoint, PauseHoldsUntilDisarmed) {
  const ScopedFailPoints armed("runtime_test_a=pause");
  std::atomic<bool> through{false};
  std::thread held([&] {
    WEIR_FAIL_POINT(runtime_test_a);
    through = true;
  });
  while (PausedAtFailPoint(FailPoint::runtime_test_a) == 0) std::this_thread::yield();
  EXPECT_FALSE(through);
  ArmFailPoints("runtime_test_a=off");
  held.join();
  EXPECT_TRUE(through);
}

TEST(FailPoint, CrashLeavesAtOnce) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        ArmFailPoints("runtime_test_a=crash");
        WEIR_FAIL_POINT(runtime_test_a);
      },
      testing::ExitedWithCode(137), "");
}

TEST(FailPoint, TheEnvironmentArms) {
  ArmFailPointsFromEnvironment();
  EXPECT_EQ(HitsOfA(1), 0);
  ::setenv("WEIR_FAILPOINTS", "runtime_test_a=always", 1);
  ArmFailPointsFromEnvironment();
  ::unsetenv("WEIR_FAILPOINTS");
  EXPECT_EQ(HitsOfA(1), 1);
  DisarmAllFailPoints();
}

TEST(FailPoint, ListsNamesModesAndHits) {
  const ScopedFailPoints armed("runtime_test_b=prob(1)");
  EXPECT_TRUE(WEIR_FAIL_POINT_HIT(runtime_test_b));
  bool found = false;
  for (const FailPointInfo& info : ListFailPoints()) {
    if (info.name != "runtime_test_b") continue;
    found = true;
    EXPECT_EQ(info.mode, "prob(1)");
    EXPECT_EQ(info.hits, 1);
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace weir
