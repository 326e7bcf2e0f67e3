#pragma once

#include <mutex>

#include "runtime/cancellation.h"
#include "runtime/task.h"
#include "runtime/waiter.h"

namespace weir {

// A flag that coroutines wait for. Outlives its waiters. Threads: any.
// Waiters go on at `executor`, or on the thread that sets the flag when that is nullptr.
class AsyncEvent {
 public:
  explicit AsyncEvent(Executor* executor = nullptr) : executor_(executor) {}

  void Set();
  void Reset();
  bool is_set() const;

  // Throws the token's reason when canceled first.
  Task<void> Wait(CancellationToken token = {});
  // False when the time came first.
  Task<bool> WaitUntil(Executor& timers, MonotonicNanos deadline, CancellationToken token = {});

 private:
  // nullptr when set.
  std::shared_ptr<Waiter> AddWaiter();
  void RemoveWaiter(const Waiter* waiter);

  Executor* const executor_;
  mutable std::mutex mutex_;  // leaf
  bool set_ = false;
  WaiterList waiters_;
};

// Ends at that time; throws the token's reason when canceled before. Goes on at the executor, or on the canceling
// thread.
Task<void> SleepUntil(Executor& executor, MonotonicNanos when, CancellationToken token = {});
Task<void> SleepFor(Executor& executor, int64_t nanos, CancellationToken token = {});

}  // namespace weir
