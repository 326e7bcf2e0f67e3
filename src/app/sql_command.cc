#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include <editline/readline.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/pg_client.h"
#include "app/result_printer.h"
#include "app/statement_splitter.h"
#include "base/error.h"

namespace weir::app {

namespace {

struct ShellOptions {
  PgClientOptions client;
  std::vector<std::string> commands;
  std::vector<std::string> files;
  std::string format = "table";
  bool timing = false;
};

// For the signal handler alone.
PgClient* g_client = nullptr;

volatile std::sig_atomic_t g_interrupted = 0;

void CancelRunning(int) {
  g_interrupted = 1;
  if (g_client != nullptr) g_client->Cancel();
}

bool IsNumberOid(Oid oid) {
  return oid == 20 || oid == 21 || oid == 23 || oid == 26 || oid == 700 || oid == 701 || oid == 1700;
}

class Shell {
 public:
  Shell(const ShellOptions& options)
      : client_(options.client), format_(ParseOutputFormat(options.format)), timing_(options.timing) {
    g_client = &client_;
    std::signal(SIGINT, CancelRunning);
  }
  ~Shell() { g_client = nullptr; }

  bool Run(const std::string& sql) {
    const auto start = std::chrono::steady_clock::now();
    std::unique_ptr<ResultPrinter> printer;
    bool progress = false;
    const auto clear_progress = [&] {
      if (std::exchange(progress, false)) fmt::print(stderr, "\r\033[K");
    };
    bool fine = true;
    try {
      client_.Run(
          sql,
          [&](PgResult result) {
            clear_progress();
            Print(*result, printer);
          },
          [&](double seconds) {
            // Only people need to be told that it still runs.
            if (seconds < 1 || ::isatty(STDERR_FILENO) == 0) return;
            progress = true;
            fmt::print(stderr, "\rrunning {:.1f} s, Ctrl-C cancels\033[K", seconds);
          });
    } catch (const ServerError& error) {
      clear_progress();
      fmt::print(stderr, "{}\n", error.what());
      fine = false;
    }
    if (timing_) {
      const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
      fmt::print("Time: {:.3f} ms\n", ms);
    }
    return fine;
  }

  // Statements and backslash commands, one after the other, up to the first that fails or \q.
  bool RunScript(const std::string& text) {
    StatementSplitter splitter;
    splitter.Add(text);
    bool fine = true;
    while (fine && !ended_ && g_interrupted == 0) {
      const auto piece = splitter.Next();
      if (!piece.has_value()) break;
      fine = piece->is_command ? Meta(piece->text) : Run(piece->text);
    }
    if (!fine || ended_ || g_interrupted != 0) return fine && g_interrupted == 0;
    const std::string rest = splitter.Rest();
    if (rest.empty()) return true;
    return rest[0] == '\\' ? Meta(rest) : Run(rest);
  }

  // Backslash commands, as psql has them; false when one fails.
  bool Meta(std::string line) {
    while (!line.empty() && (line.back() == ' ' || line.back() == ';')) line.pop_back();
    const size_t space = line.find(' ');
    const std::string command = line.substr(0, space);
    const std::string argument = space == std::string::npos ? "" : line.substr(line.find_first_not_of(' ', space));
    if (command == "\\q") {
      ended_ = true;
      return true;
    }
    if (command == "\\timing") {
      timing_ = argument.empty() ? !timing_ : argument == "on";
      fmt::print("Timing is {}.\n", timing_ ? "on" : "off");
      return true;
    }
    if (command == "\\format") {
      try {
        format_ = ParseOutputFormat(argument);
      } catch (const Error& error) {
        fmt::print(stderr, "{}\n", error.ToString());
        return false;
      }
      return true;
    }
    if (command == "\\dt" || (command == "\\d" && argument.empty())) {
      return Run(
          "SELECT table_schema AS schema, table_name AS name, table_type AS type FROM information_schema.tables "
          "WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'weir_catalog') ORDER BY 1, 2");
    }
    if (command == "\\d") return Run("DESCRIBE " + argument);
    if (command == "\\l") return Run("SHOW DATABASES");
    if (command == "\\df") {
      std::string part;
      for (const char c : argument) part += c == '\'' ? "''" : std::string(1, c);
      return Run("SELECT name, kind, signature, description FROM weir_catalog.functions WHERE name LIKE '%" + part +
                 "%' ORDER BY 1");
    }
    const bool asked = command == "\\?" || command == "\\h";
    if (!asked) fmt::print(stderr, "there is no such command: {}\n", command);
    fmt::print(asked ? stdout : stderr,
               "\\dt  tables            \\d TABLE  columns    \\l  databases    \\df PART  functions\n"
               "\\timing [on|off]      \\format table|csv|json|md              \\q  quit\n");
    return asked;
  }

  bool ended() const { return ended_; }
  PgClient& client() { return client_; }

 private:
  void Print(const PGresult& result, std::unique_ptr<ResultPrinter>& printer) {
    const PGresult* r = &result;
    const ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_COMMAND_OK) {
      if (format_ == OutputFormat::kTable) fmt::print("{}\n", PQcmdStatus(const_cast<PGresult*>(r)));
      return;
    }
    if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK) return;
    const int columns = PQnfields(r);
    if (printer == nullptr) {
      std::vector<std::string> names;
      std::vector<bool> numbers, bare;
      for (int i = 0; i < columns; ++i) {
        names.emplace_back(PQfname(r, i));
        const Oid oid = PQftype(r, i);
        numbers.push_back(IsNumberOid(oid));
        bare.push_back(IsNumberOid(oid) || oid == 16 || oid == 114);
      }
      printer = std::make_unique<ResultPrinter>(format_, stdout, std::move(names), std::move(numbers), std::move(bare));
    }
    for (int row = 0; row < PQntuples(r); ++row) {
      std::vector<std::optional<std::string>> cells;
      for (int i = 0; i < columns; ++i) {
        if (PQgetisnull(r, row, i) != 0) {
          cells.emplace_back(std::nullopt);
        } else {
          cells.emplace_back(PQgetvalue(r, row, i));
        }
      }
      printer->Row(std::move(cells));
    }
    if (status == PGRES_TUPLES_OK) {
      printer->Finish();
      printer.reset();
    }
  }

  PgClient client_;
  OutputFormat format_;
  bool timing_;
  bool ended_ = false;
};

std::string HistoryFile() {
  const char* home = std::getenv("HOME");
  return home == nullptr ? "" : std::string(home) + "/.weir_history";
}

std::vector<std::string>& CompletionWords() {
  static std::vector<std::string> words;
  return words;
}

char* CompleteWord(const char* text, int state) {
  static size_t next = 0;
  if (state == 0) next = 0;
  const std::string_view prefix(text);
  const auto& words = CompletionWords();
  while (next < words.size()) {
    const std::string& word = words[next++];
    if (word.size() >= prefix.size() && strncasecmp(word.c_str(), text, prefix.size()) == 0)
      return strdup(word.c_str());
  }
  return nullptr;
}

void LoadCompletion(Shell& shell) {
  auto& words = CompletionWords();
  for (const char* word :
       {"SELECT",      "FROM",      "WHERE",        "GROUP BY",   "ORDER BY",    "HAVING",      "LIMIT",
        "INSERT INTO", "VALUES",    "CREATE TABLE", "DROP TABLE", "ALTER TABLE", "DELETE FROM", "EXPLAIN ANALYZE",
        "JOIN",        "LEFT JOIN", "DISTINCT",     "UNION ALL",  "SHOW TABLES", "DESCRIBE"}) {
    words.emplace_back(word);
  }
  try {
    const PgResult result = shell.client().Query(
        "SELECT table_name FROM information_schema.tables UNION SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' UNION SELECT name FROM weir_catalog.functions");
    for (int i = 0; i < PQntuples(result.get()); ++i) words.emplace_back(PQgetvalue(result.get(), i, 0));
  } catch (const ServerError&) {  // NOLINT(bugprone-empty-catch): completion is a convenience
  }
  rl_completion_entry_function = reinterpret_cast<decltype(rl_completion_entry_function)>(CompleteWord);
}

void Interact(Shell& shell, const ShellOptions& options) {
  fmt::print("weir sql: connected to {}:{} as {}; end statements with ;, \\? lists commands\n", options.client.host,
             options.client.port, options.client.user);
  LoadCompletion(shell);
  const std::string history = HistoryFile();
  using_history();
  if (!history.empty()) read_history(history.c_str());
  StatementSplitter splitter;
  while (!shell.ended()) {
    char* line = readline(splitter.idle() ? (options.client.database + "=> ").c_str() : "   -> ");
    if (line == nullptr) break;
    if (*line != '\0') add_history(line);
    splitter.Add(std::string(line) + "\n");
    std::free(line);
    while (const auto piece = shell.ended() ? std::nullopt : splitter.Next()) {
      g_interrupted = 0;
      piece->is_command ? shell.Meta(piece->text) : shell.Run(piece->text);
    }
  }
  fmt::print("\n");
  if (!history.empty()) write_history(history.c_str());
}

}  // namespace

int RunSql(int argc, char** argv) {
  ShellOptions options;
  CLI::App app(
      "Queries a server: interactively, with -c and -f, or with SQL on standard input.\n"
      "Stops at the first error, with exit status 1. -c also takes \\d, \\dt, \\l and the others that \\? lists.\n"
      "PGPASSWORD or ~/.pgpass give the password, PGSSLMODE the encryption.",
      "weir sql");
  app.add_option("--host", options.client.host, "server")->capture_default_str()->envname("PGHOST");
  app.add_option("-p,--port", options.client.port, "PostgreSQL port")->capture_default_str()->envname("PGPORT");
  app.add_option("-U,--user", options.client.user, "user")->capture_default_str()->envname("PGUSER");
  app.add_option("-d,--db", options.client.database, "database")->capture_default_str()->envname("PGDATABASE");
  app.add_option("-c,--command", options.commands, "SQL to run; may be given several times");
  app.add_option("-f,--file", options.files, "file of SQL to run; - is standard input");
  app.add_option("--format", options.format, "table, csv, json or md")->capture_default_str();
  app.add_flag("--timing", options.timing, "print how long each took");
  CLI11_PARSE(app, argc, argv);
  Shell shell(options);
  bool fine = true;
  for (const std::string& command : options.commands) {
    fine = fine && (command.starts_with("\\") ? shell.Meta(command) : shell.Run(command));
  }
  for (const std::string& path : options.files) {
    std::ifstream file(path);
    if (path != "-" && !file) throw Error::FromErrno(errno, path);
    const std::string text{std::istreambuf_iterator<char>(path == "-" ? std::cin : file), {}};
    fine = fine && shell.RunScript(text);
  }
  if (options.commands.empty() && options.files.empty()) {
    if (::isatty(STDIN_FILENO) != 0) {
      Interact(shell, options);
    } else {
      fine = shell.RunScript({std::istreambuf_iterator<char>(std::cin), {}});
    }
  }
  return fine ? 0 : 1;
}

}  // namespace weir::app
