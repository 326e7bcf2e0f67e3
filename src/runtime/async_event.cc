#include "runtime/async_event.h"

#include <memory>
#include <utility>

namespace weir {

void AsyncEvent::Set() {
  std::deque<std::shared_ptr<Waiter>> waiters;
  {
    const std::scoped_lock lock(mutex_);
    set_ = true;
    waiters = waiters_.TakeAll();
  }
  for (const auto& waiter : waiters) waiter->Wake(Waiter::Outcome::kWoken);
}

void AsyncEvent::Reset() {
  const std::scoped_lock lock(mutex_);
  set_ = false;
}

bool AsyncEvent::is_set() const {
  const std::scoped_lock lock(mutex_);
  return set_;
}

std::shared_ptr<Waiter> AsyncEvent::AddWaiter() {
  const std::scoped_lock lock(mutex_);
  if (set_) return nullptr;
  auto waiter = std::make_shared<Waiter>(executor_);
  waiters_.Add(waiter);
  return waiter;
}

void AsyncEvent::RemoveWaiter(const Waiter* waiter) {
  const std::scoped_lock lock(mutex_);
  waiters_.Remove(waiter);
}

Task<void> AsyncEvent::Wait(CancellationToken token) {
  const std::shared_ptr<Waiter> waiter = AddWaiter();
  if (waiter == nullptr) co_return;
  const Waiter::Outcome outcome = co_await waiter->Suspend(token);
  if (outcome == Waiter::Outcome::kCanceled) {
    RemoveWaiter(waiter.get());
    token.ThrowIfCanceled();
  }
}

Task<bool> AsyncEvent::WaitUntil(Executor& timers, MonotonicNanos deadline, CancellationToken token) {
  const std::shared_ptr<Waiter> waiter = AddWaiter();
  if (waiter == nullptr) co_return true;
  const Waiter::Outcome outcome = co_await waiter->SuspendUntil(timers, deadline, token);
  if (outcome == Waiter::Outcome::kWoken) co_return true;
  RemoveWaiter(waiter.get());
  if (outcome == Waiter::Outcome::kCanceled) token.ThrowIfCanceled();
  co_return false;
}

Task<void> SleepUntil(Executor& executor, MonotonicNanos when, CancellationToken token) {
  const auto waiter = std::make_shared<Waiter>(nullptr);
  const Waiter::Outcome outcome = co_await waiter->SuspendUntil(executor, when, token);
  if (outcome == Waiter::Outcome::kCanceled) token.ThrowIfCanceled();
}

Task<void> SleepFor(Executor& executor, int64_t nanos, CancellationToken token) {
  return SleepUntil(executor, executor.clock().Monotonic() + nanos, std::move(token));
}

}  // namespace weir
