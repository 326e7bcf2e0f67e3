#include "env/sim/sim_executor.h"

#include <algorithm>

#include "base/hash.h"

namespace weir {

void SimExecutor::Post(Callback callback) {
  ready_.push_back({next_id_++, std::move(callback)});
}

Executor::TimerId SimExecutor::PostAt(MonotonicNanos when, Callback callback) {
  const TimerId id = next_id_++;
  timers_.emplace(std::pair(when, id), std::move(callback));
  timer_times_.emplace(id, when);
  return id;
}

bool SimExecutor::CancelTimer(TimerId id) {
  if (const auto it = timer_times_.find(id); it != timer_times_.end()) {
    timers_.erase({it->second, id});
    timer_times_.erase(it);
    return true;
  }
  // It may be due and waiting for its turn.
  return std::erase_if(ready_, [&](const Item& item) { return item.id == id; }) > 0;
}

void SimExecutor::MoveDueTimers() {
  while (!timers_.empty() && timers_.begin()->first.first <= clock_.Monotonic()) {
    auto due = timers_.extract(timers_.begin());
    timer_times_.erase(due.key().second);
    ready_.push_back({due.key().second, std::move(due.mapped())});
  }
}

bool SimExecutor::RunOne() {
  MoveDueTimers();
  if (ready_.empty()) {
    if (timers_.empty()) return false;
    clock_.Advance(timers_.begin()->first.first - clock_.Monotonic());
    MoveDueTimers();
  }
  const size_t chosen = random_.Below(ready_.size());
  std::swap(ready_[chosen], ready_.back());
  Item item = std::move(ready_.back());
  ready_.pop_back();
  ++steps_;
  trace_hash_ = HashCombine(trace_hash_, HashCombine(item.id, static_cast<uint64_t>(clock_.Monotonic())));
  item.callback();
  return true;
}

bool SimExecutor::RunUntilIdle(int64_t steps_max) {
  for (int64_t step = 0; step < steps_max; ++step) {
    if (!RunOne()) return true;
  }
  return false;
}

void SimExecutor::RunFor(int64_t nanos) {
  const MonotonicNanos end = clock_.Monotonic() + nanos;
  for (;;) {
    MoveDueTimers();
    if (ready_.empty() && (timers_.empty() || timers_.begin()->first.first > end)) break;
    RunOne();
  }
  clock_.Advance(end - clock_.Monotonic());
}

bool SimExecutor::RunUntil(const std::function<bool()>& done) {
  while (!done()) {
    if (!RunOne()) return done();
  }
  return true;
}

void SimExecutor::Clear() {
  // Callbacks may own things whose destructors post or cancel.
  const auto ready = std::exchange(ready_, {});
  const auto timers = std::exchange(timers_, {});
  timer_times_.clear();
}

}  // namespace weir
