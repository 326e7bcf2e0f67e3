#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "env/clock.h"

namespace weir {

// What can be told of a line of a log file without knowing its program. Views into the line.
struct ParsedLogLine {
  std::optional<UnixNanos> time;
  int32_t severity_number = 0;  // OpenTelemetry's
  std::string_view severity_text;
  std::string_view message;  // without the time
  std::string_view program;  // of syslog lines: "sshd"
  int64_t process_id = 0;
};

// Knows ISO 8601 ("2024-01-31 10:00:00", "2024-01-31T10:00:00.5+02:00"), syslog's "Jan 31 10:00:00 host program[1]: "
// (the year is the one that puts it nearest before `now`), and web servers' "[31/Jan/2024:10:00:00 +0200]". Times
// without an offset are UTC.
ParsedLogLine ParseLogLine(std::string_view line, UnixNanos now);

}  // namespace weir
