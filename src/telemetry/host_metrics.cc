#include "telemetry/host_metrics.h"

#include <unistd.h>

#include "telemetry/proc_file.h"

namespace weir {

namespace {

constexpr const char* kCpuStates[] = {"user", "nice", "system", "idle", "wait", "interrupt", "softirq", "steal"};

}  // namespace

HostMetrics::HostMetrics(FileSystem& files, SystemInfo system, int processes_max, std::string root)
    : files_(files),
      system_(std::move(system)),
      processes_max_(processes_max),
      root_(std::move(root)),
      ticks_per_second_(static_cast<double>(::sysconf(_SC_CLK_TCK))) {
  const std::string stat = Read("stat");
  for (const std::string_view line : SplitLines(stat)) {
    if (line.starts_with("btime ")) boot_time_ = NumberOr0(line.substr(6)) * kNanosPerSecond;
  }
}

std::string HostMetrics::Read(std::string_view name) const {
  return ReadProcFile(files_, JoinPath(root_, name));
}

void HostMetrics::Collect(MonotonicNanos now, OtlpMetricWriter& out) {
  CollectCpu(out);
  CollectMemory(out);
  CollectLoad(out);
  CollectDisks(out);
  CollectFilesystems(out);
  CollectNetwork(out);
  CollectConnections(out);
  CollectProcesses(now, out);
}

void HostMetrics::CollectCpu(OtlpMetricWriter& out) {
  const std::string stat = Read("stat");
  CpuTimes total{};
  bool has_total = false;
  int64_t created = 0, running = 0, blocked = 0, switches = 0;
  out.Begin("system.cpu.time", "s", "Seconds each logical processor spent in each state", OtlpMetricKind::kCounter);
  for (const std::string_view line : SplitLines(stat)) {
    const auto fields = SplitFields(line);
    if (fields.size() < 2) continue;
    if (fields[0] == "processes") created = NumberOr0(fields[1]);
    if (fields[0] == "procs_running") running = NumberOr0(fields[1]);
    if (fields[0] == "procs_blocked") blocked = NumberOr0(fields[1]);
    if (fields[0] == "ctxt") switches = NumberOr0(fields[1]);
    if (!fields[0].starts_with("cpu")) continue;
    for (size_t i = 0; i < total.size() && i + 1 < fields.size(); ++i) {
      const int64_t ticks = NumberOr0(fields[i + 1]);
      if (fields[0] == "cpu") {
        has_total = true;
        total[i] = ticks;
      } else {
        out.Add(static_cast<double>(ticks) / ticks_per_second_,
                {{"cpu", std::string(fields[0])}, {"state", std::string(kCpuStates[i])}});
      }
    }
  }
  out.End();
  if (!has_total) return;
  if (has_last_cpu_) {
    int64_t elapsed = 0;
    for (size_t i = 0; i < total.size(); ++i) elapsed += total[i] - last_cpu_[i];
    out.Begin("system.cpu.utilization", "1", "Share of all processors' time in each state since the last point",
              OtlpMetricKind::kGauge);
    for (size_t i = 0; i < total.size() && elapsed > 0; ++i) {
      out.Add(static_cast<double>(total[i] - last_cpu_[i]) / static_cast<double>(elapsed),
              {{"state", std::string(kCpuStates[i])}});
    }
    out.End();
  }
  last_cpu_ = total;
  has_last_cpu_ = true;
  out.AddOne("system.cpu.logical.count", "{cpu}", "Logical processors", OtlpMetricKind::kUpDownCounter,
             int64_t{system_.cores_of_machine});
  out.AddOne("system.context_switches", "{switch}", "Context switches", OtlpMetricKind::kCounter, switches);
  out.AddOne("system.processes.created", "{process}", "Processes started", OtlpMetricKind::kCounter, created);
  out.Begin("system.processes.count", "{process}", "Processes that run or wait for input and output",
            OtlpMetricKind::kUpDownCounter);
  out.Add(running, {{"state", std::string("running")}});
  out.Add(blocked, {{"state", std::string("blocked")}});
  out.End();
}

void HostMetrics::CollectMemory(OtlpMetricWriter& out) const {
  std::map<std::string, int64_t, std::less<>> bytes;
  const std::string meminfo = Read("meminfo");
  for (const std::string_view line : SplitLines(meminfo)) {
    const auto fields = SplitFields(line);
    if (fields.size() < 2 || !fields[0].ends_with(':')) continue;
    bytes[std::string(fields[0].substr(0, fields[0].size() - 1))] = NumberOr0(fields[1]) * 1024;
  }
  const int64_t total = bytes["MemTotal"];
  if (total == 0) return;
  const int64_t cached = bytes["Cached"] + bytes["SReclaimable"];
  const int64_t used = total - bytes["MemFree"] - bytes["Buffers"] - cached;
  const std::pair<const char*, int64_t> states[] = {
      {"used", used}, {"free", bytes["MemFree"]}, {"buffered", bytes["Buffers"]}, {"cached", cached}};
  out.Begin("system.memory.usage", "By", "Memory in use, by what for", OtlpMetricKind::kUpDownCounter);
  for (const auto& [state, value] : states) out.Add(value, {{"state", std::string(state)}});
  out.End();
  out.Begin("system.memory.utilization", "1", "Share of the memory, by what for", OtlpMetricKind::kGauge);
  for (const auto& [state, value] : states) {
    out.Add(static_cast<double>(value) / static_cast<double>(total), {{"state", std::string(state)}});
  }
  out.End();
  out.AddOne("system.memory.limit", "By", "Memory of the machine", OtlpMetricKind::kUpDownCounter, total);
  out.AddOne("system.linux.memory.available", "By", "Memory that programs could get without swapping",
             OtlpMetricKind::kUpDownCounter, bytes["MemAvailable"]);
  if (bytes["SwapTotal"] != 0) {
    out.Begin("system.paging.usage", "By", "Swap space", OtlpMetricKind::kUpDownCounter);
    out.Add(bytes["SwapTotal"] - bytes["SwapFree"], {{"state", std::string("used")}});
    out.Add(bytes["SwapFree"], {{"state", std::string("free")}});
    out.End();
  }
  const std::string vmstat = Read("vmstat");
  int64_t faults = 0, major = 0;
  for (const std::string_view line : SplitLines(vmstat)) {
    if (line.starts_with("pgfault ")) faults = NumberOr0(line.substr(8));
    if (line.starts_with("pgmajfault ")) major = NumberOr0(line.substr(11));
  }
  out.Begin("system.paging.faults", "{fault}", "Page faults", OtlpMetricKind::kCounter);
  out.Add(major, {{"type", std::string("major")}});
  out.Add(faults - major, {{"type", std::string("minor")}});
  out.End();
}

void HostMetrics::CollectLoad(OtlpMetricWriter& out) const {
  const std::string loadavg = Read("loadavg");
  const auto load = SplitFields(loadavg);
  if (load.size() >= 3) {
    constexpr const char* kNames[] = {"system.cpu.load_average.1m", "system.cpu.load_average.5m",
                                      "system.cpu.load_average.15m"};
    for (size_t i = 0; i < 3; ++i) {
      out.AddOne(kNames[i], "{thread}", "Threads that run or want to, on average", OtlpMetricKind::kGauge,
                 DecimalOr0(load[i]));
    }
  }
  const std::string uptime = Read("uptime");
  if (!uptime.empty()) {
    out.AddOne("system.uptime", "s", "Time since the machine was started", OtlpMetricKind::kGauge,
               DecimalOr0(SplitFields(uptime)[0]));
  }
}

}  // namespace weir
