#include "env/posix/posix_clock.h"

#include <ctime>

namespace weir {
namespace {

int64_t Read(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return time.tv_sec * kNanosPerSecond + time.tv_nsec;
}

}  // namespace

UnixNanos PosixClock::Now() const {
  return Read(CLOCK_REALTIME);
}
MonotonicNanos PosixClock::Monotonic() const {
  return Read(CLOCK_MONOTONIC);
}
int64_t PosixClock::ThreadNanos() const {
  return Read(CLOCK_THREAD_CPUTIME_ID);
}

}  // namespace weir
