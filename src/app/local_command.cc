#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/process.h"
#include "app/result_printer.h"
#include "env/posix/posix_system_info.h"
#include "runtime/large_stack.h"
#include "server/session.h"
#include "server/system_tables.h"
#include "types/text.h"

namespace weir::app {

namespace {

struct LocalOptions {
  std::vector<std::string> commands;
  std::vector<std::string> files;
  std::string data_dir;
  std::string memory_limit;
  std::string page_cache;
  std::string query_cache;
  std::string spill_dir;
  std::string spill_limit;
  std::string format = "table";
  int threads = 0;
  bool timing = false;
};

std::string ReadAll(const std::string& path) {
  if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error::FromErrno(errno, path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool IsNumber(const Type& type) {
  return type.is_numeric();
}

void PrintResult(StatementExecution& execution, OutputFormat format, const TextOptions& text) {
  const Schema& schema = *execution.columns();
  std::vector<std::string> names;
  std::vector<bool> right, bare;
  for (const Field& field : schema) {
    names.push_back(field.name);
    right.push_back(IsNumber(field.type));
    bare.push_back(IsNumber(field.type) || field.type.is(TypeKind::kBoolean) || field.type.is(TypeKind::kJson));
  }
  ResultPrinter printer(format, stdout, std::move(names), std::move(right), std::move(bare));
  while (auto chunk = execution.Next()) {
    chunk->rows().ForEach([&](size_t row) {
      std::vector<std::optional<std::string>> cells;
      cells.reserve(schema.size());
      for (const ColumnPtr& column : chunk->columns()) {
        const Value value = column->GetValue(row);
        cells.push_back(value.is_null() ? std::nullopt : std::optional(FormatValue(value, text)));
      }
      printer.Row(std::move(cells));
    });
  }
  printer.Finish();
}

// Runs every statement of the text; false after the first that fails, whose error is printed.
bool RunText(Session& session, const std::string& sql, const LocalOptions& options, const Clock& clock) {
  const OutputFormat format = ParseOutputFormat(options.format);
  std::string_view current = sql;
  try {
    for (const ast::StatementPtr& statement : session.Parse(sql)) {
      const int64_t start = clock.Monotonic();
      auto execution = session.Execute(statement);
      const std::string zone = session.settings().Get("timezone");
      TextOptions text;
      text.time_zone = zone;
      if (execution->columns().has_value()) {
        PrintResult(*execution, format, text);
      } else {
        while (execution->Next().has_value()) {
        }
        if (format == OutputFormat::kTable) fmt::print("{}\n", execution->CommandTag(0));
      }
      for (const Notice& notice : session.TakeNotices())
        fmt::print(stderr, "{}: {}\n", notice.severity, notice.message);
      if (options.timing) {
        fmt::print("Time: {:.3f} ms\n", static_cast<double>(clock.Monotonic() - start) / 1e6);
      }
    }
    return true;
  } catch (...) {
    const Error error = Error::FromCurrentException();
    session.StatementFailed(error);
    fmt::print(stderr, "{}\n", error.ToString(current));
    return false;
  }
}

}  // namespace

namespace {

int64_t ByteSizeOption(const std::string& text) {
  const auto bytes = ParseByteSize(text);
  if (!bytes.has_value()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "not a size: {}", text).WithHint("Example: 2GB");
  }
  return *bytes;
}

int RunCommands(const LocalOptions& options, const EngineOptions& engine_options) {
  Process process;
  auto system_tables = std::make_shared<SystemTables>();
  Engine engine(process.services(), engine_options, system_tables->virtual_tables());
  system_tables->Attach(engine);
  bool fine = true;
  {
    Session session(engine, {});
    for (const std::string& command : options.commands)
      fine = fine && RunText(session, command, options, process.clock());
    for (const std::string& file : options.files)
      fine = fine && RunText(session, ReadAll(file), options, process.clock());
    if (options.commands.empty() && options.files.empty()) {
      if (::isatty(STDIN_FILENO) != 0) {
        std::string statement, line;
        fmt::print("weir local; end statements with a semicolon, quit with Ctrl-D\n");
        while (fmt::print("{}", statement.empty() ? "weir> " : "   -> "), std::fflush(stdout),
               std::getline(std::cin, line)) {
          statement += line + "\n";
          if (line.find(';') == std::string::npos) continue;
          RunText(session, statement, options, process.clock());
          statement.clear();
        }
        fmt::print("\n");
      } else {
        fine = RunText(session, ReadAll("-"), options, process.clock());
      }
    }
  }
  engine.Stop();
  return fine ? 0 : 1;
}

}  // namespace

int RunLocal(int argc, char** argv) {
  LocalOptions options;
  CLI::App app("Runs SQL in this process, over files and, with --data-dir, over a data folder that no server uses.",
               "weir local");
  app.add_option("-c,--command", options.commands, "SQL to run; may be given several times");
  app.add_option("-f,--file", options.files, "file of SQL to run; - is standard input");
  app.add_option("--data-dir", options.data_dir, "data folder with tables");
  app.add_option("--threads", options.threads, "workers (default: all cores)");
  app.add_option("--memory-limit", options.memory_limit, "memory limit, e.g. 2GB (default: none)");
  app.add_option("--page-cache", options.page_cache, "memory for decompressed pages, 0: none (default: 1GB)");
  app.add_option("--query-cache", options.query_cache,
                 "memory for answers and partial aggregates that sessions keep, 0: none (default: 512MB)")
      ->envname("WEIR_QUERY_CACHE");
  app.add_option("--spill-dir", options.spill_dir, "where queries put what does not fit in memory");
  app.add_option("--spill-limit", options.spill_limit, "how much they may put there (default: what the disk has)");
  app.add_option("--format", options.format, "table, csv, json or md")->capture_default_str();
  app.add_flag("--timing", options.timing, "print how long each statement took");
  CLI11_PARSE(app, argc, argv);

  EngineOptions engine_options;
  engine_options.threads = options.threads;
  engine_options.data_dir = options.data_dir;
  engine_options.background_jobs = false;
  if (!options.memory_limit.empty()) engine_options.memory_limit_bytes = ByteSizeOption(options.memory_limit);
  engine_options.memory_bytes = DefaultMemoryLimit(ReadSystemInfo());
  if (!options.page_cache.empty()) engine_options.storage.page_cache_bytes = ByteSizeOption(options.page_cache);
  if (!options.query_cache.empty()) engine_options.query_cache_bytes = ByteSizeOption(options.query_cache);
  engine_options.spill_dir = options.spill_dir;
  // Of this process alone, which removes it at its end.
  if (options.spill_dir.empty() && options.data_dir.empty()) {
    engine_options.spill_dir =
        (std::filesystem::temp_directory_path() / fmt::format("weir-spill-{}", getpid())).string();
  }
  if (!options.spill_limit.empty()) engine_options.spill_limit_bytes = ByteSizeOption(options.spill_limit);
  return RunOnLargeStack([&] { return RunCommands(options, engine_options); });
}

}  // namespace weir::app
