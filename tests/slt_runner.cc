// Runs sqllogictest files (docs/testing.md describes the dialect), in-process or against a server over the wire.
//
// usage: slt_runner [--config FILE] [--wire WEIR_BINARY] [--update] PATH...

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "app/pg_client.h"
#include "app/process.h"
#include "env/testing/temporary_folder.h"
#include "runtime/large_stack.h"
#include "server/session.h"
#include "server/system_tables.h"
#include "types/text.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  std::vector<std::vector<std::string>> rows;
  std::string sqlstate;  // empty: it succeeded
  std::string message;
};

// Something that runs SQL: an engine in this process, or a server.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Outcome Run(const std::string& sql) = 0;
};

std::string Cell(std::string text) {
  return text.empty() ? "(empty)" : text;
}

class LocalBackend final : public Backend {
 public:
  LocalBackend(app::Process& process, const std::string& data_dir) {
    EngineOptions options;
    options.data_dir = data_dir;
    options.auto_analyze.enabled = false;  // plans are the same whenever it would run
    tables_ = std::make_shared<SystemTables>();
    engine_ = std::make_unique<Engine>(process.services(), options, tables_->virtual_tables());
    tables_->Attach(*engine_);
    session_ = std::make_unique<Session>(*engine_, SessionOptions{});
  }
  ~LocalBackend() override {
    session_.reset();
    engine_.reset();
  }

  Outcome Run(const std::string& sql) override {
    Outcome out;
    try {
      for (const auto& statement : session_->Parse(sql)) {
        auto execution = session_->Execute(statement);
        TextOptions text;
        static_cast<TextStyle&>(text) = session_->text_style();
        const std::string zone = session_->settings().Get("timezone");
        text.time_zone = zone;
        while (auto chunk = execution->Next()) {
          chunk->rows().ForEach([&](size_t row) {
            std::vector<std::string> cells;
            for (const ColumnPtr& column : chunk->columns()) {
              const Value value = column->GetValue(row);
              cells.push_back(value.is_null() ? "NULL" : Cell(FormatValue(value, text)));
            }
            out.rows.push_back(std::move(cells));
          });
        }
      }
    } catch (...) {
      const Error error = Error::FromCurrentException();
      session_->StatementFailed(error);
      out.sqlstate = std::string(error.sqlstate());
      out.message = error.message();
    }
    return out;
  }

 private:
  std::shared_ptr<SystemTables> tables_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Session> session_;
};

// A server of its own for the whole run.
class ServerProcess {
 public:
  ServerProcess(const std::string& binary, const std::string& data_dir) {
    int out[2];
    if (pipe(out) != 0) throw Error::FromErrno(errno, "pipe");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      close(out[0]);
      execl(binary.c_str(), binary.c_str(), "server", "--data-dir", data_dir.c_str(), "--pg-port", "0", "--http-port",
            "0", "--otlp-http-port", "0", "--self-telemetry", "off", nullptr);
      _exit(127);
    }
    close(out[1]);
    std::string line;
    char c = 0;
    while (read(out[0], &c, 1) == 1) {
      if (c != '\n') {
        line += c;
        continue;
      }
      if (line.starts_with("weir ready")) break;
      line.clear();
    }
    close(out[0]);
    std::smatch match;
    if (!std::regex_search(line, match, std::regex("pg=[^ ]*:([0-9]+)"))) {
      throw Error::Operational(sqlstate::kConnectionFailure, "the server did not get ready: {}", line);
    }
    port_ = std::stoi(match[1]);
  }
  ~ServerProcess() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  int port() const { return port_; }

 private:
  pid_t pid_ = -1;
  int port_ = 0;
};

class WireBackend final : public Backend {
 public:
  WireBackend(int port, const std::string& database) {
    app::PgClientOptions options;
    options.port = port;
    options.database = database;
    client_ = std::make_unique<app::PgClient>(options);
  }
  Outcome Run(const std::string& sql) override {
    Outcome out;
    PGconn* connection = client_->connection();
    if (PQsendQuery(connection, sql.c_str()) == 0)
      throw Error::Operational(sqlstate::kConnectionFailure, "{}", PQerrorMessage(connection));
    while (app::PgResult result{PQgetResult(connection)}) {
      if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR && out.sqlstate.empty()) {
        const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
        out.sqlstate = state == nullptr ? "08006" : state;
        out.message = PQresultErrorMessage(result.get());
      }
      for (int row = 0; row < PQntuples(result.get()); ++row) {
        std::vector<std::string> cells;
        for (int i = 0; i < PQnfields(result.get()); ++i) {
          cells.push_back(PQgetisnull(result.get(), row, i) != 0 ? "NULL" : Cell(PQgetvalue(result.get(), row, i)));
        }
        out.rows.push_back(std::move(cells));
      }
    }
    return out;
  }

 private:
  std::unique_ptr<app::PgClient> client_;
};

// One record of a file: what to run and what should come of it.
struct Record {
  size_t line = 0;
  bool is_query = false;
  bool expects_error = false;
  std::string sqlstate;  // expected; empty: any
  std::string sort;      // nosort, rowsort, valuesort
  std::string sql;
  std::vector<std::string> expected;
  std::string text;  // as it was, without the expected part
  bool skip = false;
};

std::vector<std::string> ReadLines(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Environment for paths in SQL: ${DATA} is the folder of real input, ${TMP} one of this run's own.
std::string Expand(std::string sql, const std::string& tmp) {
  const char* data = std::getenv("WEIR_SHARED_DATA");
  const std::pair<std::string, std::string> kNames[] = {{"${DATA}", data == nullptr ? "../shared/data" : data},
                                                        {"${TMP}", tmp}};
  for (const auto& [name, value] : kNames) {
    for (size_t at = sql.find(name); at != std::string::npos; at = sql.find(name, at + value.size())) {
      sql.replace(at, name.size(), value);
    }
  }
  return sql;
}

class FileRun {
 public:
  FileRun(const fs::path& path, Backend& backend, bool wire, bool update, const std::string& tmp)
      : path_(path), backend_(backend), wire_(wire), update_(update), tmp_(tmp), lines_(ReadLines(path)) {}

  // Returns the number of failures.
  int Run() {
    size_t i = 0;
    bool skip_next = false;
    while (i < lines_.size()) {
      const std::string& line = lines_[i];
      if (line.empty() || line[0] == '#') {
        output_ += line + "\n";
        ++i;
        continue;
      }
      std::istringstream words(line);
      std::string word;
      words >> word;
      if (word == "skipif" || word == "onlyif") {
        std::string what;
        words >> what;
        if ((word == "skipif") == (what == (wire_ ? "wire" : "local"))) skip_next = true;
        output_ += line + "\n";
        ++i;
        continue;
      }
      if (word == "require") {
        std::string what;
        words >> what;
        output_ += line + "\n";
        ++i;
        if (what == "data" && !fs::exists(Expand("${DATA}", tmp_))) return failures_;
        continue;
      }
      if (word == "halt") break;
      Record record;
      record.line = i + 1;
      record.skip = std::exchange(skip_next, false);
      if (word == "statement") {
        std::string how;
        words >> how >> record.sqlstate;
        record.expects_error = how == "error";
      } else if (word == "query") {
        std::string types;
        words >> types >> record.sort;
        record.is_query = true;
      } else {
        fmt::print("{}:{}: unknown record: {}\n", path_.string(), i + 1, line);
        return failures_ + 1;
      }
      record.text = line + "\n";
      ++i;
      while (i < lines_.size() && !lines_[i].empty() && lines_[i] != "----") {
        record.sql += lines_[i] + "\n";
        record.text += lines_[i] + "\n";
        ++i;
      }
      if (i < lines_.size() && lines_[i] == "----") {
        ++i;
        while (i < lines_.size() && !lines_[i].empty()) record.expected.push_back(lines_[i++]);
      }
      Check(record);
      ++records_;
    }
    if (update_) {
      std::ofstream out(path_);
      out << output_;
    }
    return failures_;
  }
  size_t records() const { return records_; }

 private:
  static std::string Join(const std::vector<std::string>& cells) {
    std::string out;
    for (size_t i = 0; i < cells.size(); ++i) out += (i == 0 ? "" : "\t") + cells[i];
    return out;
  }

  void Check(const Record& record) {
    if (record.skip) {
      output_ += record.text;
      if (record.is_query) output_ += "----\n";
      for (const std::string& line : record.expected) output_ += line + "\n";
      return;
    }
    const Outcome outcome = backend_.Run(Expand(record.sql, tmp_));
    std::vector<std::string> got;
    for (const auto& row : outcome.rows) got.push_back(Join(row));
    if (record.sort == "rowsort") std::sort(got.begin(), got.end());
    output_ += record.text;
    if (record.is_query) {
      output_ += "----\n";
      for (const std::string& row : got) output_ += row + "\n";
    }
    if (record.expects_error) {
      if (outcome.sqlstate.empty()) return Fail(record, "an error was expected");
      if (!record.sqlstate.empty() && record.sqlstate != outcome.sqlstate) {
        Fail(record,
             fmt::format("expected SQLSTATE {}, got {}: {}", record.sqlstate, outcome.sqlstate, outcome.message));
      }
      return;
    }
    if (!outcome.sqlstate.empty())
      return Fail(record, fmt::format("failed with {}: {}", outcome.sqlstate, outcome.message));
    if (record.is_query && !update_) {
      // A text of several lines is expected as several lines.
      std::string all;
      for (const std::string& row : got) all += row + "\n";
      got.clear();
      std::istringstream lines(all);
      for (std::string line; std::getline(lines, line);) got.push_back(line);
      std::vector<std::string> expected = record.expected;
      if (record.sort == "rowsort") {
        std::sort(got.begin(), got.end());
        std::sort(expected.begin(), expected.end());
      }
      if (got != expected) {
        std::string text = "rows differ\n  expected:\n";
        for (const std::string& row : expected) text += "    " + row + "\n";
        text += "  got:\n";
        for (const std::string& row : got) text += "    " + row + "\n";
        Fail(record, text);
      }
    }
  }

  void Fail(const Record& record, const std::string& why) {
    ++failures_;
    fmt::print("{}:{}: {}\n{}\n", path_.string(), record.line, why, record.sql);
  }

  const fs::path path_;
  Backend& backend_;
  const bool wire_;
  const bool update_;
  const std::string tmp_;
  const std::vector<std::string> lines_;
  std::string output_;
  int failures_ = 0;
  size_t records_ = 0;
};

std::vector<fs::path> FindFiles(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.path().extension() == ".slt") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

int Main(int argc, char** argv) {
  CLI::App app("Runs sqllogictest files.", "slt_runner");
  std::vector<std::string> paths;
  std::string config, wire;
  bool update = false;
  app.add_option("paths", paths, "files and folders")->required();
  app.add_option("--config", config, "settings, name=value, that each file starts with");
  app.add_option("--wire", wire, "run against a server of this binary");
  app.add_flag("--update", update, "rewrite the expected rows");
  CLI11_PARSE(app, argc, argv);

  std::vector<std::string> settings;
  if (!config.empty()) {
    for (const std::string& line : ReadLines(config)) {
      const size_t equals = line.find('=');
      if (line.empty() || line[0] == '#' || equals == std::string::npos) continue;
      settings.push_back("SET " + line.substr(0, equals) + " = '" + line.substr(equals + 1) + "'");
    }
  }
  const TemporaryFolder folder("weir-slt");
  const fs::path tmp = folder.path();
  std::unique_ptr<ServerProcess> server;
  if (!wire.empty()) server = std::make_unique<ServerProcess>(wire, (tmp / "server").string());
  app::Process process;
  int failures = 0;
  size_t records = 0, files = 0;
  for (const fs::path& file : FindFiles(paths)) {
    const std::string name = fmt::format("f{}", ++files);
    std::unique_ptr<Backend> backend;
    if (server != nullptr) {
      WireBackend(server->port(), "weir").Run("CREATE DATABASE " + name);
      backend = std::make_unique<WireBackend>(server->port(), name);
    } else {
      backend = std::make_unique<LocalBackend>(process, (tmp / name).string());
    }
    for (const std::string& setting : settings) backend->Run(setting);
    FileRun run(file, *backend, server != nullptr, update, tmp.string());
    failures += run.Run();
    records += run.records();
  }
  fmt::print("{} files, {} records, {} failures\n", files, records, failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  try {
    return weir::RunOnLargeStack([&] { return weir::Main(argc, argv); });
  } catch (...) {
    fmt::print(stderr, "slt_runner: {}\n", weir::Error::FromCurrentException().ToString());
    return 1;
  }
}
