// What the runtime's smallest steps cost: prints nanoseconds per operation.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "runtime/async_queue.h"
#include "runtime/memory_tracker.h"
#include "runtime/task.h"
#include "runtime/worker_pool.h"

namespace weir {
namespace {

class SteadyClock final : public Clock {
 public:
  UnixNanos Now() const override { return Monotonic(); }
  MonotonicNanos Monotonic() const override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};
const SteadyClock kClock;

template <typename Body>
void Measure(const char* what, int64_t operations, Body&& body) {
  const MonotonicNanos begin = kClock.Monotonic();
  body();
  const auto nanos = static_cast<double>(kClock.Monotonic() - begin);
  std::printf("%-48s %8.1f ns\n", what, nanos / static_cast<double>(operations));
}

Task<int64_t> One() {
  co_return 1;
}
Task<int64_t> AwaitMany(int64_t count) {
  int64_t total = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t one = co_await One();
    total += one;
  }
  co_return total;
}

class YieldingDriver final : public Driver {
 public:
  explicit YieldingDriver(int64_t steps) : steps_(steps) {}
  DriverState Run(TimeSlice& /*slice*/) override {
    return --steps_ == 0 ? DriverState::kFinished : DriverState::kReady;
  }

 private:
  int64_t steps_;
};

void ReserveAndRelease(MemoryTracker& tracker, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    tracker.Reserve(4096);
    tracker.Release(4096);
  }
}

void Main() {
  constexpr int64_t kCount = 2'000'000;
  const auto root = MemoryTracker::CreateRoot("process", int64_t{1} << 40);
  const auto query = root->CreateChild("query", MemoryScope::kQuery);
  const auto op = query->CreateChild("operator", MemoryScope::kOperator);
  Measure("reserve + release, own tracker", kCount, [&] { ReserveAndRelease(*op, kCount); });
  Measure("reserve 4 KiB, growing", kCount, [&] {
    for (int64_t i = 0; i < kCount; ++i) op->Reserve(4096);
  });
  op->Release(kCount * 4096);
  Measure("reserve + release, 4 threads, own trackers", kCount, [&] {
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        const auto mine = query->CreateChild("operator", MemoryScope::kOperator);
        ReserveAndRelease(*mine, kCount);
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  Measure("co_await a ready task", kCount, [&] { SyncWait(AwaitMany(kCount)); });
  constexpr int64_t kSlices = 200'000;
  for (const int workers : {1, 4}) {
    WorkerPool pool(kClock, {.threads = workers});
    Measure(workers == 1 ? "driver slice, 1 worker" : "driver slice, 4 workers, wall", kSlices, [&] {
      const auto group = pool.CreateGroup("bench");
      for (int i = 0; i < 8; ++i) group->Add(std::make_unique<YieldingDriver>(kSlices / 8));
      group->Wait();
    });
  }
}

}  // namespace
}  // namespace weir

int main() {
  weir::Main();
}
