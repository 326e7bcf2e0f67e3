#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "env/clock.h"
#include "env/thread_clock.h"
#include "runtime/condition_variable.h"

namespace weir {

class DriverGroup;
class WorkerPool;
struct DriverSlot;

enum class DriverState : uint8_t {
  kReady,     // has more to do; run again when it is its turn
  kBlocked,   // has handed its waker to somebody who will call Wake()
  kFinished,  // never run again
};

// Makes a blocked driver ready again. Copyable; keeps the driver's slot (not the driver) alive.
// Wake() may come from any thread, any number of times, before, while or after the driver returns kBlocked: a wake
// between "I looked" and "I returned kBlocked" runs the driver again. Wakes of finished drivers do nothing.
class Waker {
 public:
  Waker() = default;
  void Wake() const noexcept;
  explicit operator bool() const { return slot_ != nullptr; }

 private:
  friend class WorkerPool;
  friend class DriverGroup;
  explicit Waker(std::shared_ptr<DriverSlot> slot) : slot_(std::move(slot)) {}
  std::shared_ptr<DriverSlot> slot_;
};

// What a driver is given for one run.
class TimeSlice {
 public:
  // True when the driver should return kReady at its next convenient point: its time is over or its group was
  // canceled. Reads a clock (some 20 ns): ask once per chunk, not per row.
  bool ShouldYield() const;
  // To be handed to whatever will unblock the driver. Valid for the driver's whole life.
  const Waker& waker() const { return waker_; }
  int worker_index() const { return worker_index_; }

  TimeSlice(const Clock& clock, MonotonicNanos end, const DriverGroup& group, const Waker& waker, int worker_index)
      : clock_(clock), end_(end), group_(group), waker_(waker), worker_index_(worker_index) {}

 private:
  const Clock& clock_;
  MonotonicNanos end_;
  const DriverGroup& group_;
  const Waker& waker_;
  int worker_index_;
};

// A cooperative piece of CPU work: a pipeline instance. It runs on one worker at a time, on different ones over its
// life, and never blocks a thread. An exception from Run() fails its group.
// Destroyed on a worker as soon as it has finished or its group has failed; the destructor must not throw.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual DriverState Run(TimeSlice& slice) = 0;
};

// Small numbers run first at equal use; a group's share of the workers is proportional to its weight.
enum class Priority : uint8_t { kHigh = 0, kNormal = 1, kLow = 2 };

// The drivers of one query (or other unit of fairness). Workers are shared between groups by the time each has used,
// scaled by priority; those that have just begun go first, with half of the time at most. The first error of any driver
// fails the group: its other drivers are not run again but destroyed, and Wait() throws that error.
//
//   kOpen --Close()/Wait()--> (drivers end one by one) --> finished
//     \--error or Cancel()--> kFailed, drivers are destroyed --> finished
//
// Ownership: made by WorkerPool::CreateGroup; shared by callers and running drivers. A driver may add more drivers to
// its own group. Threads: any; Wait() from a thread that is not a worker.
class DriverGroup : public std::enable_shared_from_this<DriverGroup> {
 public:
  ~DriverGroup();
  // Starts the driver. Throws the group's error when that has failed already.
  void Add(std::unique_ptr<Driver> driver);
  // Fails the group with `reason`: blocked drivers are woken to be destroyed, running ones see ShouldYield().
  void Cancel(const Error& reason);
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  std::optional<Error> error() const;

  // Blocks until no driver is left; throws the first error. Not from a worker.
  void Wait();
  // Calls `done` once, when no driver is left and Add is not to be called from outside any more (nullptr: no error).
  // On a worker, or right here when it is so already.
  void OnFinished(std::move_only_function<void(const Error*)> done);

  const std::string& name() const { return name_; }
  int64_t cpu_nanos() const { return cpu_nanos_.load(std::memory_order_relaxed); }
  int64_t driver_count() const { return alive_.load(std::memory_order_relaxed); }

 private:
  friend class WorkerPool;
  friend class Waker;
  DriverGroup(WorkerPool& pool, std::string name, Priority priority);
  void FailWith(const Error& error);
  void DriverGone(DriverSlot& slot);

  WorkerPool& pool_;
  const std::string name_;
  const Priority priority_;
  std::atomic<bool> failed_{false};
  std::atomic<int64_t> alive_{0};
  std::atomic<int64_t> cpu_nanos_{0};

  // Guarded by the pool's mutex.
  std::deque<std::shared_ptr<DriverSlot>> ready_;
  int64_t virtual_nanos_ = 0;  // time used, scaled by priority; on another scale while it is young
  int64_t charged_nanos_ = 0;  // for slices under way, scaled, too
  bool is_young_ = true;       // has used little time so far, goes before others

  mutable std::mutex mutex_;  // guards the below; leaf but for the pool's
  ConditionVariable finished_;
  std::optional<Error> error_;
  std::vector<std::shared_ptr<DriverSlot>> slots_;  // of drivers that have not ended; they are owned here
  std::vector<std::move_only_function<void(const Error*)>> on_finished_;
};

struct WorkerPoolOptions {
  int threads = 0;  // 0: one per core of the machine; servers pass SystemInfo::cores
  int64_t time_slice_nanos = 5 * kNanosPerMilli;
  const ThreadClock* thread_clock = nullptr;  // what drivers use, for sharing fairly; null: the time that passes
  std::string name = "worker";
  // Takes ready drivers in random order: finds code that relies on an order. On by default in debug builds.
#ifdef WEIR_DEBUG
  bool shuffle = true;
#else
  bool shuffle = false;
#endif
  uint64_t shuffle_seed = 1;
};

// A fixed number of threads for CPU work. Lives for the process or a test; all groups must have ended before it is
// destroyed (checked).
class WorkerPool {
 public:
  WorkerPool(const Clock& clock, WorkerPoolOptions options = {});
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  std::shared_ptr<DriverGroup> CreateGroup(std::string name, Priority priority = Priority::kNormal);

  // Runs short CPU work, before drivers. Exceptions of `work` abort the process: catch them inside.
  void Submit(std::move_only_function<void()> work);

  // co_await pool.Schedule(): the rest of the coroutine runs on a worker.
  struct ScheduleAwaiter {
    WorkerPool& pool;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) const {
      pool.Submit([handle] { handle.resume(); });
    }
    void await_resume() const noexcept {}
  };
  ScheduleAwaiter Schedule() { return {*this}; }

  int threads() const { return static_cast<int>(workers_.size()); }
  const Clock& clock() const { return clock_; }
  // The index of the worker that this thread is, or -1 for other threads (and other pools' workers).
  int CurrentWorker() const;

 private:
  friend class DriverGroup;
  friend class Waker;
  struct Queues;

  void WorkerLoop(int index);
  void Start(const std::shared_ptr<DriverGroup>& group, std::unique_ptr<Driver> driver);
  void Enqueue(std::shared_ptr<DriverSlot> slot, bool wake_worker = true);
  int64_t UsedNanos() const;
  void RunSlice(std::shared_ptr<DriverSlot> slot, int worker_index, int64_t slice_nanos);

  const Clock& clock_;
  const WorkerPoolOptions options_;
  const std::unique_ptr<Queues> queues_;
  std::vector<std::thread> workers_;
};

}  // namespace weir
