#include "runtime/waiter.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

struct Resumption {
  bool running = false;
  std::deque<std::coroutine_handle<>> pending;
};
thread_local Resumption resumption;

}  // namespace

void ResumeHere(std::coroutine_handle<> handle) {
  Resumption& here = resumption;
  if (here.running) {
    here.pending.push_back(handle);
    return;
  }
  here.running = true;
  handle.resume();
  while (!here.pending.empty()) {
    const std::coroutine_handle<> next = here.pending.front();
    here.pending.pop_front();
    next.resume();
  }
  here.running = false;
}

bool Waiter::Wake(Outcome outcome) {
  if (claimed_.exchange(true, std::memory_order_acq_rel)) return false;
  outcome_ = outcome;
  if (!met_.exchange(true, std::memory_order_acq_rel)) return true;  // it has not suspended yet, and will not
  const std::coroutine_handle<> handle = handle_;
  if (executor_ != nullptr) {
    executor_->Post([handle] { handle.resume(); });
  } else {
    ResumeHere(handle);
  }
  return true;
}

bool Waiter::Awaiter::await_suspend(std::coroutine_handle<> handle) {
  const std::shared_ptr<Waiter> held = waiter;
  held->handle_ = handle;
  // These may wake at once, on other threads, too; nobody resumes the coroutine before the exchange below.
  registration = token.OnCancel([held](const Error&) { held->Wake(Outcome::kCanceled); });
  if (deadline != 0) {
    timer = timer_executor->PostAt(deadline, [held] { held->Wake(Outcome::kTimedOut); });
  }
  return !held->met_.exchange(true, std::memory_order_acq_rel);
}

Waiter::Outcome Waiter::Awaiter::await_resume() {
  registration.Reset();
  if (deadline != 0) timer_executor->CancelTimer(timer);
  return waiter->outcome_;
}

void WaiterList::Remove(const Waiter* waiter) {
  std::erase_if(waiters_, [&](const auto& held) { return held.get() == waiter; });
}

std::shared_ptr<Waiter> WaiterList::TakeFirst() {
  while (!waiters_.empty()) {
    std::shared_ptr<Waiter> first = std::move(waiters_.front());
    waiters_.pop_front();
    if (!first->claimed()) return first;
  }
  return nullptr;
}

}  // namespace weir
