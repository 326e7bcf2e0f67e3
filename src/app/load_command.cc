#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/pg_client.h"
#include "app/process.h"
#include "server/copy_out.h"
#include "server/session.h"
#include "server/system_tables.h"

namespace weir::app {

namespace {

struct LoadOptions {
  PgClientOptions client;
  std::vector<std::string> files;
  std::string table;
  std::string label;
  std::string format;
};

std::string Quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

// schema.table, each part quoted.
std::string TableName(const std::string& written) {
  const size_t dot = written.find('.');
  if (dot == std::string::npos) return Quoted(written, '"');
  return Quoted(written.substr(0, dot), '"') + "." + Quoted(written.substr(dot + 1), '"');
}

class Progress {
 public:
  Progress(std::string file, double rows_expected)
      : file_(std::move(file)), expected_(rows_expected), shown_(::isatty(STDERR_FILENO) != 0) {}
  void Show(uint64_t rows, uint64_t bytes, bool last) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || (!last && now - printed_ < std::chrono::milliseconds(200))) return;
    printed_ = now;
    const double seconds = std::max(std::chrono::duration<double>(now - start_).count(), 1e-3);
    std::string bar;
    if (expected_ > 0) {
      const auto filled = static_cast<size_t>(std::min(static_cast<double>(rows) / expected_, 1.0) * 30);
      bar = "[" + std::string(filled, '#') + std::string(30 - filled, '.') + "] ";
    }
    fmt::print(stderr, "\r{} {}{} rows, {:.1f} MB, {:.0f} rows/s\033[K{}", file_, bar, rows,
               static_cast<double>(bytes) / 1e6, static_cast<double>(rows) / seconds, last ? "\n" : "");
  }
  // Leaves the line as it is.
  void End() const {
    if (shown_) fmt::print(stderr, "\n");
  }

 private:
  const std::string file_;
  const double expected_;
  const bool shown_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point printed_;
};

enum class FileFormat : uint8_t { kCsv, kJson, kParquet };

FileFormat FormatOf(const LoadOptions& options, const std::string& path) {
  std::string_view name = path;
  for (const std::string_view compression : {".gz", ".zst"}) {
    if (name.ends_with(compression)) name.remove_suffix(compression.size());
  }
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::any_of(names, [&](std::string_view known) {
      return options.format.empty() ? name.ends_with(fmt::format(".{}", known)) : options.format == known;
    });
  };
  if (is({"csv", "tsv"})) return FileFormat::kCsv;
  if (is({"json", "jsonl", "ndjson"})) return FileFormat::kJson;
  if (is({"parquet", "parq"})) return FileFormat::kParquet;
  throw Error::User(sqlstate::kInvalidParameterValue, "the format of the file is not clear: {}",
                    options.format.empty() ? path : options.format)
      .WithHint("--format csv, json or parquet says it.");
}

// A column of the file and where it goes.
struct LoadColumn {
  std::string source;
  std::string target;
  std::string type;  // of the target, as the server writes it
};

// Which of the file's columns go where: by name, or by position when the file has no names.
std::vector<LoadColumn> MatchColumns(PgClient& client, const LoadOptions& options, const std::string& path,
                                     const Schema& found) {
  const PgResult target = client.Query("SELECT * FROM " + TableName(options.table) + " LIMIT 0");
  const auto target_count = static_cast<size_t>(PQnfields(target.get()));
  std::vector<LoadColumn> columns;
  bool has_names = false;
  for (size_t i = 0; i < found.size(); ++i) has_names = has_names || found[i].name != fmt::format("column{}", i);
  for (size_t i = 0; i < found.size(); ++i) {
    const std::string& name = found[i].name;
    int at = PQfnumber(target.get(), Quoted(name, '"').c_str());
    // Unquoted, libpq folds the name to lower case.
    const bool is_plain =
        std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
    if (at < 0 && is_plain) at = PQfnumber(target.get(), name.c_str());
    if (at < 0 && !has_names && found.size() <= target_count) at = static_cast<int>(i);
    if (at < 0) {
      fmt::print(stderr, "column {} of {} is not in {} and is left out\n", name, path, options.table);
      continue;
    }
    columns.push_back({name, PQfname(target.get(), at), {}});
  }
  if (columns.empty()) {
    throw Error::User(sqlstate::kUndefinedColumn, "no column of {} has the name of a column of {}", path,
                      options.table);
  }
  std::string types;
  for (const LoadColumn& column : columns) {
    types += fmt::format("{}typeof((SELECT {} FROM {} LIMIT 0))::text", types.empty() ? "SELECT " : ", ",
                         Quoted(column.target, '"'), TableName(options.table));
  }
  const PgResult typed = client.Query(types);
  for (size_t i = 0; i < columns.size(); ++i) columns[i].type = PQgetvalue(typed.get(), 0, static_cast<int>(i));
  return columns;
}

// The file as a relation whose texts the server turns into the types of its table.
std::string SourceOf(FileFormat format, const std::string& path, const std::vector<LoadColumn>& columns) {
  switch (format) {
    case FileFormat::kParquet:
      return "read_parquet(" + Quoted(path, '\'') + ")";
    case FileFormat::kCsv:
      return "read_csv(" + Quoted(path, '\'') + ", all_varchar => true)";
    case FileFormat::kJson: {
      std::string typed;
      for (const LoadColumn& column : columns) {
        // Objects and arrays are written in the way of the type that takes them.
        const bool is_nested = column.type.ends_with("[]") || column.type.starts_with("struct(") ||
                               column.type.starts_with("map(") || column.type == "json";
        typed += fmt::format("{}{} {}", typed.empty() ? "" : ", ", Quoted(column.source, '"'),
                             is_nested ? column.type : "text");
      }
      return "read_json(" + Quoted(path, '\'') + ", columns => " + Quoted(typed, '\'') + ")";
    }
  }
  return {};
}

// Rows of the file, or -1 when only reading it would tell.
double ExpectedRows(Process& process, FileFormat format, const std::string& path, Session& session) {
  if (format == FileFormat::kParquet) {
    auto execution = session.Execute(session.Parse("SELECT count(*) FROM " + SourceOf(format, path, {})).at(0));
    const auto chunk = execution->Next();
    return chunk.has_value() ? static_cast<double>(chunk->column(0)->GetValue(0).integer()) : -1;
  }
  if (path.ends_with(".gz") || path.ends_with(".zst")) return -1;
  constexpr size_t kSampleBytes = 1 << 20;
  std::string sample(kSampleBytes, '\0');
  const auto file = process.services().files.OpenForRead(path);
  sample.resize(file->Read(0, {reinterpret_cast<uint8_t*>(sample.data()), sample.size()}));
  const auto lines = static_cast<double>(std::ranges::count(sample, '\n'));
  return lines < 2 ? -1 : static_cast<double>(file->size()) * lines / static_cast<double>(sample.size());
}

// Reads the file with the engine's own readers and sends its rows as COPY text.
uint64_t LoadFile(PgClient& client, Process& process, Session& session, const LoadOptions& options,
                  const std::string& path) {
  const FileFormat format = FormatOf(options, path);
  const std::string_view reader = format == FileFormat::kCsv    ? "read_csv("
                                  : format == FileFormat::kJson ? "read_json("
                                                                : "read_parquet(";
  const PreparedPtr all =
      session.Prepare(session.Parse(fmt::format("SELECT * FROM {}{})", reader, Quoted(path, '\''))).at(0), {});
  const std::vector<LoadColumn> columns = MatchColumns(client, options, path, *all->columns);
  std::string sources, targets;
  for (const LoadColumn& column : columns) {
    sources += (sources.empty() ? "" : ", ") + Quoted(column.source, '"');
    targets += (targets.empty() ? "" : ", ") + Quoted(column.target, '"');
  }
  Progress progress(path, ExpectedRows(process, format, path, session));
  auto execution =
      session.Execute(session.Parse("SELECT " + sources + " FROM " + SourceOf(format, path, columns)).at(0));
  client.Query("COPY " + TableName(options.table) + " (" + targets + ") FROM STDIN");
  CopyFormatter formatter(*execution->columns(), {}, "UTC", TextStyle());
  uint64_t rows = 0, bytes = 0;
  PGconn* connection = client.connection();
  const auto fail = [&] { return Error::Operational(sqlstate::kConnectionFailure, "{}", PQerrorMessage(connection)); };
  std::string payload;
  try {
    while (auto chunk = execution->Next()) {
      payload.clear();
      formatter.AppendRows(*chunk, payload);
      if (PQputCopyData(connection, payload.data(), static_cast<int>(payload.size())) != 1) throw fail();
      rows += chunk->row_count();
      bytes += payload.size();
      progress.Show(rows, bytes, false);
    }
  } catch (...) {
    // Nothing of a file that cannot be read to its end is loaded.
    PQputCopyEnd(connection, "the file could not be read");
    while (PgResult result{PQgetResult(connection)}) {
    }
    throw;
  }
  if (PQputCopyEnd(connection, nullptr) != 1) throw fail();
  std::string failure;
  while (PgResult result{PQgetResult(connection)}) {
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) failure = PgClient::ErrorText(result.get(), "");
  }
  if (!failure.empty()) {
    progress.End();
    throw ServerError(
        fmt::format("{}\nFILE:  {}: nothing of it is loaded; lines are counted without a header", failure, path));
  }
  progress.Show(rows, bytes, true);
  return rows;
}

// The files that the arguments name, each a commit of its own.
std::vector<std::string> ExpandFiles(Process& process, const std::vector<std::string>& patterns) {
  std::vector<std::string> paths;
  for (const std::string& pattern : patterns) {
    const auto found = process.services().files.Glob(pattern);
    if (found.empty()) throw Error::Operational(sqlstate::kUndefinedFile, "no file matches: {}", pattern);
    for (const FileInfo& file : found) paths.push_back(file.path);
  }
  return paths;
}

}  // namespace

int RunLoad(int argc, char** argv) {
  LoadOptions options;
  CLI::App app("Loads CSV, JSON lines and Parquet files into a table; each file is one commit.", "weir load");
  app.add_option("files", options.files, "files or patterns")->required();
  app.add_option("--table", options.table, "table to load into")->required();
  app.add_option("--format", options.format, "csv, json or parquet (default: by the name)");
  app.add_option("--label", options.label, "makes the load exactly-once (comes with Stream Load)");
  app.add_option("--host", options.client.host, "server")->capture_default_str();
  app.add_option("-p,--port", options.client.port, "PostgreSQL port")->capture_default_str();
  app.add_option("-U,--user", options.client.user, "user")->capture_default_str();
  app.add_option("-d,--db", options.client.database, "database")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (!options.label.empty()) {
    throw Error::Unsupported("Load without a label, or use INSERT ... WITH LABEL.",
                             "--label is not available over the PostgreSQL protocol");
  }
  PgClient client(options.client);
  Process process;
  auto system_tables = std::make_shared<SystemTables>();
  EngineOptions engine_options;
  engine_options.background_jobs = false;
  Engine engine(process.services(), engine_options, system_tables->virtual_tables());
  system_tables->Attach(engine);
  Session session(engine, {});
  uint64_t rows = 0;
  for (const std::string& path : ExpandFiles(process, options.files)) {
    rows += LoadFile(client, process, session, options, path);
  }
  fmt::print("loaded {} rows into {}\n", rows, options.table);
  return 0;
}

}  // namespace weir::app
