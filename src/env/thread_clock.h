#pragma once

#include <cstdint>

namespace weir {

// What threads have used of the processor: time in which others had the core does not count. Implementation:
// PosixClock. Threads: any.
class ThreadClock {
 public:
  virtual ~ThreadClock() = default;
  // Of the calling thread.
  virtual int64_t ThreadNanos() const = 0;
};

}  // namespace weir
