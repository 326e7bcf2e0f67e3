#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "runtime/io_pool.h"
#include "runtime/worker_pool.h"

namespace weir {

// Work on the I/O pool that a driver waits for without holding a worker.
class BackgroundStep {
 public:
  // One at a time.
  void Start(IoPool& io, Waker waker, std::move_only_function<void()> work) {
    state_ = std::make_shared<State>();
    io.Submit([state = state_, waker = std::move(waker), work = std::move(work)]() mutable {
      std::unique_ptr<Error> error = CatchError(work);
      // What the work holds goes before the driver does, which may own more of it.
      work = nullptr;
      {
        const std::scoped_lock lock(state->mutex);
        state->error = std::move(error);
        state->done = true;
      }
      waker.Wake();
    });
  }
  bool running() const { return state_ != nullptr; }
  // True when it has ended, throwing what it threw.
  bool Done() {
    const std::shared_ptr<State> state = state_;
    const std::scoped_lock lock(state->mutex);
    if (!state->done) return false;
    state_.reset();
    if (state->error != nullptr) throw Error(*state->error);
    return true;
  }

 private:
  struct State {
    std::mutex mutex;
    bool done = false;
    std::unique_ptr<Error> error;
  };
  std::shared_ptr<State> state_;
};

}  // namespace weir
