#pragma once

#include <memory>
#include <thread>

#include "env/posix/epoll_loop.h"
#include "env/posix/posix_clock.h"
#include "env/posix/posix_file_system.h"
#include "env/posix/posix_random.h"
#include "env/system_info.h"
#include "expr/registry.h"
#include "obs/metrics.h"
#include "server/engine.h"

namespace weir::app {

// The real world, as the engine's services: the system's clock, files and random numbers, a timer thread, and all
// functions. Lives as long as the process's engine.
class Process {
 public:
  Process();
  ~Process();
  EngineServices services() { return {files_, clock_, random_, *timers_, registry_, metrics_, &clock_}; }
  const Clock& clock() const { return clock_; }
  FileSystem& files() { return files_; }
  Random& random() { return random_; }
  obs::MetricsRegistry& metrics() { return metrics_; }

 private:
  PosixClock clock_;
  PosixFileSystem files_;
  PosixRandom random_;
  obs::MetricsRegistry metrics_;
  Registry registry_;
  std::unique_ptr<EpollLoop> timers_;
  std::thread timer_thread_;
};

// What the process may use when nobody says it: the rest is for the system.
inline int64_t DefaultMemoryLimit(const SystemInfo& system) {
  return static_cast<int64_t>(system.memory_bytes / 10 * 8);
}

}  // namespace weir::app
