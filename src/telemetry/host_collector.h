#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "env/clock.h"
#include "env/executor.h"
#include "env/file_system.h"
#include "env/system_info.h"
#include "runtime/io_pool.h"
#include "telemetry/signal.h"

namespace weir {

class HostMetrics;
class JournalReader;
class LogTail;

struct HostCollectorOptions {
  int64_t interval_nanos = kNanosPerSecond;
  bool metrics = true;
  bool logs = true;
  bool journal = true;         // of systemd-journald, where there is one
  std::string journal_folder;  // empty: this machine's
  // Keeps where in the journal it has stopped, for the next run; empty: not kept.
  std::string cursor_file;
  // Files or patterns of env/glob.h; empty: the well-known ones of this machine.
  std::vector<std::string> log_paths;
  uint64_t log_lines_first = 20'000;    // of each file at first, counted from its end
  uint64_t log_bytes_first = 16 << 20;  // and never more bytes than this
  uint64_t log_records_batch = 1000;
  int processes_max = 20;  // of those that use the most processor time, and as many by memory
  std::string service_name = "host";
};

// Reads this machine's metrics from /proc and its log files, and hands them on as OTLP requests in protobuf. One tick
// at a time, on the I/O pool. Ownership: one per process; the services are borrowed.
// Threads: all methods from any thread. Lifecycle: construct, Start (or CollectOnce), Stop (waits for a running tick).
class HostCollector {
 public:
  struct Services {
    FileSystem& files;
    const Clock& clock;
    Executor& timers;
    IoPool& io;
    SystemInfo system;
  };
  // Takes one request. May block, and returns false or throws when it could not be delivered: log lines are then
  // sent again at the next tick, metrics are dropped.
  using Sink = std::function<bool(Signal signal, const std::string& protobuf)>;

  HostCollector(Services services, HostCollectorOptions options, Sink sink);
  ~HostCollector();
  HostCollector(const HostCollector&) = delete;
  HostCollector& operator=(const HostCollector&) = delete;

  void Start();
  void Stop();
  // One tick, right here; blocks. Returns how many records and data points were delivered.
  uint64_t CollectOnce();

  uint64_t records_sent() const { return records_sent_.load(std::memory_order_relaxed); }
  uint64_t records_failed() const { return records_failed_.load(std::memory_order_relaxed); }

 private:
  struct Schedule;
  void Tick();
  uint64_t CollectMetrics();
  uint64_t CollectJournal();
  uint64_t CollectFiles();
  bool Deliver(Signal signal, const std::string& request, uint64_t records);

  const Services services_;
  const HostCollectorOptions options_;
  const Sink sink_;
  std::atomic<uint64_t> records_sent_{0};
  std::atomic<uint64_t> records_failed_{0};
  std::mutex tick_mutex_;  // one tick at a time; held across I/O
  std::unique_ptr<HostMetrics> metrics_;
  std::unique_ptr<JournalReader> journal_;
  std::unique_ptr<LogTail> logs_;
  std::map<std::string, UnixNanos> last_times_;  // of the newest line of each log file
  const std::shared_ptr<Schedule> schedule_;
};

}  // namespace weir
