#pragma once

#include <cstdint>

namespace weir {

// Nanoseconds since 1970-01-01 00:00:00 UTC.
using UnixNanos = int64_t;
// Nanoseconds of a clock that never goes back; only differences mean something.
using MonotonicNanos = int64_t;

inline constexpr int64_t kNanosPerMicro = 1'000;
inline constexpr int64_t kNanosPerMilli = 1'000'000;
inline constexpr int64_t kNanosPerSecond = 1'000'000'000;

// Where time comes from. Implementations: PosixClock, SimClock. Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixNanos Now() const = 0;
  virtual MonotonicNanos Monotonic() const = 0;
};

}  // namespace weir
