#include "runtime/worker_pool.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "env/posix/posix_clock.h"
#include "runtime/io_pool.h"
#include "runtime/task.h"

namespace weir {
namespace {

class LambdaDriver final : public Driver {
 public:
  explicit LambdaDriver(std::function<DriverState(TimeSlice&)> run, std::function<void()> at_end = nullptr)
      : run_(std::move(run)), at_end_(std::move(at_end)) {}
  ~LambdaDriver() override {
    if (at_end_) at_end_();
  }
  DriverState Run(TimeSlice& slice) override { return run_(slice); }

 private:
  std::function<DriverState(TimeSlice&)> run_;
  std::function<void()> at_end_;
};

std::unique_ptr<Driver> MakeDriver(std::function<DriverState(TimeSlice&)> run, std::function<void()> at_end = nullptr) {
  return std::make_unique<LambdaDriver>(std::move(run), std::move(at_end));
}

class WorkerPoolTest : public testing::Test {
 protected:
  PosixClock clock_;
  WorkerPool pool_{clock_, {.threads = 4}};
};

TEST_F(WorkerPoolTest, RunsEveryDriverToItsEnd) {
  std::atomic<int> steps{0};
  std::atomic<int> destroyed{0};
  const auto group = pool_.CreateGroup("q");
  for (int i = 0; i < 100; ++i) {
    group->Add(MakeDriver(
        [&steps, left = 10](TimeSlice&) mutable {
          ++steps;
          return --left == 0 ? DriverState::kFinished : DriverState::kReady;
        },
        [&] { ++destroyed; }));
  }
  group->Wait();
  EXPECT_EQ(steps, 1000);
  EXPECT_EQ(destroyed, 100);
  EXPECT_EQ(group->driver_count(), 0);
}

TEST_F(WorkerPoolTest, AnEmptyGroupIsFinished) {
  const auto group = pool_.CreateGroup("q");
  group->Wait();
  bool done = false;
  group->OnFinished([&](const Error* error) { done = error == nullptr; });
  EXPECT_TRUE(done);
}

TEST_F(WorkerPoolTest, TheFirstErrorEndsTheGroupAlsoWhereOthersAreBlocked) {
  std::atomic<int> destroyed{0};
  std::atomic<bool> told{false};
  const auto group = pool_.CreateGroup("q");
  for (int i = 0; i < 10; ++i) {
    group->Add(MakeDriver([](TimeSlice&) { return DriverState::kBlocked; }, [&] { ++destroyed; }));
  }
  group->OnFinished([&](const Error* error) { told = error != nullptr && error->message() == "boom"; });
  group->Add(MakeDriver([](TimeSlice&) -> DriverState { throw Error::Internal("boom"); }, [&] { ++destroyed; }));
  try {
    group->Wait();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "boom");
  }
  EXPECT_EQ(destroyed, 11);
  while (!told) std::this_thread::yield();
  EXPECT_THROW(group->Add(MakeDriver([](TimeSlice&) { return DriverState::kFinished; })), Error);
}

TEST_F(WorkerPoolTest, CancelStopsADriverThatWouldRunForEver) {
  const auto group = pool_.CreateGroup("q");
  std::atomic<bool> started{false};
  group->Add(MakeDriver([&](TimeSlice& slice) {
    started = true;
    while (!slice.ShouldYield()) {
    }
    return DriverState::kReady;
  }));
  while (!started) std::this_thread::yield();
  group->Cancel(Error::Canceled("canceled by the user"));
  try {
    group->Wait();
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_cancellation());
  }
}

TEST_F(WorkerPoolTest, WakesOfFinishedDriversDoNothing) {
  Waker kept;
  {
    const auto group = pool_.CreateGroup("q");
    group->Add(MakeDriver([&](TimeSlice& slice) {
      kept = slice.waker();
      return DriverState::kFinished;
    }));
    group->Wait();
  }
  kept.Wake();
  Waker().Wake();
}

TEST_F(WorkerPoolTest, ADriverMayAddDrivers) {
  std::atomic<int> leaves{0};
  const auto group = pool_.CreateGroup("q");
  std::function<void(int)> add = [&](int depth) {
    group->Add(MakeDriver([&, depth](TimeSlice&) {
      if (depth == 0) {
        ++leaves;
      } else {
        add(depth - 1);
        add(depth - 1);
      }
      return DriverState::kFinished;
    }));
  };
  add(6);
  group->Wait();
  EXPECT_EQ(leaves, 64);
}

// Producer and consumer block on a one-place mailbox and wake each other: one lost wake-up hangs the test.
TEST_F(WorkerPoolTest, NoWakeUpIsLost) {
  struct Mailbox {
    std::mutex mutex;
    bool full = false;
    int64_t value = 0;
    Waker producer;
    Waker consumer;
  };
  constexpr int64_t kMessages = 3'000;
  constexpr int kPairs = 8;
  std::vector<std::unique_ptr<Mailbox>> boxes;
  std::vector<int64_t> sums(kPairs);
  const auto group = pool_.CreateGroup("q");
  for (int pair = 0; pair < kPairs; ++pair) {
    Mailbox* box = boxes.emplace_back(std::make_unique<Mailbox>()).get();
    group->Add(MakeDriver([box, next = int64_t{1}](TimeSlice& slice) mutable {
      for (;;) {
        Waker wake;
        {
          const std::scoped_lock lock(box->mutex);
          if (box->full) {
            box->producer = slice.waker();
            return DriverState::kBlocked;
          }
          box->full = true;
          box->value = next;
          wake = box->consumer;
        }
        wake.Wake();
        if (next++ == kMessages) return DriverState::kFinished;
      }
    }));
    group->Add(MakeDriver([box, &sum = sums[static_cast<size_t>(pair)]](TimeSlice& slice) {
      for (;;) {
        Waker wake;
        int64_t value = 0;
        {
          const std::scoped_lock lock(box->mutex);
          if (!box->full) {
            box->consumer = slice.waker();
            return DriverState::kBlocked;
          }
          box->full = false;
          value = box->value;
          wake = box->producer;
        }
        sum += value;
        wake.Wake();
        if (value == kMessages) return DriverState::kFinished;
      }
    }));
  }
  group->Wait();
  for (const int64_t sum : sums) EXPECT_EQ(sum, kMessages * (kMessages + 1) / 2);
}

// Threads that are no workers wake drivers while these are about to block.
TEST_F(WorkerPoolTest, ForeignThreadsWakeAndCancel) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int64_t> wanted{0};
    std::mutex mutex;
    std::vector<Waker> wakers;
    const auto group = pool_.CreateGroup("q");
    for (int i = 0; i < 4; ++i) {
      group->Add(MakeDriver([&, seen = int64_t{0}](TimeSlice& slice) mutable {
        if (seen == 0) {
          const std::scoped_lock lock(mutex);
          wakers.push_back(slice.waker());
        }
        ++seen;
        return wanted.load() >= 200 && round % 2 == 0 ? DriverState::kFinished : DriverState::kBlocked;
      }));
    }
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) {
          ++wanted;
          const std::scoped_lock lock(mutex);
          for (const Waker& waker : wakers) waker.Wake();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    if (round % 2 == 0) {
      for (;;) {
        {
          const std::scoped_lock lock(mutex);
          for (const Waker& waker : wakers) waker.Wake();
          if (wakers.size() == 4) break;
        }
        std::this_thread::yield();
      }
      group->Wait();
    } else {
      group->Cancel(Error::Canceled("stop"));
      EXPECT_THROW(group->Wait(), Error);
    }
  }
}

TEST(WorkerPool, ALateShortQueryDoesNotWaitForManyDriversOfAnother) {
  const PosixClock clock;
  WorkerPool pool(clock, {.threads = 1, .time_slice_nanos = kNanosPerMilli, .shuffle = false});
  const auto spin = [](TimeSlice& slice) {
    while (!slice.ShouldYield()) {
    }
  };
  const auto greedy = pool.CreateGroup("greedy");
  std::atomic<bool> stop{false};
  std::atomic<int64_t> greedy_slices{0};
  for (int i = 0; i < 50; ++i) {
    greedy->Add(MakeDriver([&](TimeSlice& slice) {
      spin(slice);
      ++greedy_slices;
      return stop ? DriverState::kFinished : DriverState::kReady;
    }));
  }
  while (greedy_slices < 5) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto small = pool.CreateGroup("small");
  const int64_t before = greedy_slices;
  small->Add(MakeDriver([&, left = 10](TimeSlice& slice) mutable {
    spin(slice);
    return --left == 0 ? DriverState::kFinished : DriverState::kReady;
  }));
  small->Wait();
  const int64_t others = greedy_slices - before;
  stop = true;
  greedy->Wait();
  // Its ten slices, short ones as it is young, alternate with those of the other group at least; in one queue it would
  // have waited for 500.
  EXPECT_LE(others, 40);
  EXPECT_GT(small->cpu_nanos(), 2 * kNanosPerMilli);
}

TEST(WorkerPool, HighPriorityGetsMoreTime) {
  const PosixClock clock;
  WorkerPool pool(clock, {.threads = 1, .time_slice_nanos = kNanosPerMilli / 2});
  std::atomic<bool> stop{false};
  const auto add = [&](DriverGroup& group) {
    for (int i = 0; i < 4; ++i) {
      group.Add(MakeDriver([&](TimeSlice& slice) {
        while (!slice.ShouldYield()) {
        }
        return stop ? DriverState::kFinished : DriverState::kReady;
      }));
    }
  };
  const auto high = pool.CreateGroup("high", Priority::kHigh);
  const auto low = pool.CreateGroup("low", Priority::kLow);
  add(*high);
  add(*low);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  stop = true;
  high->Wait();
  low->Wait();
  EXPECT_GT(high->cpu_nanos(), 4 * low->cpu_nanos());
  EXPECT_GT(low->cpu_nanos(), 0);
}

Task<int> HopToPool(WorkerPool* pool, IoPool* io) {
  co_await pool->Schedule();
  const int on_worker = pool->CurrentWorker();
  co_await io->Schedule();
  const int on_io = pool->CurrentWorker();
  co_return on_worker >= 0 && on_io < 0 ? 1 : 0;
}

TEST_F(WorkerPoolTest, CoroutinesHopBetweenPools) {
  IoPool io({.threads_max = 2});
  EXPECT_EQ(SyncWait(HopToPool(&pool_, &io)), 1);
  EXPECT_EQ(pool_.CurrentWorker(), -1);
}

TEST(IoPool, BlockedRequestsDoNotHoldOthersUpToTheNumberOfThreads) {
  std::atomic<int> inside{0};
  IoPool io({.threads_max = 4, .queued_max = 8});
  for (int i = 0; i < 4; ++i) {
    io.Submit([&] {
      ++inside;
      while (inside < 4) std::this_thread::yield();
    });
  }
  while (inside < 4) std::this_thread::yield();
}

TEST(IoPool, TheQueueIsBoundedAndDrainedAtTheEnd) {
  std::atomic<int> done{0};
  std::atomic<bool> go{false};
  {
    IoPool io({.threads_max = 1, .queued_max = 3});
    std::atomic<bool> started{false};
    io.Submit([&] {
      started = true;
      while (!go) std::this_thread::yield();
    });
    while (!started) std::this_thread::yield();
    for (int i = 0; i < 3; ++i) io.Submit([&] { ++done; });
    EXPECT_THROW(io.Submit([&] { ++done; }), Error);
    go = true;
  }
  EXPECT_EQ(done, 3);
}

// Groups that begin on a thread for short ones, and go on when they are none any more.
TEST(WorkerPoolExpress, GroupsOutgrowIt) {
  class Steps final : public Driver {
   public:
    DriverState Run(TimeSlice& /*slice*/) override {
      const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(200);
      while (std::chrono::steady_clock::now() < end) {
      }
      return --left_ == 0 ? DriverState::kFinished : DriverState::kReady;
    }

   private:
    int left_ = 80;
  };
  PosixClock clock;
  WorkerPool pool(clock, {.threads = 2});
  EXPECT_EQ(pool.threads(), 2);
  for (int round = 0; round < 5; ++round) {
    std::vector<std::shared_ptr<DriverGroup>> groups;
    for (int i = 0; i < 3; ++i) {
      groups.push_back(pool.CreateGroup("query"));
      for (int driver = 0; driver < 2; ++driver) groups.back()->Add(std::make_unique<Steps>());
    }
    for (const auto& group : groups) group->Wait();
  }
}

}  // namespace
}  // namespace weir
