#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <utility>

#include "env/clock.h"

namespace weir {

// Runs things later on threads of its own (or, in simulation, in an order that the seed decides).
// Implementations: EventLoop (posix), SimExecutor. Threads: all methods from any thread.
class Executor {
 public:
  using Callback = std::move_only_function<void()>;
  using TimerId = uint64_t;  // 0 is none

  virtual ~Executor() = default;
  // Soon, never from inside this call. Exceptions of `callback` abort the process.
  virtual void Post(Callback callback) = 0;
  // Not before `when` of clock().Monotonic().
  virtual TimerId PostAt(MonotonicNanos when, Callback callback) = 0;
  TimerId PostAfter(int64_t nanos, Callback callback) {
    return PostAt(clock().Monotonic() + nanos, std::move(callback));
  }
  // False when it has run, is running, or was canceled before.
  virtual bool CancelTimer(TimerId id) = 0;
  virtual const Clock& clock() const = 0;

  // co_await executor.Schedule(): the rest of the coroutine runs there.
  struct ScheduleAwaiter {
    Executor& executor;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) const {
      executor.Post([handle] { handle.resume(); });
    }
    void await_resume() const noexcept {}
  };
  ScheduleAwaiter Schedule() { return {*this}; }
};

}  // namespace weir
