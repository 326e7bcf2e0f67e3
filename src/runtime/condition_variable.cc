#include "runtime/condition_variable.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <limits>

namespace weir {

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t), "a futex is the 32 bits themselves");

void ConditionVariable::wait(std::unique_lock<std::mutex>& lock) {
  // Counted before the mutex is given up: who changes something after this look sees that somebody waits.
  waiters_.fetch_add(1);
  const uint32_t seen = notifications_.load();
  lock.unlock();
  // Returns at once when there has been one since, and now and then for no reason; all of it means: look again.
  ::syscall(SYS_futex, &notifications_, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
  waiters_.fetch_sub(1);
  lock.lock();
}

void ConditionVariable::notify_all() noexcept {
  Notify(std::numeric_limits<int>::max());
}

void ConditionVariable::Notify(int threads_max) noexcept {
  notifications_.fetch_add(1);
  if (waiters_.load() == 0) return;
  ::syscall(SYS_futex, &notifications_, FUTEX_WAKE_PRIVATE, threads_max, nullptr, nullptr, 0);
}

}  // namespace weir
