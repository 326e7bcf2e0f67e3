#include <algorithm>
#include <set>

#include "telemetry/host_metrics.h"
#include "telemetry/proc_file.h"

namespace weir {

void HostMetrics::CollectProcesses(MonotonicNanos now, OtlpMetricWriter& out) {
  struct Process {
    int64_t pid = 0;
    std::string name;
    char state = '?';
    int64_t user_ticks = 0, system_ticks = 0, threads = 0, start = 0, virtual_bytes = 0, resident_bytes = 0;
    double utilization = 0;  // processors, since the last time
  };
  std::vector<Process> processes;
  std::vector<FileInfo> entries;
  (void)CatchError([&] { entries = files_.List(root_); });
  const double elapsed = static_cast<double>(now - last_processes_time_) / 1e9;
  std::map<int64_t, ProcessTimes> times;
  for (const FileInfo& entry : entries) {
    const std::string_view name = FileName(entry.path);
    if (name.empty() || name[0] < '0' || name[0] > '9') continue;
    const std::string stat = Read(fmt::format("{}/stat", name));
    // pid (name with anything in it) state ppid ...: fields are counted from the last parenthesis.
    const size_t open = stat.find('('), close = stat.rfind(')');
    if (open == std::string::npos || close == std::string::npos || close < open) continue;
    const auto fields = SplitFields(std::string_view(stat).substr(close + 1));
    if (fields.size() < 22) continue;
    Process process{.pid = NumberOr0(name), .name = stat.substr(open + 1, close - open - 1), .state = fields[0][0]};
    process.user_ticks = NumberOr0(fields[11]);
    process.system_ticks = NumberOr0(fields[12]);
    process.threads = NumberOr0(fields[17]);
    process.start = NumberOr0(fields[19]);
    process.virtual_bytes = NumberOr0(fields[20]);
    process.resident_bytes = NumberOr0(fields[21]) * static_cast<int64_t>(system_.page_bytes);
    const int64_t ticks = process.user_ticks + process.system_ticks;
    if (const auto last = last_processes_.find(process.pid);
        last != last_processes_.end() && last->second.start == process.start && elapsed > 0) {
      process.utilization = static_cast<double>(ticks - last->second.ticks) / ticks_per_second_ / elapsed;
    }
    times[process.pid] = {ticks, process.start};
    processes.push_back(std::move(process));
  }
  const bool first = last_processes_.empty();
  last_processes_ = std::move(times);
  last_processes_time_ = now;
  if (processes.empty()) return;

  // The busiest and the biggest.
  const size_t count = std::min(processes.size(), static_cast<size_t>(processes_max_));
  std::set<size_t> chosen;
  std::vector<size_t> order(processes.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto choose = [&](auto&& key) {
    std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(count), order.end(),
                      [&](size_t a, size_t b) { return key(processes[a]) > key(processes[b]); });
    chosen.insert(order.begin(), order.begin() + static_cast<ptrdiff_t>(count));
  };
  choose([&](const Process& p) { return first ? static_cast<double>(p.user_ticks + p.system_ticks) : p.utilization; });
  choose([](const Process& p) { return p.resident_bytes; });

  const auto attributes = [](const Process& process) {
    return OtlpAttributes{{"process.pid", process.pid}, {"process.executable.name", process.name}};
  };
  const auto each = [&](const char* name, const char* unit, const char* help, OtlpMetricKind kind, auto&& value) {
    out.Begin(name, unit, help, kind);
    for (const size_t i : chosen) out.Add(value(processes[i]), attributes(processes[i]));
    out.End();
  };
  out.Begin("process.cpu.time", "s", "Processor time of processes", OtlpMetricKind::kCounter);
  for (const size_t i : chosen) {
    for (const bool system : {false, true}) {
      OtlpAttributes with_state = attributes(processes[i]);
      with_state.emplace_back("state", std::string(system ? "system" : "user"));
      const int64_t ticks = system ? processes[i].system_ticks : processes[i].user_ticks;
      out.Add(static_cast<double>(ticks) / ticks_per_second_, with_state);
    }
  }
  out.End();
  if (!first) {
    each("process.cpu.utilization", "1", "Processors that the process kept busy since the last point",
         OtlpMetricKind::kGauge, [](const Process& p) { return p.utilization; });
  }
  each("process.memory.usage", "By", "Resident memory of processes", OtlpMetricKind::kUpDownCounter,
       [](const Process& p) { return p.resident_bytes; });
  each("process.memory.virtual", "By", "Address space of processes", OtlpMetricKind::kUpDownCounter,
       [](const Process& p) { return p.virtual_bytes; });
  each("process.threads", "{thread}", "Threads of processes", OtlpMetricKind::kUpDownCounter,
       [](const Process& p) { return p.threads; });
}

}  // namespace weir
