#pragma once

#include <cstdint>
#include <string>

namespace weir::obs {

// "0 B", "1023 B", "1.5 KiB", "10 MiB", "3.2 GiB": for messages and profiles.
std::string BytesToText(int64_t bytes);
// "850 ns", "1.25 ms", "3.1 s", "2 min 5 s".
std::string NanosToText(int64_t nanos);

}  // namespace weir::obs
