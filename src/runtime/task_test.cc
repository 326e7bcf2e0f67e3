#include "runtime/task.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "env/posix/posix_clock.h"
#include "env/sim/sim_executor.h"
#include "runtime/async_event.h"
#include "runtime/async_queue.h"
#include "runtime/io_pool.h"
#include "runtime/task_group.h"
#include "runtime/worker_pool.h"

namespace weir {
namespace {

Task<int> Value(int value) {
  co_return value;
}

Task<int> Sum(int n) {
  int total = 0;
  for (int i = 0; i < n; ++i) {
    const int one = co_await Value(1);
    total += one;
  }
  co_return total;
}

Task<void> Throw(std::string message) {
  throw Error::User(sqlstate::kInvalidParameterValue, "{}", message);
  co_return;
}

Task<std::string> CatchFrom() {
  std::string caught;
  try {
    co_await Throw("deep");
  } catch (const Error& error) {
    caught = error.message();
  }
  co_return caught;
}

Task<std::unique_ptr<int>> MoveOnly() {
  co_return std::make_unique<int>(7);
}

Task<void> Throws(bool* destroyed) {
  struct Guard {
    bool* flag;
    ~Guard() { *flag = true; }
  };
  const Guard guard{destroyed};
  co_await Throw("x");
}

TEST(Task, ReturnsValues) {
  EXPECT_EQ(SyncWait(Value(3)), 3);
  EXPECT_EQ(*SyncWait(MoveOnly()), 7);
}

TEST(Task, LongLoopsOfReadyTasksDoNotGrowTheStack) {
  EXPECT_EQ(SyncWait(Sum(1'000'000)), 1'000'000);
}

TEST(Task, ExceptionsTravelAndUnwind) {
  EXPECT_EQ(SyncWait(CatchFrom()), "deep");
  bool destroyed = false;
  EXPECT_THROW(SyncWait(Throws(&destroyed)), Error);
  EXPECT_TRUE(destroyed);
}

TEST(Task, ATaskThatIsNeverAwaitedNeverRuns) {
  auto alive = std::make_shared<int>(1);
  {
    auto hold = [](std::shared_ptr<int> value) -> Task<void> {
      *value = 2;
      co_return;
    };
    const Task<void> task = hold(alive);
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_EQ(*alive, 1);
}

Task<int> HopManyTimes(WorkerPool* pool, IoPool* io, int hops) {
  int done = 0;
  for (int i = 0; i < hops; ++i) {
    if (i % 2 == 0)
      co_await pool->Schedule();
    else
      co_await io->Schedule();
    const int one = co_await Value(1);
    done += one;
  }
  co_return done;
}

TEST(Task, HopsBetweenThreadsKeepTheirState) {
  const PosixClock clock;
  WorkerPool pool(clock, {.threads = 3});
  IoPool io({.threads_max = 3});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] { EXPECT_EQ(SyncWait(HopManyTimes(&pool, &io, 500)), 500); });
  }
  for (std::thread& thread : threads) thread.join();
}

Task<void> CountAfterEvent(AsyncEvent* event, std::atomic<int>* count) {
  co_await event->Wait();
  ++*count;
}

TEST(TaskGroup, JoinsAllTasks) {
  AsyncEvent event;
  std::atomic<int> count{0};
  TaskGroup group;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(group.Spawn(CountAfterEvent(&event, &count)));
  EXPECT_EQ(group.running(), 100U);
  EXPECT_EQ(count, 0);
  std::thread setter([&] { event.Set(); });
  group.JoinBlocking();
  setter.join();
  EXPECT_EQ(count, 100);
  EXPECT_FALSE(group.Spawn(CountAfterEvent(&event, &count))) << "a joined group is closed";
}

Task<void> WaitForEver(AsyncEvent* event, CancellationToken token, std::atomic<int>* canceled) {
  try {
    co_await event->Wait(token);
  } catch (const Error&) {
    ++*canceled;
    throw;
  }
}

TEST(TaskGroup, TheFirstErrorCancelsTheOthersAndIsThrown) {
  AsyncEvent never;
  std::atomic<int> canceled{0};
  TaskGroup group;
  for (int i = 0; i < 5; ++i) group.Spawn(WaitForEver(&never, group.token(), &canceled));
  group.Spawn(Throw("first"));
  group.Spawn(Throw("second"));
  try {
    group.JoinBlocking();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "first");
  }
  EXPECT_EQ(canceled, 5);
}

TEST(TaskGroup, CancelFromOutsideIsNoFailure) {
  AsyncEvent never;
  std::atomic<int> canceled{0};
  CancellationSource parent;
  TaskGroup group(parent.token());
  group.Spawn(WaitForEver(&never, group.token(), &canceled));
  parent.Cancel(Error::Canceled("shutting down"));
  group.JoinBlocking();
  EXPECT_EQ(canceled, 1);
}

// A waiter is set, timed out and canceled at the same time: exactly one of them resumes it.
TEST(AsyncEvent, RacesOfSetAndCancelResumeOnce) {
  for (int round = 0; round < 500; ++round) {
    AsyncEvent event;
    CancellationSource source;
    std::atomic<int> canceled{0};
    TaskGroup group;
    group.Spawn(WaitForEver(&event, source.token(), &canceled));
    std::thread a([&] { event.Set(); });
    std::thread b([&] { source.Cancel(Error::Canceled("x")); });
    try {
      group.JoinBlocking();
    } catch (const Error& error) {
      EXPECT_TRUE(error.is_cancellation());
    }
    a.join();
    b.join();
    EXPECT_LE(canceled, 1);
  }
}

Task<void> Record(AsyncEvent* event, Executor* timers, MonotonicNanos deadline, std::vector<std::string>* out) {
  const bool set = co_await event->WaitUntil(*timers, deadline);
  out->push_back(set ? "set" : "late");
}

Task<void> Sleep(Executor* executor, int64_t nanos, std::vector<std::string>* out) {
  co_await SleepFor(*executor, nanos);
  out->push_back("slept");
}

TEST(AsyncEvent, DeadlinesAndSleepsFollowTheSimulatedClock) {
  SimClock clock;
  SimExecutor executor(clock, 1);
  AsyncEvent event(&executor);
  std::vector<std::string> out;
  TaskGroup group;
  group.Spawn(Record(&event, &executor, 10 * kNanosPerSecond, &out));
  group.Spawn(Record(&event, &executor, 30 * kNanosPerSecond, &out));
  group.Spawn(Sleep(&executor, 20 * kNanosPerSecond, &out));
  executor.RunFor(25 * kNanosPerSecond);
  event.Set();
  executor.RunUntilIdle();
  group.JoinBlocking();
  EXPECT_EQ(out, (std::vector<std::string>{"late", "slept", "set"}));
}

Task<void> Produce(AsyncQueue<int64_t>* queue, int64_t from, int64_t count, WorkerPool* pool) {
  co_await pool->Schedule();
  for (int64_t i = 0; i < count; ++i) {
    const bool taken = co_await queue->Push(from + i);
    EXPECT_TRUE(taken);
  }
}

Task<void> Consume(AsyncQueue<int64_t>* queue, std::atomic<int64_t>* sum, WorkerPool* pool) {
  co_await pool->Schedule();
  for (;;) {
    const std::optional<int64_t> item = co_await queue->Pop();
    if (!item.has_value()) co_return;
    *sum += *item;
  }
}

TEST(AsyncQueue, ManyProducersAndConsumersLoseNothing) {
  const PosixClock clock;
  WorkerPool pool(clock, {.threads = 4});
  AsyncQueue<int64_t> queue(3);
  std::atomic<int64_t> sum{0};
  TaskGroup producers;
  TaskGroup consumers;
  for (int i = 0; i < 4; ++i) consumers.Spawn(Consume(&queue, &sum, &pool));
  for (int i = 0; i < 4; ++i) producers.Spawn(Produce(&queue, i * 1000, 1000, &pool));
  producers.JoinBlocking();
  queue.Close();
  consumers.JoinBlocking();
  EXPECT_EQ(sum, 4000LL * 3999 / 2);
}

TEST(AsyncQueue, CloseRefusesPushesAndDrains) {
  AsyncQueue<std::string> queue(2);
  std::string a = "a";
  std::string b = "b";
  std::string c = "c";
  EXPECT_TRUE(queue.TryPush(a));
  EXPECT_TRUE(queue.TryPush(b));
  EXPECT_FALSE(queue.TryPush(c));
  EXPECT_EQ(c, "c");
  queue.Close();
  EXPECT_EQ(SyncWait(queue.Pop()), "a");
  EXPECT_EQ(queue.TryPop(), "b");
  EXPECT_EQ(SyncWait(queue.Pop()), std::nullopt);
  EXPECT_FALSE(SyncWait(queue.Push("d")));
}

Task<void> PopCanceled(AsyncQueue<int>* queue, CancellationToken token, std::atomic<int>* got) {
  const std::optional<int> item = co_await queue->Pop(token);
  if (item.has_value()) ++*got;
}

// A canceled waiter must not swallow the wake-up of another.
TEST(AsyncQueue, CancelAndPushRaceLosesNoItem) {
  for (int round = 0; round < 300; ++round) {
    AsyncQueue<int> queue(4);
    CancellationSource source;
    std::atomic<int> got{0};
    TaskGroup group;
    group.Spawn(PopCanceled(&queue, source.token(), &got));
    TaskGroup second;
    second.Spawn(PopCanceled(&queue, {}, &got));
    std::thread a([&] {
      int one = 1;
      queue.TryPush(one);
    });
    std::thread b([&] { source.Cancel(Error::Canceled("x")); });
    a.join();
    b.join();
    try {
      group.JoinBlocking();
    } catch (const Error&) {
    }
    if (got == 0) {
      ASSERT_EQ(second.running(), 0U) << "the item lies in the queue and nobody comes for it";
    }
    queue.Close();
    second.JoinBlocking();
    EXPECT_EQ(got, 1);
  }
}

}  // namespace
}  // namespace weir
