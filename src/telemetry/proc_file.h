#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "env/file_system.h"

namespace weir {

// The whole of a file whose size is not known before, such as those of /proc; "" when it cannot be read.
std::string ReadProcFile(FileSystem& files, const std::string& path);
std::vector<std::string_view> SplitLines(std::string_view text);
// By runs of blanks.
std::vector<std::string_view> SplitFields(std::string_view line);
// 0 when it is no number.
int64_t NumberOr0(std::string_view text);
double DecimalOr0(std::string_view text);

}  // namespace weir
