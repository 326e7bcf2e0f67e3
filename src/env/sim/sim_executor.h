#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "env/executor.h"
#include "env/random.h"
#include "env/sim/sim_clock.h"

namespace weir {

// Runs everything on the calling thread, in an order that the seed decides: of the callbacks that are ready it picks
// any, and time jumps to the next timer when none is. The same seed gives the same run. One thread.
class SimExecutor final : public Executor {
 public:
  SimExecutor(SimClock& clock, uint64_t seed) : clock_(clock), random_(seed) {}

  void Post(Callback callback) override;
  TimerId PostAt(MonotonicNanos when, Callback callback) override;
  bool CancelTimer(TimerId id) override;
  const Clock& clock() const override { return clock_; }

  // Runs one ready callback, moving time forward to the next timer if needed. False when there is nothing at all.
  bool RunOne();
  // Until nothing is left, or `steps_max` callbacks have run (then false: it may never end).
  bool RunUntilIdle(int64_t steps_max = 1'000'000);
  // All that is due within that time; then it is that much later.
  void RunFor(int64_t nanos);
  // Until `done` says so; false when nothing is left to run before.
  bool RunUntil(const std::function<bool()>& done);
  // Forgets everything that waits: the process died.
  void Clear();

  // For the simulation's own choices; draws change the rest of the run.
  Random& random() { return random_; }
  int64_t steps() const { return steps_; }
  // A number that sums up the choices so far: equal for equal runs.
  uint64_t trace_hash() const { return trace_hash_; }

 private:
  struct Item {
    uint64_t id;
    Callback callback;
  };
  void MoveDueTimers();

  SimClock& clock_;
  Xoshiro256 random_;
  uint64_t next_id_ = 1;
  std::vector<Item> ready_;
  std::map<std::pair<MonotonicNanos, TimerId>, Callback> timers_;
  std::map<TimerId, MonotonicNanos> timer_times_;
  int64_t steps_ = 0;
  uint64_t trace_hash_ = 0;
};

}  // namespace weir
