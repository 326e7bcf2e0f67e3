#include "runtime/condition_variable.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

namespace weir {
namespace {

// As the pools use it: those who bring work wake one sleeper, if there is any.
class Work {
 public:
  void Put() {
    const std::scoped_lock lock(mutex_);
    ++items_;
    if (idle_ > 0) arrived_.notify_one();
  }
  void End() {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    arrived_.notify_all();
  }
  int TakeAll() {
    int taken = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      if (items_ > 0) {
        --items_;
        ++taken;
        if (items_ == 0) drained_.notify_all();
      } else if (ended_) {
        return taken;
      } else {
        ++idle_;
        arrived_.wait(lock);
        --idle_;
      }
    }
  }
  void WaitUntilDrained() {
    std::unique_lock lock(mutex_);
    drained_.wait(lock, [this] { return items_ == 0; });
  }

 private:
  std::mutex mutex_;
  ConditionVariable arrived_;
  ConditionVariable drained_;
  int items_ = 0;
  int idle_ = 0;
  bool ended_ = false;
};

TEST(ConditionVariable, NoWakeIsLost) {
  constexpr int kItems = 20'000;
  Work work;
  std::array<int, 5> taken{};
  std::vector<std::thread> takers;
  for (int& count : taken) takers.emplace_back([&] { count = work.TakeAll(); });
  std::vector<std::thread> givers;
  for (int i = 0; i < 2; ++i) {
    givers.emplace_back([&] {
      for (int item = 0; item < kItems; ++item) {
        work.Put();
        // Most of the time all takers sleep again: each item needs a wake.
        if (item % 3 != 0) work.WaitUntilDrained();
      }
    });
  }
  for (std::thread& giver : givers) giver.join();
  work.End();
  for (std::thread& taker : takers) taker.join();
  int all = 0;
  for (const int count : taken) all += count;
  EXPECT_EQ(all, 2 * kItems);
}

TEST(ConditionVariable, AllAreWoken) {
  std::mutex mutex;
  ConditionVariable changed;
  int round = 0;
  int arrived = 0;
  constexpr int kThreads = 4;
  constexpr int kRounds = 2000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      std::unique_lock lock(mutex);
      for (int own = 0; own < kRounds; ++own) {
        if (++arrived == kThreads) {
          arrived = 0;
          ++round;
          changed.notify_all();
        } else {
          changed.wait(lock, [&] { return round > own; });
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(round, kRounds);
}

}  // namespace
}  // namespace weir
