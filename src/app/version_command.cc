#include <fmt/format.h>

#include "app/commands.h"
#include "app/version.h"

namespace weir::app {

int RunVersion(int, char**) {
  fmt::print("weir {}\n", kVersion);
  return 0;
}

}  // namespace weir::app
