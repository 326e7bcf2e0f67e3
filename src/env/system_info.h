#pragma once

#include <cstdint>
#include <string>

namespace weir {

// What this process may use of its machine; read once at start. See env/posix/posix_system_info.h.
struct SystemInfo {
  int cores = 1;  // allowed by affinity and by the control group's quota
  int cores_of_machine = 1;
  uint64_t memory_bytes = 0;  // the smaller of the machine's memory and the control groups' limits
  uint64_t memory_bytes_of_machine = 0;
  uint64_t page_bytes = 4096;
  std::string hostname;
  std::string kernel;  // "Linux 6.1.0"
  std::string cpu_model;
  int64_t process_id = 0;
  bool has_avx2 = false;
  bool has_avx512 = false;  // F, BW, DQ, VL
};

}  // namespace weir
