#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "env/executor.h"
#include "runtime/condition_variable.h"
#include "runtime/io_pool.h"

namespace weir {

// Runs something again and again on the I/O pool, with a pause between the end of one run and the next. Held by
// shared_ptr, since timers may fire when its owner is gone; nothing runs after Stop has returned.
class Periodic : public std::enable_shared_from_this<Periodic> {
 public:
  Periodic(Executor& timers, IoPool& io, int64_t interval_nanos, std::function<void()> run)
      : timers_(timers), io_(io), interval_nanos_(interval_nanos), run_(std::move(run)) {}

  void Start() {
    const std::scoped_lock lock(mutex_);
    if (started_ || stopped_) return;
    started_ = true;
    Submit();
  }
  // Waits for a run under way.
  void Stop() {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    if (timer_ != 0 && timers_.CancelTimer(timer_)) queued_ = false;
    timer_ = 0;
    idle_.wait(lock, [this] { return !queued_; });
  }
  bool stopped() const {
    const std::scoped_lock lock(mutex_);
    return stopped_;
  }

 private:
  void Submit() {
    queued_ = true;
    io_.Submit([self = shared_from_this()] { self->RunOnce(); });
  }
  void RunOnce() {
    if (!stopped()) run_();
    const std::scoped_lock lock(mutex_);
    queued_ = false;
    idle_.notify_all();
    if (stopped_) return;
    queued_ = true;
    timer_ = timers_.PostAfter(interval_nanos_, [self = shared_from_this()] {
      const std::scoped_lock timer_lock(self->mutex_);
      self->timer_ = 0;
      if (!self->stopped_) return self->Submit();
      self->queued_ = false;
      self->idle_.notify_all();
    });
  }

  Executor& timers_;
  IoPool& io_;
  const int64_t interval_nanos_;
  const std::function<void()> run_;  // does not throw
  mutable std::mutex mutex_;         // guards the below; leaf but for the executor's and the pool's
  ConditionVariable idle_;
  bool started_ = false;
  bool stopped_ = false;
  bool queued_ = false;  // waiting for its turn or running
  Executor::TimerId timer_ = 0;
};

}  // namespace weir
