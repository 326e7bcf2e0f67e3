#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#include "env/executor.h"
#include "runtime/cancellation.h"

namespace weir {

// Resumes a coroutine on this thread: at once, or, when this thread is resuming another one already, after that has
// suspended. So chains of wake-ups do not nest.
void ResumeHere(std::coroutine_handle<> handle);

// One suspended coroutine that several parties may want to go on (a setter, a timer, a cancellation): the first that
// claims it resumes it, here or on its executor. The building block of AsyncEvent and its like.
class Waiter : public std::enable_shared_from_this<Waiter> {
 public:
  enum class Outcome : uint8_t { kWoken, kTimedOut, kCanceled };

  // Resumes on `executor`, or where it is woken when that is nullptr.
  explicit Waiter(Executor* executor) : executor_(executor) {}

  // True for the first caller only, which must not hold a lock that the coroutine may take.
  bool Wake(Outcome outcome);
  bool claimed() const { return claimed_.load(std::memory_order_acquire); }

  // co_await waiter->Suspend(...): ends with the outcome of the first Wake, which may have come before. `deadline`
  // needs an executor and 0 means none.
  struct Awaiter {
    std::shared_ptr<Waiter> waiter;
    Executor* timer_executor = nullptr;
    MonotonicNanos deadline = 0;
    CancellationToken token{};
    CancellationToken::Registration registration{};
    Executor::TimerId timer = 0;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> handle);
    Outcome await_resume();
  };
  Awaiter Suspend(CancellationToken token = {}) { return {.waiter = shared_from_this(), .token = std::move(token)}; }
  Awaiter SuspendUntil(Executor& executor, MonotonicNanos deadline, CancellationToken token = {}) {
    return {.waiter = shared_from_this(), .timer_executor = &executor, .deadline = deadline, .token = std::move(token)};
  }

 private:
  Executor* const executor_;
  std::atomic<bool> claimed_{false};
  std::atomic<bool> met_{false};  // set by the claimer and by the coroutine as it suspends; the second one acts
  Outcome outcome_ = Outcome::kWoken;
  std::coroutine_handle<> handle_;
};

// The waiters of one condition; guarded by its owner's mutex.
class WaiterList {
 public:
  void Add(std::shared_ptr<Waiter> waiter) { waiters_.push_back(std::move(waiter)); }
  void Remove(const Waiter* waiter);
  // The oldest that nobody has claimed, or nullptr. Another may claim it before the caller wakes it: then the caller
  // takes the next.
  std::shared_ptr<Waiter> TakeFirst();
  std::deque<std::shared_ptr<Waiter>> TakeAll() { return std::exchange(waiters_, {}); }
  bool empty() const { return waiters_.empty(); }

 private:
  std::deque<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace weir
