#include "server/http/sql_endpoint.h"

#include <simdjson.h>

#include "base/json_text.h"
#include "server/session.h"
#include "types/to_json.h"

namespace weir::http {

namespace {

enum class ResultFormat : uint8_t { kJson, kNdjson, kCsv };

std::optional<ResultFormat> FormatOf(std::string_view accept) {
  if (accept.find("application/x-ndjson") != std::string_view::npos) return ResultFormat::kNdjson;
  if (accept.find("text/csv") != std::string_view::npos) return ResultFormat::kCsv;
  if (accept.empty() || accept.find("*/*") != std::string_view::npos ||
      accept.find("application/json") != std::string_view::npos ||
      accept.find("application/*") != std::string_view::npos) {
    return ResultFormat::kJson;
  }
  return std::nullopt;
}

std::string_view ContentTypeOf(ResultFormat format) {
  switch (format) {
    case ResultFormat::kNdjson:
      return "application/x-ndjson";
    case ResultFormat::kCsv:
      return "text/csv; charset=utf-8";
    case ResultFormat::kJson:
      break;
  }
  return "application/json";
}

void AppendCsv(std::string_view text, std::string& out) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

class ResultWriter {
 public:
  ResultWriter(ResultFormat format, const Schema& schema, TextOptions options, std::string& out)
      : format_(format), schema_(schema), options_(options), out_(out) {
    if (format_ == ResultFormat::kJson) {
      out_ += "{\"columns\":[";
      for (size_t i = 0; i < schema_.size(); ++i) {
        if (i != 0) out_ += ',';
        out_ += "{\"name\":";
        AppendJsonString(schema_[i].name, out_);
        out_ += ",\"type\":";
        AppendJsonString(schema_[i].type.ToString(), out_);
        out_ += '}';
      }
      out_ += "],\"rows\":[";
    } else if (format_ == ResultFormat::kCsv) {
      for (size_t i = 0; i < schema_.size(); ++i) {
        if (i != 0) out_ += ',';
        AppendCsv(schema_[i].name, out_);
      }
      out_ += '\n';
    }
  }
  void Row(const Chunk& chunk, size_t row) {
    if (format_ == ResultFormat::kJson && rows_ != 0) out_ += ',';
    if (format_ == ResultFormat::kJson) out_ += '[';
    if (format_ == ResultFormat::kNdjson) out_ += '{';
    for (size_t i = 0; i < schema_.size(); ++i) {
      if (i != 0) out_ += ',';
      const Value value = chunk.column(i)->GetValue(row);
      if (format_ == ResultFormat::kCsv) {
        if (!value.is_null()) AppendCsv(FormatValue(value, options_), out_);
        continue;
      }
      if (format_ == ResultFormat::kNdjson) {
        AppendJsonString(schema_[i].name, out_);
        out_ += ':';
      }
      AppendJson(value, options_, out_);
    }
    if (format_ == ResultFormat::kJson) out_ += ']';
    if (format_ == ResultFormat::kNdjson) out_ += '}';
    if (format_ != ResultFormat::kJson) out_ += '\n';
    ++rows_;
  }
  void Finish() {
    if (format_ == ResultFormat::kJson) out_ += fmt::format("],\"row_count\":{}}}\n", rows_);
  }
  uint64_t rows() const { return rows_; }

 private:
  const ResultFormat format_;
  const Schema& schema_;
  const TextOptions options_;
  std::string& out_;
  uint64_t rows_ = 0;
};

}  // namespace

HttpResponse SqlErrorResponse(const Error& error) {
  HttpResponse response;
  response.status = error.kind() == ErrorKind::kUser ? 400 : error.retryable() ? 503 : 500;
  response.content_type = "application/json";
  response.body = "{\"error\":{\"sqlstate\":";
  AppendJsonString(error.sqlstate(), response.body);
  response.body += ",\"message\":";
  AppendJsonString(error.message(), response.body);
  if (!error.hint().empty()) {
    response.body += ",\"hint\":";
    AppendJsonString(error.hint(), response.body);
  }
  if (error.position() >= 0) response.body += fmt::format(",\"position\":{}", error.position());
  response.body += "}}\n";
  return response;
}

namespace {

struct SqlRequest {
  std::string sql;
  std::string database;
};

SqlRequest ReadRequest(const HttpRequest& request) {
  SqlRequest out{.sql = request.body, .database = std::string(request.query_value("database"))};
  if (!request.header("content-type").starts_with("application/json")) return out;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  std::string_view text;
  if (parser.parse(request.body).get(object) != simdjson::SUCCESS || object["sql"].get(text) != simdjson::SUCCESS) {
    throw Error::User(sqlstate::kInvalidJsonText, "body is not JSON with a text \"sql\"");
  }
  out.sql = text;
  if (object["database"].get(text) == simdjson::SUCCESS) out.database = text;
  return out;
}

HttpResponse Run(Session& session, const std::string& sql, ResultFormat format, int64_t bytes_max) {
  HttpResponse response;
  response.content_type = ContentTypeOf(format);
  for (const ast::StatementPtr& statement : session.Parse(sql)) {
    if (Session::IsCopyIn(*statement)) {
      throw Error::Unsupported("Use Stream Load or a PostgreSQL client.", "COPY FROM STDIN does not work over HTTP");
    }
    response.body.clear();
    auto execution = session.Execute(statement);
    uint64_t rows = 0;
    if (execution->columns().has_value()) {
      const std::string zone = session.settings().Get("timezone");
      ResultWriter writer(format, *execution->columns(), {.time_zone = zone}, response.body);
      while (auto chunk = execution->Next()) {
        chunk->rows().ForEach([&](size_t row) { writer.Row(*chunk, row); });
        if (static_cast<int64_t>(response.body.size()) > bytes_max) {
          execution->Close();
          throw Error::User(sqlstate::kProgramLimitExceeded, "result is longer than {} bytes", bytes_max)
              .WithHint("Add a LIMIT, or use the PostgreSQL protocol, which streams.");
        }
      }
      writer.Finish();
      rows = writer.rows();
    } else {
      while (execution->Next().has_value()) {
      }
    }
    const std::string tag = execution->CommandTag(rows);
    response.headers = {{"X-Weir-Command", tag}};
    if (!execution->columns().has_value() && format != ResultFormat::kCsv) {
      response.body = "{\"command\":";
      AppendJsonString(tag, response.body);
      response.body += "}\n";
    }
  }
  return response;
}

}  // namespace

HttpResponse RunSqlRequest(Engine& engine, const HttpRequest& request, int64_t result_bytes_max) {
  HttpResponse response;
  const auto failure = CatchError([&] {
    const auto format = FormatOf(request.header("accept"));
    if (!format.has_value()) {
      response = {.status = 406, .body = "results come as application/json, application/x-ndjson or text/csv\n"};
      return;
    }
    const SqlRequest sql = ReadRequest(request);
    SessionOptions options;
    options.client_address = request.client_address;
    options.user = request.user;
    if (!sql.database.empty()) options.database = sql.database;
    Session session(engine, std::move(options));
    try {
      response = Run(session, sql.sql, *format, result_bytes_max);
    } catch (...) {
      const Error error = Error::FromCurrentException();
      session.StatementFailed(error);
      throw;
    }
  });
  return failure == nullptr ? std::move(response) : SqlErrorResponse(*failure);
}

}  // namespace weir::http
