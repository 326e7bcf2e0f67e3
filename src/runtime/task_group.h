#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "runtime/cancellation.h"
#include "runtime/task.h"
#include "runtime/waiter.h"

namespace weir {

// Owns tasks that run side by side: nothing is detached, whoever spawns waits. The first error cancels the token, so
// that the others may stop early, and is thrown by Join.
//
//   TaskGroup group;
//   group.Spawn(Serve(std::move(stream), group.token()));
//   co_await group.Join();      // or group.JoinBlocking() on a plain thread
//
// Must be joined before it is destroyed (checked). Threads: any; one Join.
class TaskGroup {
 public:
  TaskGroup() = default;
  // Its token follows `parent`.
  explicit TaskGroup(const CancellationToken& parent) : cancellation_(parent) {}
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Runs the task on this thread until it first suspends. False, with the task dropped, once the group is closed.
  bool Spawn(Task<void> task);
  // No more tasks from now on.
  void Close();
  // Asks all tasks to stop.
  void Cancel(const Error& reason) { cancellation_.Cancel(reason); }
  // Closes, waits until all tasks have ended, and throws the first error that is not the answer to a Cancel from
  // outside.
  Task<void> Join();
  void JoinBlocking();

  CancellationToken token() const { return cancellation_.token(); }
  size_t running() const;

 private:
  static task_internal::Detached RunOne(TaskGroup* group, Task<void> task);
  void OneEnded(std::optional<Error> error);
  void ThrowIfFailed();

  CancellationSource cancellation_;
  mutable std::mutex mutex_;  // leaf
  size_t running_ = 0;
  bool closed_ = false;
  std::optional<Error> error_;
  std::shared_ptr<Waiter> joiner_;
};

}  // namespace weir
