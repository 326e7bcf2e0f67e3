#include "runtime/run_all.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "env/posix/posix_clock.h"

namespace weir {
namespace {

TEST(RunAllTest, EachPieceOnce) {
  PosixClock clock;
  WorkerPool pool(clock, {.threads = 3});
  for (const size_t count : {0, 1, 2, 1000}) {
    std::vector<std::atomic<int>> runs(count);
    RunAll(pool, "test", count, [&](size_t piece) {
      EXPECT_GE(pool.CurrentWorker(), 0);
      ++runs[piece];
    });
    for (const std::atomic<int>& times : runs) EXPECT_EQ(times, 1);
  }
}

TEST(RunAllTest, TheFirstErrorIsThrown) {
  PosixClock clock;
  WorkerPool pool(clock, {.threads = 2});
  std::atomic<size_t> runs{0};
  const auto fails = [&](size_t piece) {
    ++runs;
    if (piece == 3) throw Error::User(sqlstate::kDiskFull, "no room");
  };
  try {
    RunAll(pool, "test", 1'000'000, fails);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kDiskFull);
  }
  EXPECT_LT(runs, 1'000'000);
}

TEST(RunAllTest, WhatIsCanceledEnds) {
  PosixClock clock;
  WorkerPool pool(clock, {.threads = 2});
  CancellationSource source;
  std::atomic<size_t> runs{0};
  const auto cancels = [&](size_t) {
    if (++runs == 10) source.Cancel(Error::Canceled("canceling statement due to user request"));
  };
  try {
    RunAll(pool, "test", 1'000'000, cancels, source.token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_cancellation());
  }
  EXPECT_LT(runs, 1'000'000);
}

}  // namespace
}  // namespace weir
