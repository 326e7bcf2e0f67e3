#include <cstdio>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/pg_client.h"
#include "app/process.h"
#include "server/pgwire/value_format.h"
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

 private:
  const std::string file_;
  const double expected_;
  const bool shown_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point printed_;
};

// Reads the file with the engine's own readers and sends its rows as COPY text.
uint64_t LoadFile(PgClient& client, Session& session, const LoadOptions& options, const std::string& path) {
  const PgResult target = client.Query("SELECT * FROM " + TableName(options.table) + " LIMIT 0");
  std::string source = Quoted(path, '\'');
  if (!options.format.empty()) source = "read_" + options.format + "(" + source + ")";
  const PreparedPtr all = session.Prepare(session.Parse("SELECT * FROM " + source).at(0), {});
  std::string columns, list;
  for (const Field& field : *all->columns) {
    if (PQfnumber(target.get(), Quoted(field.name, '"').c_str()) < 0) {
      fmt::print(stderr, "column {} of {} is not in {} and is left out\n", field.name, path, options.table);
      continue;
    }
    if (!columns.empty()) columns += ", ";
    columns += Quoted(field.name, '"');
  }
  if (columns.empty()) {
    throw Error::User(sqlstate::kUndefinedColumn, "no column of {} has the name of a column of {}", path,
                      options.table);
  }
  auto execution = session.Execute(session.Parse("SELECT " + columns + " FROM " + source).at(0));
  client.Query("COPY " + TableName(options.table) + " (" + columns + ") FROM STDIN");
  pgwire::CopyEncoder encoder(*execution->columns(), {}, "UTC", 1);
  Progress progress(path, -1);
  uint64_t rows = 0, bytes = 0;
  PGconn* connection = client.connection();
  const auto fail = [&] { return Error::Operational(sqlstate::kConnectionFailure, "{}", PQerrorMessage(connection)); };
  try {
    while (auto chunk = execution->Next()) {
      pgwire::MessageWriter writer;
      encoder.Encode(*chunk, writer);
      // The writer frames CopyData messages; libpq frames them itself, so the payloads are sent.
      std::string_view rest = writer.buffer();
      std::string payload;
      while (!rest.empty()) {
        const auto length = LoadBigEndian<uint32_t>(rest.data() + 1);
        payload += rest.substr(5, length - 4);
        rest.remove_prefix(size_t{1} + length);
      }
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
  if (!failure.empty()) throw ServerError(failure);
  progress.Show(rows, bytes, true);
  return rows;
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
  for (const std::string& path : options.files) rows += LoadFile(client, session, options, path);
  fmt::print("loaded {} rows into {}\n", rows, options.table);
  return 0;
}

}  // namespace weir::app
