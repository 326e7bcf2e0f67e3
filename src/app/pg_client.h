#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <libpq-fe.h>

namespace weir::app {

struct PgClientOptions {
  std::string host = "127.0.0.1";
  int port = 4566;
  std::string user = "weir";
  std::string database = "weir";
  std::string application_name = "weir";
};

struct PgResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, PgResultDeleter>;

// A connection to a server over libpq. One thread; Cancel from any (also from a signal handler's thread).
class PgClient {
 public:
  // Throws kConnectionFailure with libpq's reason and what to check.
  explicit PgClient(const PgClientOptions& options);
  ~PgClient();
  PgClient(const PgClient&) = delete;
  PgClient& operator=(const PgClient&) = delete;

  // Runs the text. `on_row_batch` gets results of up to some rows each (single-row mode) and the final one of each
  // statement; `on_wait` is called about ten times a second while nothing comes. Throws the server's error.
  void Run(const std::string& sql, const std::function<void(PgResult)>& on_result,
           const std::function<void(double)>& on_wait);
  // One statement, all rows. Throws the server's error.
  PgResult Query(const std::string& sql);
  void Cancel() noexcept;
  PGconn* connection() { return connection_; }
  // The message that the last error sent, as psql shows it.
  static std::string ErrorText(const PGresult* result, std::string_view statement);

 private:
  PGconn* connection_;
  PGcancel* cancel_;
};

// Thrown for an error that the server sent: what() is ready to print.
class ServerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace weir::app
