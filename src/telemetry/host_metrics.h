#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "env/clock.h"
#include "env/file_system.h"
#include "env/system_info.h"
#include "telemetry/otlp_writer.h"

namespace weir {

// Reads Linux's /proc into data points under OpenTelemetry's semantic conventions for systems and processes. What
// this machine does not have is left out. One thread at a time; borrows the file system.
class HostMetrics {
 public:
  // `root` is where /proc is; tests have one of their own.
  HostMetrics(FileSystem& files, SystemInfo system, int processes_max, std::string root = "/proc");
  void Collect(MonotonicNanos now, OtlpMetricWriter& out);
  // When the machine was started; cumulative counters begin there.
  UnixNanos boot_time() const { return boot_time_; }

 private:
  using CpuTimes = std::array<int64_t, 8>;  // in ticks: user, nice, system, idle, wait, interrupt, softirq, steal
  struct ProcessTimes {
    int64_t ticks = 0;
    int64_t start = 0;  // tells a new process of an old id
  };

  std::string Read(std::string_view name) const;
  void CollectCpu(OtlpMetricWriter& out);
  void CollectMemory(OtlpMetricWriter& out) const;
  void CollectLoad(OtlpMetricWriter& out) const;
  void CollectDisks(OtlpMetricWriter& out) const;
  void CollectFilesystems(OtlpMetricWriter& out) const;
  void CollectNetwork(OtlpMetricWriter& out) const;
  void CollectConnections(OtlpMetricWriter& out) const;
  void CollectProcesses(MonotonicNanos now, OtlpMetricWriter& out);

  FileSystem& files_;
  const SystemInfo system_;
  const int processes_max_;
  const std::string root_;
  const double ticks_per_second_;
  UnixNanos boot_time_ = 0;
  CpuTimes last_cpu_{};
  bool has_last_cpu_ = false;
  std::map<int64_t, ProcessTimes> last_processes_;
  MonotonicNanos last_processes_time_ = 0;
};

}  // namespace weir
