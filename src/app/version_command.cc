#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/version.h"

namespace weir::app {

int RunVersion(int argc, char** argv) {
  CLI::App app("Prints the version.", "weir version");
  CLI11_PARSE(app, argc, argv);
  fmt::print("weir {}\n", kVersion);
  return 0;
}

}  // namespace weir::app
