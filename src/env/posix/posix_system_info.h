#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "env/system_info.h"

namespace weir {

SystemInfo ReadSystemInfo();

// Bytes of memory that the process has resident right now, and the most it ever had.
struct ProcessMemory {
  uint64_t resident_bytes = 0;
  uint64_t resident_bytes_peak = 0;
};
ProcessMemory ReadProcessMemory();

// Contents of cgroup files, exposed for tests: empty when there is no limit.
std::optional<double> ParseCpuMax(std::string_view cpu_max);          // "200000 100000" -> 2.0
std::optional<uint64_t> ParseMemoryMax(std::string_view memory_max);  // "max" or bytes

}  // namespace weir
