#pragma once

#include <atomic>

#include "env/clock.h"

namespace weir {

// Time that moves only when it is told to. Both clocks move together. Any thread.
class SimClock final : public Clock {
 public:
  // 2024-01-01 00:00:00 UTC.
  static constexpr UnixNanos kDefaultStart = 1'704'067'200 * kNanosPerSecond;
  explicit SimClock(UnixNanos start = kDefaultStart) : now_(start), start_(start) {}

  UnixNanos Now() const override { return now_.load(std::memory_order_relaxed); }
  MonotonicNanos Monotonic() const override { return Now() - start_; }
  void Advance(int64_t nanos) { now_.fetch_add(nanos, std::memory_order_relaxed); }

 private:
  std::atomic<UnixNanos> now_;
  const UnixNanos start_;
};

}  // namespace weir
