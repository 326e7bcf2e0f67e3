#include "runtime/worker_pool.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "env/random.h"

namespace weir {

// One driver and where it stands.
//
//             Enqueue                 RunSlice
//   kQueued ----------> (ready queue) ---------> kRunning --Wake--> kRunningWoken
//      ^                                          |  |                   | returns kBlocked or kReady
//      |<---------------- returns kReady ---------/  |                   v
//      |<--Wake-- kBlocked <------ returns kBlocked -/                kQueued
struct DriverSlot {
  enum State : uint8_t { kQueued, kRunning, kRunningWoken, kBlocked, kDone };

  WorkerPool* pool;
  std::shared_ptr<DriverGroup> group;
  std::unique_ptr<Driver> driver;
  size_t index_in_group = 0;  // guarded by the group's mutex
  std::atomic<uint8_t> state{kQueued};
};

struct WorkerPool::Queues {
  std::mutex mutex;  // guards all below and the queue members of groups
  std::condition_variable work_arrived;
  std::deque<std::move_only_function<void()>> submitted;
  std::vector<std::shared_ptr<DriverGroup>> runnable;  // those with ready drivers
  int64_t virtual_now = 0;                             // of the group that was taken last
  size_t drivers = 0;                                  // not ended
  int idle = 0;
  bool stopping = false;
  Xoshiro256 random;

  explicit Queues(uint64_t seed) : random(seed) {}
};

namespace {

thread_local const WorkerPool* current_pool = nullptr;
thread_local int current_worker = -1;

int64_t TimeScale(Priority priority) {
  switch (priority) {
    case Priority::kHigh:
      return 1;
    case Priority::kNormal:
      return 4;
    case Priority::kLow:
      return 16;
  }
  return 4;
}

int ThreadCount(int wanted) {
  if (wanted > 0) return wanted;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

void Waker::Wake() const noexcept {
  if (slot_ == nullptr) return;
  uint8_t state = slot_->state.load(std::memory_order_acquire);
  for (;;) {
    switch (state) {
      case DriverSlot::kBlocked:
        if (!slot_->state.compare_exchange_weak(state, DriverSlot::kQueued, std::memory_order_acq_rel)) continue;
        slot_->pool->Enqueue(slot_);
        return;
      case DriverSlot::kRunning:
        if (!slot_->state.compare_exchange_weak(state, DriverSlot::kRunningWoken, std::memory_order_acq_rel)) continue;
        return;
      default:
        return;  // will run, or will never run again
    }
  }
}

bool TimeSlice::ShouldYield() const {
  return group_.failed() || clock_.Monotonic() >= end_;
}

DriverGroup::DriverGroup(WorkerPool& pool, std::string name, Priority priority)
    : pool_(pool), name_(std::move(name)), priority_(priority) {}

DriverGroup::~DriverGroup() = default;

void DriverGroup::Add(std::unique_ptr<Driver> driver) {
  pool_.Start(shared_from_this(), std::move(driver));
}

void DriverGroup::Cancel(const Error& reason) {
  FailWith(reason);
}

void DriverGroup::FailWith(const Error& error) {
  std::vector<std::shared_ptr<DriverSlot>> slots;
  {
    const std::scoped_lock lock(mutex_);
    if (error_.has_value()) return;
    error_ = error;
    failed_.store(true, std::memory_order_release);
    slots = slots_;
  }
  for (auto& slot : slots) Waker(std::move(slot)).Wake();
}

std::optional<Error> DriverGroup::error() const {
  const std::scoped_lock lock(mutex_);
  return error_;
}

void DriverGroup::Wait() {
  WEIR_CHECK(pool_.CurrentWorker() < 0, "a worker waits for a driver group");
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [this] { return alive_.load(std::memory_order_relaxed) == 0; });
  if (error_.has_value()) throw Error(*error_);
}

void DriverGroup::OnFinished(std::move_only_function<void(const Error*)> done) {
  {
    const std::scoped_lock lock(mutex_);
    if (alive_.load(std::memory_order_relaxed) != 0) {
      on_finished_.push_back(std::move(done));
      return;
    }
  }
  const std::optional<Error> failure = error();
  done(failure.has_value() ? &*failure : nullptr);
}

void DriverGroup::DriverGone(DriverSlot& slot) {
  std::vector<std::move_only_function<void(const Error*)>> callbacks;
  std::optional<Error> failure;
  {
    const std::scoped_lock lock(mutex_);
    slots_.back()->index_in_group = slot.index_in_group;
    std::swap(slots_[slot.index_in_group], slots_.back());
    slots_.pop_back();
    if (alive_.fetch_sub(1, std::memory_order_relaxed) != 1) return;
    callbacks = std::exchange(on_finished_, {});
    failure = error_;
    finished_.notify_all();
  }
  for (auto& done : callbacks) done(failure.has_value() ? &*failure : nullptr);
}

WorkerPool::WorkerPool(const Clock& clock, WorkerPoolOptions options)
    : clock_(clock), options_(std::move(options)), queues_(std::make_unique<Queues>(options_.shuffle_seed)) {
  const int count = ThreadCount(options_.threads);
  workers_.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    workers_.emplace_back([this, i] { WorkerLoop(i); });
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::scoped_lock lock(queues_->mutex);
    WEIR_CHECK(queues_->drivers == 0, "the worker pool ends before {} drivers have", queues_->drivers);
    queues_->stopping = true;
    queues_->work_arrived.notify_all();
  }
  for (std::thread& worker : workers_) worker.join();
}

std::shared_ptr<DriverGroup> WorkerPool::CreateGroup(std::string name, Priority priority) {
  return std::shared_ptr<DriverGroup>(new DriverGroup(*this, std::move(name), priority));
}

int WorkerPool::CurrentWorker() const {
  return current_pool == this ? current_worker : -1;
}

void WorkerPool::Submit(std::move_only_function<void()> work) {
  const std::scoped_lock lock(queues_->mutex);
  queues_->submitted.push_back(std::move(work));
  if (queues_->idle > 0) queues_->work_arrived.notify_one();
}

void WorkerPool::Start(const std::shared_ptr<DriverGroup>& group, std::unique_ptr<Driver> driver) {
  auto slot = std::make_shared<DriverSlot>();
  slot->pool = this;
  slot->group = group;
  slot->driver = std::move(driver);
  {
    const std::scoped_lock lock(group->mutex_);
    if (group->error_.has_value()) throw Error(*group->error_);
    group->alive_.fetch_add(1, std::memory_order_relaxed);
    slot->index_in_group = group->slots_.size();
    group->slots_.push_back(slot);
  }
  {
    const std::scoped_lock lock(queues_->mutex);
    ++queues_->drivers;
  }
  Enqueue(std::move(slot));
}

void WorkerPool::Enqueue(std::shared_ptr<DriverSlot> slot, bool wake_worker) {
  const std::scoped_lock lock(queues_->mutex);
  DriverGroup& group = *slot->group;
  if (group.ready_.empty()) {
    // Time in which a group had nothing to run is not saved up.
    group.virtual_nanos_ = std::max(group.virtual_nanos_, queues_->virtual_now);
    queues_->runnable.push_back(slot->group);
  }
  group.ready_.push_back(std::move(slot));
  if (wake_worker && queues_->idle > 0) queues_->work_arrived.notify_one();
}

void WorkerPool::WorkerLoop(int index) {
  current_pool = this;
  current_worker = index;
  pthread_setname_np(pthread_self(), fmt::format("{}-{}", options_.name, index).substr(0, 15).c_str());
  Queues& queues = *queues_;
  std::unique_lock lock(queues.mutex);
  for (;;) {
    if (!queues.submitted.empty()) {
      std::move_only_function<void()> work = std::move(queues.submitted.front());
      queues.submitted.pop_front();
      lock.unlock();
      [&]() noexcept { work(); }();
      work = nullptr;
      lock.lock();
      continue;
    }
    if (queues.runnable.empty()) {
      if (queues.stopping) return;
      ++queues.idle;
      queues.work_arrived.wait(lock);
      --queues.idle;
      continue;
    }
    const auto least = std::ranges::min_element(
        queues.runnable, {}, [](const std::shared_ptr<DriverGroup>& group) { return group->virtual_nanos_; });
    std::shared_ptr<DriverGroup> group = *least;  // which may be erased below
    if (options_.shuffle && group->ready_.size() > 1) {
      std::swap(group->ready_.front(), group->ready_[queues.random.Below(group->ready_.size())]);
    }
    std::shared_ptr<DriverSlot> slot = std::move(group->ready_.front());
    group->ready_.pop_front();
    if (group->ready_.empty()) queues.runnable.erase(least);
    queues.virtual_now = std::max(queues.virtual_now, group->virtual_nanos_);
    // Charged in advance, so that several workers do not all choose the same group; corrected below.
    const int64_t charged = options_.time_slice_nanos * TimeScale(group->priority_);
    group->virtual_nanos_ += charged;
    lock.unlock();

    const MonotonicNanos begin = clock_.Monotonic();
    RunSlice(std::move(slot), index);
    const int64_t used = clock_.Monotonic() - begin;
    group->cpu_nanos_.fetch_add(used, std::memory_order_relaxed);

    lock.lock();
    group->virtual_nanos_ += used * TimeScale(group->priority_) - charged;
  }
}

void WorkerPool::RunSlice(std::shared_ptr<DriverSlot> slot, int worker_index) {
  slot->state.store(DriverSlot::kRunning, std::memory_order_release);
  DriverGroup& group = *slot->group;
  DriverState result = DriverState::kFinished;
  if (!group.failed()) {
    const Waker waker(slot);
    TimeSlice slice(clock_, clock_.Monotonic() + options_.time_slice_nanos, group, waker, worker_index);
    const auto error = CatchError([&] { result = slot->driver->Run(slice); });
    if (error != nullptr) {
      result = DriverState::kFinished;
      group.FailWith(*error);
    }
  }
  if (result == DriverState::kBlocked) {
    uint8_t running = DriverSlot::kRunning;
    if (slot->state.compare_exchange_strong(running, DriverSlot::kBlocked, std::memory_order_acq_rel)) {
      // The group may have failed after the check above and before this driver could be woken.
      if (group.failed()) Waker(slot).Wake();
      return;
    }
    result = DriverState::kReady;  // woken while it ran
  }
  if (result == DriverState::kReady) {
    slot->state.store(DriverSlot::kQueued, std::memory_order_release);
    Enqueue(std::move(slot), /*wake_worker=*/false);  // this worker looks at the queue next
    return;
  }
  slot->driver.reset();
  slot->state.store(DriverSlot::kDone, std::memory_order_release);
  {
    const std::scoped_lock lock(queues_->mutex);
    --queues_->drivers;
  }
  group.DriverGone(*slot);
}

}  // namespace weir
