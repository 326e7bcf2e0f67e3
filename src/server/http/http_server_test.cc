#include "server/http/http_server.h"

#include <filesystem>
#include <future>
#include <thread>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <zlib.h>
#include <zstd.h>

#include "env/posix/posix_system_info.h"
#include "server/query_span.h"
#include "server/testing/engine_test.h"
#include "telemetry/host_collector.h"
#include "telemetry/otlp_exporter.h"
#include "telemetry/otlp_writer.h"
#include "telemetry/self_telemetry.h"

namespace weir::http {
namespace {

struct Answer {
  long status = 0;
  std::string content_type;
  std::string body;
  std::string headers;
};

size_t Append(char* bytes, size_t size, size_t count, void* into) {
  static_cast<std::string*>(into)->append(bytes, size * count);
  return size * count;
}

std::string Gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

class HttpServerTest : public EngineTest {
 protected:
  static void SetUpTestSuite() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  void TearDown() override {
    server_.reset();
    EngineTest::TearDown();
  }
  HttpServer& Start(HttpServerOptions options = {}, bool with_data = true) {
    EngineOptions engine_options;
    engine_options.threads = 2;
    if (with_data) engine_options.data_dir = folder_;
    OpenEngine(engine_options);
    options.http = {"127.0.0.1", 0};
    options.otlp = SocketAddress("127.0.0.1", 0);
    server_ = std::make_unique<HttpServer>(*engine_, std::move(options));
    server_->Start();
    return *server_;
  }
  Answer Request(const std::string& method, const std::string& path, const std::string& body = {},
                 const std::vector<std::string>& headers = {}, bool otlp_port = false) const {
    Answer answer;
    CURL* curl = curl_easy_init();
    const std::string url =
        fmt::format("http://127.0.0.1:{}{}", otlp_port ? server_->otlp_port() : server_->port(), path);
    curl_slist* list = curl_slist_append(nullptr, "Expect:");
    for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 30'000L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Append);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer.headers);
    if (method != "GET") {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
    }
    EXPECT_EQ(curl_easy_perform(curl), CURLE_OK) << path;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    const char* type = nullptr;
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    if (type != nullptr) answer.content_type = type;
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    return answer;
  }
  Answer Sql(const std::string& sql, const std::string& accept = "text/csv") const {
    return Request("POST", "/api/v1/sql", sql, {"Accept: " + accept, "Content-Type: text/plain"});
  }

  std::unique_ptr<HttpServer> server_;
};

const std::vector<std::string> kJson = {"Content-Type: application/json"};
const std::vector<std::string> kProtobuf = {"Content-Type: application/x-protobuf"};

std::string LogsJson(int count) {
  std::string text = R"({"resourceLogs":[{"resource":{"attributes":[
    {"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"logRecords":[)";
  for (int i = 0; i < count; ++i) {
    text += fmt::format(R"({}{{"timeUnixNano":"{}","severityNumber":9,"body":{{"stringValue":"message {}"}},
      "attributes":[{{"key":"http.status_code","value":{{"intValue":"{}"}}}}]}})",
                        i == 0 ? "" : ",", 1'700'000'000'000'000'000 + i, i, 200 + i % 3);
  }
  return text + "]}]}]}";
}

TEST_F(HttpServerTest, HealthMetricsAndStartPage) {
  Start();
  for (const char* path : {"/healthz", "/readyz", "/livez"}) {
    EXPECT_EQ(Request("GET", path).status, 200) << path;
    EXPECT_EQ(Request("GET", path, {}, {}, true).status, 200) << path;
  }
  const Answer metrics = Request("GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_NE(metrics.body.find("weir_http_requests_total"), std::string::npos);
  EXPECT_NE(Request("GET", "/").body.find("Weir"), std::string::npos);
  EXPECT_EQ(Request("GET", "/nothing").status, 404);
  const Answer wrong = Request("DELETE", "/healthz");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_NE(wrong.headers.find("Allow: GET"), std::string::npos);
  EXPECT_EQ(Request("GET", "/api/v1/sql", {}, {}, true).status, 404);
}

TEST_F(HttpServerTest, SqlInThreeFormats) {
  Start();
  EXPECT_EQ(Sql("SELECT 1 AS a, 'x,\"y' AS b, NULL AS c, '' AS d").body, "a,b,c,d\n1,\"x,\"\"y\",,\"\"\n");
  EXPECT_EQ(Sql("SELECT 1 AS a, 'x' AS b, 1.5::double precision AS c, true AS d", "application/x-ndjson").body,
            "{\"a\":1,\"b\":\"x\",\"c\":1.5,\"d\":true}\n");
  const Answer json =
      Request("POST", "/api/v1/sql", R"({"sql":"SELECT 1 AS a; SELECT 2 AS b, NULL::text AS t"})", kJson);
  EXPECT_EQ(json.status, 200);
  EXPECT_EQ(json.body,
            "{\"columns\":[{\"name\":\"b\",\"type\":\"integer\"},{\"name\":\"t\",\"type\":\"text\"}],"
            "\"rows\":[[2,null]],\"row_count\":1}\n");
  const Answer created = Sql("CREATE TABLE t (n int)", "application/json");
  EXPECT_EQ(created.status, 200);
  EXPECT_EQ(created.body, "{\"command\":\"CREATE TABLE\"}\n");
  const Answer wrong = Sql("SELECT nothing");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("42703"), std::string::npos) << wrong.body;
  EXPECT_EQ(Request("POST", "/api/v1/sql", "{}", kJson).status, 400);
  EXPECT_EQ(Sql("SELECT 1", "image/png").status, 406);
}

TEST_F(HttpServerTest, LongResultsAreRefused) {
  HttpServerOptions options;
  options.sql_result_bytes_max = 1000;
  Start(std::move(options));
  EXPECT_EQ(Sql("SELECT * FROM generate_series(1, 100000)").status, 400);
}

TEST_F(HttpServerTest, LogsAreThereWhenAnswered) {
  Start();
  const Answer answer = Request("POST", "/v1/logs", LogsJson(10), kJson, true);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body, "{}");
  EXPECT_EQ(Sql("SELECT count(*), min(message), max(service_name), min(severity) FROM logs").body,
            "count,min,max,min\n10,message 0,shop,INFO\n");
  EXPECT_EQ(Sql("SELECT attr_http_status_code AS s, count(*) AS n FROM logs GROUP BY 1 ORDER BY 1").body,
            "s,n\n200,4\n201,3\n202,3\n");
  // The other port takes them, too.
  EXPECT_EQ(Request("POST", "/v1/logs", LogsJson(5), kJson).status, 200);
  EXPECT_EQ(Sql("SELECT count(*) AS n FROM logs").body, "n\n15\n");
}

TEST_F(HttpServerTest, CompressedBodies) {
  Start();
  const std::string body = LogsJson(100);
  for (const auto& [name, bytes] :
       {std::pair<std::string, std::string>{"gzip", Gzip(body)}, {"zstd", Zstd(body)}, {"identity", body}}) {
    EXPECT_EQ(Request("POST", "/v1/logs", bytes, {kJson[0], "Content-Encoding: " + name}).status, 200) << name;
  }
  EXPECT_EQ(Sql("SELECT count(*) AS n FROM logs").body, "n\n300\n");
  EXPECT_EQ(Request("POST", "/v1/logs", body, {kJson[0], "Content-Encoding: gzip"}).status, 400);
  EXPECT_EQ(Request("POST", "/v1/logs", body, {kJson[0], "Content-Encoding: zstd"}).status, 400);
  EXPECT_EQ(Request("POST", "/v1/logs", body, {kJson[0], "Content-Encoding: br"}).status, 415);
  const std::string gzip = Gzip(body);
  const Answer cut = Request("POST", "/v1/logs", gzip.substr(0, gzip.size() / 2), {kJson[0], "Content-Encoding: gzip"});
  EXPECT_EQ(cut.status, 400);
  EXPECT_EQ(cut.body.substr(0, 18), "{\"code\":3,\"message");
}

TEST_F(HttpServerTest, BodiesBeyondTheLimitsAreRefused) {
  HttpServerOptions options;
  options.listener.body_bytes_max = 100'000;
  options.listener.decompressed_bytes_max = 1'000'000;
  Start(std::move(options));
  EXPECT_EQ(Request("POST", "/v1/logs", std::string(200'000, ' '), kJson).status, 413);
  EXPECT_EQ(Request("POST", "/v1/logs", std::string(150'000, ' '), {kJson[0], "Transfer-Encoding: chunked"}).status,
            413);
  // A bomb: little on the wire, much after decompression.
  const std::string bomb = Gzip(std::string(20'000'000, ' '));
  ASSERT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(Request("POST", "/v1/logs", bomb, {kJson[0], "Content-Encoding: gzip"}).status, 413);
  EXPECT_EQ(
      Request("POST", "/v1/logs", Zstd(std::string(20'000'000, ' ')), {kJson[0], "Content-Encoding: zstd"}).status,
      413);
  EXPECT_EQ(Request("POST", "/v1/logs", LogsJson(3), kJson).status, 200);
}

TEST_F(HttpServerTest, WhatOtlpSaysAboutErrors) {
  Start();
  EXPECT_EQ(Request("POST", "/v1/logs", "{}", {"Content-Type: text/plain"}).status, 415);
  const Answer json = Request("POST", "/v1/traces", "{", kJson);
  EXPECT_EQ(json.status, 400);
  EXPECT_EQ(json.content_type, "application/json");
  const Answer protobuf = Request("POST", "/v1/metrics", "hello", kProtobuf);
  EXPECT_EQ(protobuf.status, 400);
  EXPECT_EQ(protobuf.content_type, "application/x-protobuf");
  EXPECT_EQ(protobuf.body.substr(0, 2), "\x08\x03");
  const Answer partial = Request("POST", "/v1/traces", R"({"resourceSpans":[{"scopeSpans":[{"spans":[
    {"traceId":"x","spanId":"y","name":"n"},
    {"traceId":"abababababababababababababababab","spanId":"0101010101010101","name":"n","startTimeUnixNano":"5"}]}]}]})",
                                 kJson);
  EXPECT_EQ(partial.status, 200);
  EXPECT_NE(partial.body.find("\"rejectedSpans\":\"1\""), std::string::npos) << partial.body;
  EXPECT_EQ(Sql("SELECT count(*) AS n FROM traces").body, "n\n1\n");
}

TEST_F(HttpServerTest, WithoutDataFolder) {
  Start({}, false);
  EXPECT_EQ(Request("POST", "/v1/logs", LogsJson(1), kJson).status, 501);
  EXPECT_EQ(Sql("SELECT 1 AS a").body, "a\n1\n");
}

TEST_F(HttpServerTest, TooMuchAtOnceIsToBeSentAgain) {
  HttpServerOptions options;
  options.telemetry.pending_bytes_max = 1;
  Start(std::move(options));
  std::atomic<int> taken{0}, refused{0}, others{0};
  std::vector<std::thread> senders;
  for (int i = 0; i < 8; ++i) {
    senders.emplace_back([&] {
      for (int k = 0; k < 5; ++k) {
        const Answer answer = Request("POST", "/v1/logs", LogsJson(10), kJson);
        (answer.status == 200 ? taken : answer.status == 429 ? refused : others)++;
        if (answer.status == 429) {
          EXPECT_NE(answer.headers.find("Retry-After: 1"), std::string::npos);
        }
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_GT(taken.load(), 0);
  EXPECT_EQ(others.load(), 0);
  EXPECT_EQ(Sql("SELECT count(*) AS n FROM logs").body, fmt::format("n\n{}\n", taken.load() * 10));
}

TEST_F(HttpServerTest, ManySendersAtOnceCreateTheTableOnce) {
  Start();
  std::vector<std::thread> senders;
  std::atomic<int> taken{0};
  for (int i = 0; i < 8; ++i) {
    senders.emplace_back([&, i] {
      for (int k = 0; k < 5; ++k) taken += Request("POST", "/v1/logs", LogsJson(20), kJson, i % 2 == 0).status == 200;
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(taken.load(), 40);
  EXPECT_EQ(Sql("SELECT count(*) AS n FROM logs").body, "n\n800\n");
}

TEST_F(HttpServerTest, TablesThatUsersHaveChanged) {
  Start();
  EXPECT_EQ(Request("POST", "/v1/logs", LogsJson(1), kJson).status, 200);
  EXPECT_EQ(Sql("ALTER TABLE logs DROP COLUMN attr_url_path").status, 200);
  EXPECT_EQ(Sql("ALTER TABLE logs ADD COLUMN mine int").status, 200);
  EXPECT_EQ(Request("POST", "/v1/logs", LogsJson(2), kJson).status, 200);
  EXPECT_EQ(Sql("SELECT count(*) AS n, count(mine) AS m, max(attr_http_status_code) AS s FROM logs").body,
            "n,m,s\n3,0,201\n");
  // A table of another shape is the operator's to repair: the sender keeps its data.
  EXPECT_EQ(Sql("CREATE TABLE traces (timestamp int)").status, 200);
  EXPECT_EQ(Request("POST", "/v1/traces", R"({"resourceSpans":[{"scopeSpans":[{"spans":[
    {"traceId":"abababababababababababababababab","spanId":"0101010101010101","name":"n","startTimeUnixNano":"5"}]}]}]})",
                    kJson)
                .status,
            503);
}

TEST_F(HttpServerTest, TheHostCollectorSendsThisMachine) {
  HttpServer& server = Start();
  OtlpExporterOptions exporter_options;
  exporter_options.endpoint = fmt::format("http://127.0.0.1:{}", server.otlp_port());
  OtlpExporter exporter(exporter_options, timers_);
  IoPool io;
  HostCollectorOptions options;
  const std::string log = JoinPath(folder_, "app.log");
  std::string text;
  for (int i = 0; i < 2500; ++i) text += fmt::format("2026-01-02 03:04:05.{:06} ERROR line {}\n", i, i);
  files_.WriteFileAtomically(log, AsBytes(text));
  options.log_paths = {log};
  options.journal = false;
  options.log_lines_first = 2000;
  HostCollector collector({files_, clock_, timers_, io, ReadSystemInfo()}, options,
                          [&](Signal signal, const std::string& body) { return exporter.Send(signal, body); });
  EXPECT_GT(collector.CollectOnce(), 2050U) << exporter.last_error();
  EXPECT_EQ(
      Sql("SELECT count(*) AS n, min(severity) AS s, min(attr_log_file_name) AS f, min(message) AS m FROM logs").body,
      "n,s,f,m\n2000,ERROR,app.log,ERROR line 1000\n");
  EXPECT_EQ(Sql("SELECT count(DISTINCT attr_state) > 3 AS a FROM metrics WHERE metric_name = 'system.cpu.time'").body,
            "a\nt\n");
  files_.OpenForWrite(log, OpenMode::kAppend)->AppendText("2026-01-02 03:04:06 WARN more\nhalf");
  collector.CollectOnce();
  EXPECT_EQ(Sql("SELECT count(*) AS n FROM logs").body, "n\n2001\n");
  EXPECT_EQ(collector.records_failed(), 0U);
}

TEST_F(HttpServerTest, OwnTelemetryComesBack) {
  HttpServer& server = Start();
  OtlpExporterOptions exporter_options;
  exporter_options.endpoint = fmt::format("http://127.0.0.1:{}/", server.port());
  OtlpExporter exporter(exporter_options, timers_);
  IoPool io;
  SelfTelemetry own({clock_, random_, timers_, io, metrics_}, {},
                    [&](Signal signal, const std::string& body) { return exporter.Send(signal, body); });
  own.AddSpan("SELECT", clock_.Now(), 1'000'000, "", {{"db.system", std::string("weir")}});
  own.AddSpan("SELECT", clock_.Now(), 2'000'000, "it failed", {});
  EXPECT_GT(own.SendOnce(), 10U) << exporter.last_error();
  EXPECT_EQ(Sql("SELECT status_code AS s, status_message AS m, duration_ns AS d, attr_db_system AS a FROM traces "
                "ORDER BY duration_ns")
                .body,
            "s,m,d,a\nOK,,1000000,weir\nERROR,it failed,2000000,\n");
  EXPECT_EQ(Sql("SELECT count(*) > 0 AS a FROM metrics WHERE metric_name = 'weir_http_requests_total'").body, "a\nt\n");
}

TEST_F(HttpServerTest, StatementsBecomeSpans) {
  HttpServer& server = Start();
  IoPool io;
  SelfTelemetry own({clock_, random_, timers_, io, metrics_}, {.interval_nanos = kNanosPerMilli},
                    [&](Signal signal, const std::string& body) {
                      std::promise<int> status;
                      server.telemetry()->Ingest({.signal = signal, .body = body},
                                                 [&](TelemetryAnswer answer) { status.set_value(answer.status); });
                      return status.get_future().get() == 200;
                    });
  engine_->set_on_finished([&](const FinishedQuery& query) { AddQuerySpan(query, own); });
  EXPECT_EQ(Sql("SELECT 1 AS a").status, 200);
  EXPECT_EQ(Sql("SELECT 1 / (a - 1) AS b FROM generate_series(1, 1) g (a)").status, 400);
  EXPECT_EQ(Sql("SELECT 'PassWord' AS b").status, 200);
  EXPECT_EQ(Sql("CREATE USER reader PASSWORD 'secret'").status, 200);
  engine_->set_on_finished({});
  EXPECT_GT(own.SendOnce(), 3U);
  const std::vector<std::string> login = {"Authorization: Basic cmVhZGVyOnNlY3JldA==", "Accept: text/csv"};
  EXPECT_EQ(
      Request("POST", "/api/v1/sql",
              "SELECT attributes['db.query.text'] AS t, status_code AS s, attributes['db.operation.name'] AS o "
              "FROM traces WHERE name = 'SELECT' ORDER BY timestamp",
              login)
          .body,
      "t,s,o\nSELECT 1 AS a,OK,SELECT\n\"SELECT 1 / (a - 1) AS b FROM generate_series(1, 1) g (a)\",ERROR,SELECT\n"
      "(not shown: names a password),OK,SELECT\n");
}

// What the process tells of itself must not keep it busy.
TEST_F(HttpServerTest, AnIdleProcessSendsNothing) {
  HttpServer& server = Start();
  IoPool io;
  std::atomic<int> requests{0};
  SelfTelemetry own({clock_, random_, timers_, io, metrics_},
                    {.interval_nanos = kNanosPerMilli, .metrics_interval_nanos = kNanosPerMilli},
                    [&](Signal signal, const std::string& body) {
                      ++requests;
                      std::promise<void> done;
                      server.telemetry()->Ingest({.signal = signal, .body = body},
                                                 [&](TelemetryAnswer) { done.set_value(); });
                      done.get_future().get();
                      return true;
                    });
  own.AddSpan("SELECT", clock_.Now(), 1, "", {});
  own.Start();
  for (int i = 0; i < 500 && requests < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(requests, 2);  // the span and, since there was one, the metrics
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(requests, 2);
  own.Stop();
}

TEST_F(HttpServerTest, PasswordsAreAskedFor) {
  Start();
  EXPECT_EQ(Request("POST", "/v1/logs", LogsJson(1), kJson).status, 200);
  EXPECT_EQ(Sql("ALTER USER weir PASSWORD 'secret'").status, 200);
  EXPECT_EQ(Sql("CREATE USER reader PASSWORD 'other:one'").status, 401);
  const auto with = [](std::string_view credentials) {
    return std::vector<std::string>{kJson[0], fmt::format("Authorization: {}", credentials)};
  };
  const std::string right = "Basic d2VpcjpzZWNyZXQ=";       // weir:secret
  const std::string wrong = "Basic d2VpcjpzZWNyZXR0";       // weir:secrett
  const std::string nobody = "Basic bm9ib2R5OnNlY3JldA==";  // nobody:secret
  for (const bool otlp_port : {false, true}) {
    const Answer none = Request("POST", "/v1/logs", LogsJson(1), kJson, otlp_port);
    EXPECT_EQ(none.status, 401);
    EXPECT_NE(none.headers.find("WWW-Authenticate: Basic realm=\"weir\""), std::string::npos) << none.headers;
    EXPECT_EQ(none.content_type, "application/json");
    EXPECT_EQ(none.body.substr(0, 10), "{\"code\":16");
    for (const std::string& bad :
         {wrong, nobody, std::string("Basic"), std::string("Basic ?"), std::string("Bearer x")}) {
      EXPECT_EQ(Request("POST", "/v1/logs", LogsJson(1), with(bad), otlp_port).status, 401) << bad;
    }
    // The second time from memory.
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(Request("POST", "/v1/logs", LogsJson(1), with(right), otlp_port).status, 200);
    }
  }
  EXPECT_EQ(Request("POST", "/v1/logs", "", {kProtobuf[0]}).body.substr(0, 2), "\x08\x10");
  const Answer sql = Request("POST", "/api/v1/sql", R"({"sql":"SELECT current_user AS u"})", with(right));
  EXPECT_EQ(sql.status, 200);
  EXPECT_NE(sql.body.find("[\"weir\"]"), std::string::npos) << sql.body;
  const Answer no_sql = Request("POST", "/api/v1/sql", R"({"sql":"SELECT 1"})", with(wrong));
  EXPECT_EQ(no_sql.status, 401);
  EXPECT_NE(no_sql.body.find("28P01"), std::string::npos) << no_sql.body;
  EXPECT_EQ(Request("POST", "/api/v1/sql", R"({"sql":"CREATE USER reader PASSWORD 'other:one'"})", with(right)).status,
            200);
  const Answer reader =
      Request("POST", "/api/v1/sql", R"({"sql":"SELECT current_user AS u"})", with("Basic cmVhZGVyOm90aGVyOm9uZQ=="));
  EXPECT_NE(reader.body.find("[\"reader\"]"), std::string::npos) << reader.body;
  // What was right is so no more.
  EXPECT_EQ(Request("POST", "/api/v1/sql", R"({"sql":"ALTER USER weir PASSWORD 'new'"})", with(right)).status, 200);
  EXPECT_EQ(Request("POST", "/v1/logs", LogsJson(1), with(right)).status, 401);
  EXPECT_EQ(Request("GET", "/healthz").status, 200);
  OtlpExporterOptions options;
  options.endpoint = fmt::format("http://127.0.0.1:{}", server_->port());
  options.user = "weir";
  options.password = "new";
  EXPECT_TRUE(OtlpExporter(options, timers_).Send(Signal::kLogs, ""));
  options.password = "old";
  EXPECT_FALSE(OtlpExporter(options, timers_).Send(Signal::kLogs, ""));
}

// One entry of a map in two ways: all rows must agree.
TEST_F(HttpServerTest, EntriesOfMapsAreReadFromTheirColumns) {
  Start();
  EXPECT_EQ(Request("POST", "/v1/logs", LogsJson(10), kJson).status, 200);
  EXPECT_NE(Sql("EXPLAIN SELECT attributes['http.status_code'] FROM logs").body.find("attr_http_status_code"),
            std::string::npos);
  EXPECT_EQ(Sql("EXPLAIN SELECT attributes['http.status_code'] FROM logs").body.find("attributes"), std::string::npos);
  const auto plan = [&](const std::string& sql) { return Sql("EXPLAIN " + sql).body; };
  for (const char* sql :
       {"SELECT count(*) FROM logs WHERE attributes['http.status_code'] = '200'",
        "SELECT attributes['http.status_code'], count(*) FROM logs GROUP BY 1 ORDER BY 1",
        "SELECT element_at(m, 'http.route') FROM (SELECT attributes AS m FROM logs) s ORDER BY m['url.path'] LIMIT 3",
        "SELECT 1 FROM logs a JOIN logs b ON a.attributes['http.route'] = b.resource_attrs['host.name']"}) {
    EXPECT_EQ(plan(sql).find("attributes"), std::string::npos) << plan(sql);
    EXPECT_EQ(plan(sql).find("resource_attrs"), std::string::npos) << plan(sql);
  }
  EXPECT_NE(plan("SELECT attributes['rare'] FROM logs").find("attributes"), std::string::npos);
  EXPECT_EQ(Sql("INSERT INTO logs (timestamp, attributes) VALUES "
                "('2024-01-01', map('http.status_code', '500', 'x', 'y')), ('2024-01-01', NULL)")
                .status,
            200);
  EXPECT_EQ(Sql("SELECT attributes['http.status_code'] AS s, attr_http_status_code AS a, count(*) AS n FROM logs "
                "GROUP BY 1, 2 ORDER BY 1, 2")
                .body,
            "s,a,n\n200,200,4\n201,201,3\n202,202,3\n500,500,1\n,,1\n");
}

TEST_F(HttpServerTest, SlowSendersHoldNobodyUp) {
  HttpServerOptions options;
  options.listener.idle_seconds_max = 1;
  HttpServer& server = Start(std::move(options));
  const int slow = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.otlp_port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(slow, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string head =
      "POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
  ASSERT_EQ(::send(slow, head.data(), head.size(), MSG_NOSIGNAL), static_cast<ssize_t>(head.size()));
  EXPECT_EQ(Request("POST", "/v1/logs", LogsJson(1), kJson, true).status, 200);
  // Closed after the time for a connection without traffic.
  timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(slow, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  char answer[512];
  EXPECT_EQ(::recv(slow, answer, sizeof(answer), 0), 0);
  ::close(slow);
}

TEST_F(HttpServerTest, TheExporterGivesUpWhenToldSo) {
  Start();
  OtlpExporterOptions options;
  options.endpoint = "http://127.0.0.1:1";  // nobody listens there
  options.backoff_nanos = 1 * kNanosPerMilli;
  options.attempts_max = 3;
  OtlpExporter exporter(options, timers_);
  EXPECT_FALSE(exporter.Send(Signal::kLogs, ""));
  EXPECT_FALSE(exporter.last_error().empty());
  options.endpoint = fmt::format("http://127.0.0.1:{}", server_->port());
  OtlpExporter other(options, timers_);
  EXPECT_TRUE(other.Send(Signal::kLogs, ""));
  EXPECT_FALSE(other.Send(Signal::kLogs, "hello"));  // 400: not to be sent again
}

}  // namespace
}  // namespace weir::http
