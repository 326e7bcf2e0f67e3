#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "env/clock.h"

namespace weir {

// A background job as weir_catalog.jobs shows it.
struct JobInfo {
  std::string name;   // "flush", "compact", "sweep", "snapshot", "analyze" ...
  std::string state;  // "idle", "running", "waiting" (for a retry), "stopped"
  uint64_t runs = 0;
  uint64_t failures = 0;
  uint64_t failures_in_a_row = 0;
  UnixNanos last_start = 0;
  UnixNanos last_end = 0;
  UnixNanos next_start = 0;
  std::string last_error;
  std::string detail;  // what the last run did: "2 tables, 8192 rows"
};

}  // namespace weir
