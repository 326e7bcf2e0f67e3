#include "runtime/task_group.h"

#include <utility>

#include "base/check.h"

namespace weir {

TaskGroup::~TaskGroup() {
  WEIR_CHECK(running() == 0, "a task group ends before its tasks");
}

bool TaskGroup::Spawn(Task<void> task) {
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) return false;
    ++running_;
  }
  RunOne(this, std::move(task));
  return true;
}

task_internal::Detached TaskGroup::RunOne(TaskGroup* group, Task<void> task) {
  std::optional<Error> error;
  {
    // Its frame is gone before the group is told.
    Task<void> running = std::move(task);
    try {
      co_await std::move(running);
    } catch (...) {
      error = Error::FromCurrentException();
    }
  }
  group->OneEnded(std::move(error));
}

void TaskGroup::OneEnded(std::optional<Error> error) {
  if (error.has_value()) {
    bool first = false;
    {
      const std::scoped_lock lock(mutex_);
      // A task that ends because it was told to has not failed.
      if (!error_.has_value() && !(cancellation_.canceled() && error->is_cancellation())) {
        error_ = *error;
        first = true;
      }
    }
    if (first) cancellation_.Cancel(*error);
  }
  std::shared_ptr<Waiter> joiner;
  {
    const std::scoped_lock lock(mutex_);
    if (--running_ > 0 || !closed_) return;
    joiner = std::move(joiner_);
  }
  // The group may be gone from here on.
  if (joiner != nullptr) joiner->Wake(Waiter::Outcome::kWoken);
}

void TaskGroup::Close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
}

Task<void> TaskGroup::Join() {
  std::shared_ptr<Waiter> waiter;
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    if (running_ > 0) {
      waiter = std::make_shared<Waiter>(nullptr);
      joiner_ = waiter;
    }
  }
  if (waiter != nullptr) co_await waiter->Suspend();
  ThrowIfFailed();
}

void TaskGroup::JoinBlocking() {
  SyncWait(Join());
}

void TaskGroup::ThrowIfFailed() {
  const std::scoped_lock lock(mutex_);
  if (error_.has_value()) throw Error(*error_);
}

size_t TaskGroup::running() const {
  const std::scoped_lock lock(mutex_);
  return running_;
}

}  // namespace weir
