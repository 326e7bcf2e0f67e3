#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

namespace weir {

// What threads wait at until something that a mutex guards has changed; as std::condition_variable, which loses wakes
// with glibc before 2.41 when several threads wait (sourceware bug 25847): a pool whose workers all sleep beside a full
// queue, once in some hours of load. A count of notifications over a futex: whoever looked before one does not sleep
// through it.
//
// Waits may end early: ask again. Change what is waited for under the mutex, and notify under it too where the waiter
// may destroy this object once it has seen the change.
class ConditionVariable {
 public:
  ConditionVariable() = default;
  ConditionVariable(const ConditionVariable&) = delete;
  ConditionVariable& operator=(const ConditionVariable&) = delete;

  void notify_one() noexcept { Notify(1); }
  void notify_all() noexcept;
  // `lock` is held before and after.
  void wait(std::unique_lock<std::mutex>& lock);
  template <typename Predicate>
  void wait(std::unique_lock<std::mutex>& lock, Predicate holds) {
    while (!holds()) wait(lock);
  }

 private:
  void Notify(int threads_max) noexcept;

  std::atomic<uint32_t> notifications_{0};
  std::atomic<uint32_t> waiters_{0};
};

}  // namespace weir
