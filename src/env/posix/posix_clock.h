#pragma once

#include "env/clock.h"

namespace weir {

// The system's clocks. Stateless; any thread.
class PosixClock final : public Clock {
 public:
  UnixNanos Now() const override;
  MonotonicNanos Monotonic() const override;
};

}  // namespace weir
