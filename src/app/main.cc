#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "app/commands.h"
#include "base/error.h"
#include "runtime/large_stack.h"

namespace {

struct Command {
  const char* name;
  int (*run)(int, char**);
  const char* help;
};

constexpr Command kCommands[] = {
    {"server", weir::app::RunServer, "run the database server"},
    {"sql", weir::app::RunSql, "query a server, interactively or with -c and -f"},
    {"local", weir::app::RunLocal, "query files without a server"},
    {"load", weir::app::RunLoad, "load CSV, JSON lines and Parquet files into a table"},
    {"collect", weir::app::RunCollect, "send this machine's metrics and logs (collect host)"},
    {"version", weir::app::RunVersion, "print the version"},
};

void PrintHelp(std::FILE* out) {
  fmt::print(out, "usage: weir <command> [options]\n\n");
  for (const Command& command : kCommands) fmt::print(out, "  {:<10}{}\n", command.name, command.help);
  fmt::print(out, "  {:<10}{}\n\n`weir <command> --help` lists a command's options.\n", "help", "this text");
}

}  // namespace

int main(int argc, char** argv) {
  weir::GiveThreadsLargeStacks();
  if (argc < 2) {
    PrintHelp(stderr);
    return 2;
  }
  const char* name = argv[1];
  if (std::strcmp(name, "help") == 0 || std::strcmp(name, "--help") == 0 || std::strcmp(name, "-h") == 0) {
    PrintHelp(stdout);
    return 0;
  }
  if (std::strcmp(name, "--version") == 0) name = "version";
  for (const Command& command : kCommands) {
    if (std::strcmp(command.name, name) != 0) continue;
    try {
      return command.run(argc - 1, argv + 1);
    } catch (...) {
      fmt::print(stderr, "weir {}: {}\n", name, weir::Error::FromCurrentException().ToString());
      return 1;
    }
  }
  fmt::print(stderr, "weir: there is no such command: {}\n\n", name);
  PrintHelp(stderr);
  return 2;
}
