#include "env/posix/posix_system_info.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <fmt/format.h>

namespace weir {
namespace {

std::string ReadSmallFile(const std::string& path) {
  const std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

std::string_view FirstLine(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

// The number after "label" in /proc's files.
uint64_t FindNumber(std::string_view text, std::string_view label) {
  const size_t at = text.find(label);
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(at + label.size());
  text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
  return ParseNumber<uint64_t>(text).value_or(0);
}

// Own control group and those above it: a limit anywhere on the way counts.
std::vector<std::string> ControlGroupFolders() {
  std::string path = "/";
  const std::string membership = ReadSmallFile("/proc/self/cgroup");
  std::istringstream lines(membership);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::")) path = line.substr(3);
  }
  std::vector<std::string> out;
  for (;;) {
    out.push_back("/sys/fs/cgroup" + (path == "/" ? "" : path));
    if (path.empty() || path == "/") return out;
    const size_t slash = path.rfind('/');
    path = slash == 0 ? "/" : path.substr(0, slash);
  }
}

void ApplyControlGroups(SystemInfo& info) {
  for (const std::string& folder : ControlGroupFolders()) {
    if (const auto cores = ParseCpuMax(ReadSmallFile(folder + "/cpu.max"))) {
      info.cores = std::min(info.cores, std::max(1, static_cast<int>(std::ceil(*cores))));
    }
    if (const auto bytes = ParseMemoryMax(ReadSmallFile(folder + "/memory.max"))) {
      info.memory_bytes = std::min(info.memory_bytes, *bytes);
    }
  }
  // Version 1 hierarchies.
  const auto quota = ParseNumber<int64_t>(ReadSmallFile("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"));
  const auto period = ParseNumber<int64_t>(ReadSmallFile("/sys/fs/cgroup/cpu/cpu.cfs_period_us"));
  if (quota.value_or(-1) > 0 && period.value_or(0) > 0) {
    info.cores = std::min(info.cores, std::max(1, static_cast<int>((*quota + *period - 1) / *period)));
  }
  if (const auto bytes = ParseMemoryMax(ReadSmallFile("/sys/fs/cgroup/memory/memory.limit_in_bytes"))) {
    info.memory_bytes = std::min(info.memory_bytes, *bytes);
  }
}

std::string CpuModel() {
  const std::string text = ReadSmallFile("/proc/cpuinfo");
  const size_t at = text.find("model name");
  if (at == std::string::npos) return "unknown";
  const size_t colon = text.find(": ", at);
  return colon == std::string::npos ? "unknown" : std::string(FirstLine(std::string_view(text).substr(colon + 2)));
}

}  // namespace

std::optional<double> ParseCpuMax(std::string_view cpu_max) {
  const std::string_view line = FirstLine(cpu_max);
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto quota = ParseNumber<int64_t>(line.substr(0, space));
  const auto period = ParseNumber<int64_t>(line.substr(space + 1));
  if (!quota.has_value() || period.value_or(0) <= 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<uint64_t> ParseMemoryMax(std::string_view memory_max) {
  return ParseNumber<uint64_t>(FirstLine(memory_max));
}

SystemInfo ReadSystemInfo() {
  SystemInfo info;
  info.cores_of_machine = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  info.cores = info.cores_of_machine;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) info.cores = std::max(1, CPU_COUNT(&allowed));
  info.page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  info.memory_bytes_of_machine = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * info.page_bytes;
  info.memory_bytes = info.memory_bytes_of_machine;
  ApplyControlGroups(info);

  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) info.hostname = host.data();
  utsname kernel{};
  if (uname(&kernel) == 0) info.kernel = fmt::format("{} {}", kernel.sysname, kernel.release);
  info.cpu_model = CpuModel();
  info.process_id = getpid();
#if defined(__x86_64__)
  __builtin_cpu_init();
  info.has_avx2 = __builtin_cpu_supports("avx2") != 0;
  info.has_avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                    __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
#endif
  return info;
}

ProcessMemory ReadProcessMemory() {
  const std::string status = ReadSmallFile("/proc/self/status");
  return {.resident_bytes = FindNumber(status, "VmRSS:") * 1024,
          .resident_bytes_peak = FindNumber(status, "VmHWM:") * 1024};
}

}  // namespace weir
