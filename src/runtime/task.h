#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "runtime/condition_variable.h"

// Coroutines for I/O and the control plane (never per row or per chunk):
//   Task<int64_t> Load(std::string path) { ...; co_return n; }
//   const int64_t n = co_await Load(path);
// Rules that keep them safe with this compiler: parameters by value (or references to what surely outlives the
// task), no lambdas with captures as coroutines, co_await only in plain statements: its result goes into a named
// local before it is used in conditions or argument lists.
namespace weir {

template <typename T = void>
class Task;

namespace task_internal {

// Child and parent meet at `met`: the one that comes second goes on. A child that ends without suspending thus
// returns to its parent's loop instead of calling it, so stacks stay flat without relying on tail calls, which this
// compiler makes only when optimising.
class PromiseBase {
 public:
  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      PromiseBase& promise = self.promise();
      const std::coroutine_handle<> parent = promise.parent_;
      // From here on the frame belongs to the parent.
      if (promise.met_.exchange(true, std::memory_order_acq_rel)) parent.resume();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception_ = std::current_exception(); }

  // Runs `self` until it first suspends or ends; true when the parent should suspend.
  bool Start(std::coroutine_handle<> self, std::coroutine_handle<> parent) {
    parent_ = parent;
    self.resume();
    return !met_.exchange(true, std::memory_order_acq_rel);
  }

 protected:
  void RethrowIfFailed() const {
    if (exception_ != nullptr) std::rethrow_exception(exception_);
  }

 private:
  std::coroutine_handle<> parent_;
  std::atomic<bool> met_{false};
  std::exception_ptr exception_;
};

template <typename T>
class Promise : public PromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  template <typename U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T TakeResult() {
    RethrowIfFailed();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void TakeResult() const { RethrowIfFailed(); }
};

}  // namespace task_internal

// A coroutine that starts when it is awaited, runs at most once, and delivers its value or exception to whoever
// awaits it. Owns the frame: a task may be destroyed before it was awaited or after it ended, not in between.
// T is a value (no reference).
template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = task_internal::Promise<T>;

  Task() = default;
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      Destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() { Destroy(); }

  bool valid() const { return handle_ != nullptr; }

  auto operator co_await() && noexcept {
    struct Awaiter {
      std::coroutine_handle<promise_type> handle;
      bool await_ready() const noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> parent) { return handle.promise().Start(handle, parent); }
      T await_resume() { return handle.promise().TakeResult(); }
    };
    WEIR_CHECK(handle_ != nullptr && !handle_.done(), "a task is awaited twice, or after it was moved from");
    return Awaiter{handle_};
  }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  void Destroy() noexcept {
    if (handle_ != nullptr) std::exchange(handle_, nullptr).destroy();
  }

  std::coroutine_handle<promise_type> handle_;
};

namespace task_internal {

template <typename T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// A coroutine without an owner, for SyncWait and TaskGroup, which wait for it by their own means.
struct Detached {
  struct promise_type {  // NOLINT(readability-identifier-naming): the language asks for this name
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

class Latch {
 public:
  void Open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  ConditionVariable opened_;
  bool open_ = false;
};

template <typename T>
struct SyncResult {
  Latch latch;
  std::exception_ptr exception;
  std::conditional_t<std::is_void_v<T>, char, std::optional<T>> value{};
};

template <typename T>
Detached RunForSync(Task<T> task, SyncResult<T>* result) {
  {
    // Its frame is gone before the waiter goes on.
    Task<T> running = std::move(task);
    try {
      if constexpr (std::is_void_v<T>) {
        co_await std::move(running);
      } else {
        T value = co_await std::move(running);
        result->value.emplace(std::move(value));
      }
    } catch (...) {
      result->exception = std::current_exception();
    }
  }
  result->latch.Open();
}

}  // namespace task_internal

// Starts the task on this thread and blocks until it has ended, for main functions and tests. Not on a worker or an
// event loop.
template <typename T>
T SyncWait(Task<T> task) {
  task_internal::SyncResult<T> result;
  task_internal::RunForSync(std::move(task), &result);
  result.latch.Wait();
  if (result.exception != nullptr) std::rethrow_exception(result.exception);
  if constexpr (!std::is_void_v<T>) return std::move(*result.value);
}

}  // namespace weir
