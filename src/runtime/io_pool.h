#pragma once

#include <coroutine>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/condition_variable.h"

namespace weir {

struct IoPoolOptions {
  int threads_max = 16;           // started as needed
  size_t queued_max = 1'000'000;  // Submit throws 53400 beyond
  std::string name = "io";
};

// Threads that may block: file reads, fsync, object-store calls, name resolution. Workers hand such work over and
// return kBlocked; coroutines hop here with co_await io.Schedule(). Destroying it waits for everything queued.
class IoPool {
 public:
  explicit IoPool(IoPoolOptions options = {});
  ~IoPool();
  IoPool(const IoPool&) = delete;
  IoPool& operator=(const IoPool&) = delete;

  // Exceptions of `work` abort the process: catch them inside.
  void Submit(std::move_only_function<void()> work);

  // co_await io.Schedule(): the rest of the coroutine runs on a thread of this pool, and holds it while it runs.
  struct ScheduleAwaiter {
    IoPool& pool;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) const {
      pool.Submit([handle] { handle.resume(); });
    }
    void await_resume() const noexcept {}
  };
  ScheduleAwaiter Schedule() { return {*this}; }

  size_t queued() const;

 private:
  void ThreadLoop(size_t index);

  const IoPoolOptions options_;
  mutable std::mutex mutex_;
  ConditionVariable work_arrived_;
  std::deque<std::move_only_function<void()>> queue_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace weir
