#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/check.h"
#include "runtime/cancellation.h"
#include "runtime/task.h"
#include "runtime/waiter.h"

namespace weir {

// A bounded first-in-first-out queue between coroutines; plain threads use the Try methods. Outlives its waiters.
// Threads: any. Waiters go on at `executor`, or on the thread that makes room or items when that is nullptr.
//
//   open --Close()--> closed: pushes are refused, items that are left still come out, then Pop ends with nothing.
template <typename T>
class AsyncQueue {
 public:
  explicit AsyncQueue(size_t capacity, Executor* executor = nullptr) : capacity_(capacity), executor_(executor) {
    WEIR_CHECK(capacity > 0);
  }

  // Waits while full. False, with the item dropped, when closed. Throws the token's reason when canceled.
  Task<bool> Push(T item, CancellationToken token = {}) {
    for (;;) {
      std::shared_ptr<Waiter> waiter;
      {
        std::unique_lock lock(mutex_);
        if (closed_) co_return false;
        if (items_.size() < capacity_) {
          AddAndUnlock(lock, std::move(item));
          co_return true;
        }
        waiter = std::make_shared<Waiter>(executor_);
        pushers_.Add(waiter);
      }
      const Waiter::Outcome outcome = co_await waiter->Suspend(token);
      if (outcome == Waiter::Outcome::kCanceled) {
        Forget(pushers_, waiter.get());
        token.ThrowIfCanceled();
      }
    }
  }
  // Nothing when closed and empty. Throws the token's reason when canceled.
  Task<std::optional<T>> Pop(CancellationToken token = {}) {
    for (;;) {
      std::shared_ptr<Waiter> waiter;
      {
        std::unique_lock lock(mutex_);
        if (!items_.empty()) {
          std::optional<T> item = TakeAndUnlock(lock);
          co_return item;
        }
        if (closed_) co_return std::nullopt;
        waiter = std::make_shared<Waiter>(executor_);
        poppers_.Add(waiter);
      }
      const Waiter::Outcome outcome = co_await waiter->Suspend(token);
      if (outcome == Waiter::Outcome::kCanceled) {
        Forget(poppers_, waiter.get());
        token.ThrowIfCanceled();
      }
    }
  }
  // False, with `item` untouched, when full or closed.
  bool TryPush(T& item) {
    std::unique_lock lock(mutex_);
    if (closed_ || items_.size() >= capacity_) return false;
    AddAndUnlock(lock, std::move(item));
    return true;
  }
  std::optional<T> TryPop() {
    std::unique_lock lock(mutex_);
    if (items_.empty()) return std::nullopt;
    return TakeAndUnlock(lock);
  }
  void Close() {
    std::deque<std::shared_ptr<Waiter>> pushers;
    std::deque<std::shared_ptr<Waiter>> poppers;
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
      pushers = pushers_.TakeAll();
      poppers = poppers_.TakeAll();
    }
    for (const auto& waiter : pushers) waiter->Wake(Waiter::Outcome::kWoken);
    for (const auto& waiter : poppers) waiter->Wake(Waiter::Outcome::kWoken);
  }

  size_t size() const {
    const std::scoped_lock lock(mutex_);
    return items_.size();
  }
  size_t capacity() const { return capacity_; }
  bool closed() const {
    const std::scoped_lock lock(mutex_);
    return closed_;
  }

 private:
  void AddAndUnlock(std::unique_lock<std::mutex>& lock, T item) {
    items_.push_back(std::move(item));
    WakeOneAndUnlock(lock, poppers_);
  }
  T TakeAndUnlock(std::unique_lock<std::mutex>& lock) {
    T item = std::move(items_.front());
    items_.pop_front();
    WakeOneAndUnlock(lock, pushers_);
    return item;
  }
  // A waiter that is canceled at this moment must not swallow the wake-up: then the next one gets it.
  void WakeOneAndUnlock(std::unique_lock<std::mutex>& lock, WaiterList& waiters) {
    for (;;) {
      const std::shared_ptr<Waiter> waiter = waiters.TakeFirst();
      lock.unlock();
      if (waiter == nullptr || waiter->Wake(Waiter::Outcome::kWoken)) return;
      lock.lock();
    }
  }
  void Forget(WaiterList& waiters, const Waiter* waiter) {
    const std::scoped_lock lock(mutex_);
    waiters.Remove(waiter);
  }

  const size_t capacity_;
  Executor* const executor_;
  mutable std::mutex mutex_;  // leaf
  std::deque<T> items_;
  bool closed_ = false;
  WaiterList pushers_;
  WaiterList poppers_;
};

}  // namespace weir
