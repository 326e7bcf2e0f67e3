#include "runtime/worker_pool.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "env/random.h"
#include "runtime/condition_variable.h"

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

// Groups that have used less are young: they go first, so that short queries end soon among long ones.
constexpr int64_t kYoungNanos = 15 * kNanosPerMilli;
// They take turns more often.
constexpr int64_t kYoungSliceDivisor = 4;
// The express thread is for those that have used less, so that it is idle most of the time: the system lets such a
// thread run as soon as it has something to do.
constexpr int64_t kExpressNanos = 5 * kNanosPerMilli;

// How far young groups may be ahead of the others, which get as much from then on: nobody gets less than half.
constexpr int64_t kYoungAheadNanosMax = 50 * kNanosPerMilli;

namespace {

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

}  // namespace

struct WorkerPool::Queues {
  std::mutex mutex;  // guards all below and the queue members of groups
  ConditionVariable work_arrived;
  ConditionVariable young_work_arrived;  // for the express thread
  std::deque<std::move_only_function<void()>> submitted;
  std::vector<std::shared_ptr<DriverGroup>> runnable;  // those with ready drivers
  int64_t virtual_now = 0;                             // of the group that was taken last, young ones apart
  int64_t young_now = 0;                               // of the young group that was taken last
  int64_t young_ahead_nanos = 0;                       // what young groups had more than others that waited
  size_t drivers = 0;                                  // not ended
  int idle = 0;
  int express_idle = 0;
  bool stopping = false;
  Xoshiro256 random;
  // Besides the workers, when there are several: only runs submitted work and young groups, so that short queries need
  // not wait for slices of long ones to end. The system shares the cores between them.
  std::thread express;

  static int64_t Turn(const DriverGroup& group) { return group.virtual_nanos_ + group.charged_nanos_; }

  // The runnable group to go on with; the end when there is none.
  std::vector<std::shared_ptr<DriverGroup>>::iterator Choose(bool is_express) {
    auto young = runnable.end();
    auto other = runnable.end();
    for (auto group = runnable.begin(); group != runnable.end(); ++group) {
      if (is_express && (*group)->cpu_nanos() >= kExpressNanos) continue;
      auto& least = (*group)->is_young_ ? young : other;
      if (least == runnable.end() || Turn(**group) < Turn(**least)) least = group;
    }
    if (is_express || other == runnable.end()) return young;
    return young == runnable.end() || young_ahead_nanos >= kYoungAheadNanosMax ? other : young;
  }

  // A group that had no ready driver gets one.
  void Add(const std::shared_ptr<DriverGroup>& group) {
    // Time in which it had nothing to run is not saved up; the little that a young one may have does not matter.
    if (!group->is_young_) group->virtual_nanos_ = std::max(group->virtual_nanos_, virtual_now);
    runnable.push_back(group);
  }

  // A driver of the group has run.
  void Ran(DriverGroup& group, int64_t nanos) {
    if (!group.is_young_) {
      young_ahead_nanos = std::max<int64_t>(young_ahead_nanos - nanos, 0);
      return;
    }
    const bool others_wait = std::ranges::any_of(runnable, [](const auto& other) { return !other->is_young_; });
    young_ahead_nanos = others_wait ? std::min(young_ahead_nanos + nanos, kYoungAheadNanosMax) : 0;
    const int64_t used = group.cpu_nanos();
    if (used < kYoungNanos) return;
    group.is_young_ = false;
    // A long step beyond its youth is paid back.
    group.virtual_nanos_ = virtual_now + (used - kYoungNanos) * TimeScale(group.priority_);
  }

  explicit Queues(uint64_t seed) : random(seed) {}
};

namespace {

thread_local const WorkerPool* current_pool = nullptr;
thread_local int current_worker = -1;

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
    : pool_(pool), name_(std::move(name)), priority_(priority), is_young_(priority != Priority::kLow) {}

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
  // Threads look at how many there are: none begins before all are there.
  const std::scoped_lock lock(queues_->mutex);
  workers_.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    workers_.emplace_back([this, i] { WorkerLoop(i); });
  }
  if (count > 1) queues_->express = std::thread([this, count] { WorkerLoop(count); });
}

WorkerPool::~WorkerPool() {
  {
    const std::scoped_lock lock(queues_->mutex);
    WEIR_CHECK(queues_->drivers == 0, "the worker pool ends before {} drivers have", queues_->drivers);
    queues_->stopping = true;
    queues_->work_arrived.notify_all();
    queues_->young_work_arrived.notify_all();
  }
  for (std::thread& worker : workers_) worker.join();
  if (queues_->express.joinable()) queues_->express.join();
}

std::shared_ptr<DriverGroup> WorkerPool::CreateGroup(std::string name, Priority priority) {
  auto group = std::shared_ptr<DriverGroup>(new DriverGroup(*this, std::move(name), priority));
  const std::scoped_lock lock(queues_->mutex);
  if (group->is_young_) group->virtual_nanos_ = queues_->young_now;
  return group;
}

int WorkerPool::CurrentWorker() const {
  return current_pool == this ? current_worker : -1;
}

void WorkerPool::Submit(std::move_only_function<void()> work) {
  const std::scoped_lock lock(queues_->mutex);
  queues_->submitted.push_back(std::move(work));
  (queues_->idle > 0 ? queues_->work_arrived : queues_->young_work_arrived).notify_one();
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
  if (group.ready_.empty()) queues_->Add(slot->group);
  group.ready_.push_back(std::move(slot));
  if (wake_worker && queues_->idle > 0) {
    queues_->work_arrived.notify_one();
  } else if (queues_->express_idle > 0 && group.is_young_) {
    queues_->young_work_arrived.notify_one();
  }
}

void WorkerPool::WorkerLoop(int index) {
  current_pool = this;
  current_worker = index;
  pthread_setname_np(pthread_self(), fmt::format("{}-{}", options_.name, index).substr(0, 15).c_str());
  Queues& queues = *queues_;
  std::unique_lock lock(queues.mutex);
  const bool is_express = index >= threads();
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
    const auto least = queues.Choose(is_express);
    if (least == queues.runnable.end()) {
      if (queues.stopping) return;
      int& idle = is_express ? queues.express_idle : queues.idle;
      ++idle;
      (is_express ? queues.young_work_arrived : queues.work_arrived).wait(lock);
      --idle;
      continue;
    }
    std::shared_ptr<DriverGroup> group = *least;  // which may be erased below
    if (options_.shuffle && group->ready_.size() > 1) {
      std::swap(group->ready_.front(), group->ready_[queues.random.Below(group->ready_.size())]);
    }
    std::shared_ptr<DriverSlot> slot = std::move(group->ready_.front());
    group->ready_.pop_front();
    if (group->ready_.empty()) queues.runnable.erase(least);
    int64_t& now = group->is_young_ ? queues.young_now : queues.virtual_now;
    now = std::max(now, Queues::Turn(*group));
    const int64_t slice = group->is_young_ ? options_.time_slice_nanos / kYoungSliceDivisor : options_.time_slice_nanos;
    // In advance, so that several workers do not all choose the same group.
    const int64_t charged = slice * TimeScale(group->priority_);
    group->charged_nanos_ += charged;
    lock.unlock();

    const int64_t begin = UsedNanos();
    RunSlice(std::move(slot), index, slice);
    const int64_t used = UsedNanos() - begin;
    group->cpu_nanos_.fetch_add(used, std::memory_order_relaxed);

    lock.lock();
    group->virtual_nanos_ += used * TimeScale(group->priority_);
    group->charged_nanos_ -= charged;
    queues.Ran(*group, used);
  }
}

// Of this thread, from some time on.
int64_t WorkerPool::UsedNanos() const {
  return options_.thread_clock != nullptr ? options_.thread_clock->ThreadNanos() : clock_.Monotonic();
}

void WorkerPool::RunSlice(std::shared_ptr<DriverSlot> slot, int worker_index, int64_t slice_nanos) {
  slot->state.store(DriverSlot::kRunning, std::memory_order_release);
  DriverGroup& group = *slot->group;
  DriverState result = DriverState::kFinished;
  if (!group.failed()) {
    const Waker waker(slot);
    TimeSlice slice(clock_, clock_.Monotonic() + slice_nanos, group, waker, worker_index);
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
    // This worker looks at the queue next; the express thread may find that the group is young no more.
    Enqueue(std::move(slot), /*wake_worker=*/worker_index >= threads());
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
