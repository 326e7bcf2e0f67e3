#pragma once

#include "env/clock.h"
#include "env/thread_clock.h"

namespace weir {

// The system's clocks. Stateless; any thread.
class PosixClock final : public Clock, public ThreadClock {
 public:
  UnixNanos Now() const override;
  MonotonicNanos Monotonic() const override;
  int64_t ThreadNanos() const override;
};

}  // namespace weir
