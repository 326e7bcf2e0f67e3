#include "app/pg_client.h"

#include <poll.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include "base/error.h"

namespace weir::app {

PgClient::PgClient(const PgClientOptions& options) {
  const std::string port = std::to_string(options.port);
  const char* names[] = {"host", "port", "user", "dbname", "application_name", "client_encoding", nullptr};
  const char* values[] = {options.host.c_str(),
                          port.c_str(),
                          options.user.c_str(),
                          options.database.c_str(),
                          options.application_name.c_str(),
                          "UTF8",
                          nullptr};
  connection_ = PQconnectdbParams(names, values, 0);
  if (PQstatus(connection_) != CONNECTION_OK) {
    std::string reason = PQerrorMessage(connection_);
    while (!reason.empty() && reason.back() == '\n') reason.pop_back();
    PQfinish(connection_);
    throw Error::Operational(sqlstate::kConnectionFailure, "{}", reason)
        .WithHint(
            "Is `weir server` running there? --host, --port, --user and --db say where to connect; PGPASSWORD or "
            "~/.pgpass give the password.");
  }
  cancel_ = PQgetCancel(connection_);
}

PgClient::~PgClient() {
  PQfreeCancel(cancel_);
  PQfinish(connection_);
}

void PgClient::Cancel() noexcept {
  std::array<char, 256> reason;
  PQcancel(cancel_, reason.data(), static_cast<int>(reason.size()));
}

std::string PgClient::ErrorText(const PGresult* result, std::string_view statement) {
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(result, code);
    return std::string(text == nullptr ? "" : text);
  };
  Error error = Error::User(field(PG_DIAG_SQLSTATE), "{}", field(PG_DIAG_MESSAGE_PRIMARY))
                    .WithDetail(field(PG_DIAG_MESSAGE_DETAIL))
                    .WithHint(field(PG_DIAG_MESSAGE_HINT));
  const int64_t characters = std::atoll(field(PG_DIAG_STATEMENT_POSITION).c_str());
  if (characters > 0) {
    // Characters, from 1, to bytes, from 0.
    size_t at = 0;
    int64_t seen = 0;
    for (; at < statement.size(); ++at) {
      if ((static_cast<unsigned char>(statement[at]) & 0xC0) != 0x80 && ++seen == characters) break;
    }
    error.set_position_if_unset(static_cast<int64_t>(at));
  }
  return error.ToString(statement);
}

void PgClient::Run(const std::string& sql, const std::function<void(PgResult)>& on_result,
                   const std::function<void(double)>& on_wait) {
  const auto broken = [&] {
    return Error::Operational(sqlstate::kConnectionFailure, "{}", PQerrorMessage(connection_));
  };
  if (PQsendQuery(connection_, sql.c_str()) == 0) throw broken();
  PQsetSingleRowMode(connection_);
  const auto start = std::chrono::steady_clock::now();
  std::string failure;
  for (;;) {
    while (PQisBusy(connection_) != 0) {
      pollfd wait{PQsocket(connection_), POLLIN, 0};
      constexpr int kTickMs = 100;
      if (poll(&wait, 1, kTickMs) == 0) {
        on_wait(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        continue;
      }
      if (PQconsumeInput(connection_) == 0) throw broken();
    }
    PgResult result(PQgetResult(connection_));
    if (result == nullptr) break;
    switch (PQresultStatus(result.get())) {
      case PGRES_FATAL_ERROR:
        if (failure.empty()) failure = ErrorText(result.get(), sql);
        if (PQstatus(connection_) != CONNECTION_OK) throw broken();
        break;
      case PGRES_COPY_IN:
        PQputCopyEnd(connection_, "use weir load, or psql's \\copy");
        break;
      case PGRES_COPY_OUT: {
        char* line = nullptr;
        while (PQgetCopyData(connection_, &line, 0) > 0) {
          std::fputs(line, stdout);
          PQfreemem(line);
        }
        break;
      }
      default:
        on_result(std::move(result));
    }
  }
  if (!failure.empty()) throw ServerError(failure);
}

PgResult PgClient::Query(const std::string& sql) {
  PgResult result(PQexec(connection_, sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_COPY_IN) return result;
  throw ServerError(ErrorText(result.get(), sql));
}

}  // namespace weir::app
