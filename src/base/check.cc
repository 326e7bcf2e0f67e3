#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace weir {

void CheckFailed(const char* file, int line, const char* condition, std::string_view message) {
  fmt::print(stderr, "weir: check failed: {} at {}:{} {}\n", condition, file, line, message);
  std::fflush(stderr);
  std::abort();
}

}  // namespace weir
