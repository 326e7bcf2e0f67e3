#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>

#include <sys/resource.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/process.h"
#include "app/version.h"
#include "env/posix/posix_system_info.h"
#include "obs/log.h"
#include "runtime/fail_point.h"
#include "server/http/http_server.h"
#include "server/pgwire/pg_server.h"
#include "server/query_span.h"
#include "server/settings.h"
#include "server/system_tables.h"

namespace weir::app {

namespace {

struct ServerOptions {
  std::string data_dir = "weir-data";
  std::string listen = "127.0.0.1";
  int pg_port = 4566;
  int mysql_port = 9030;
  int http_port = 8030;
  int otlp_grpc_port = 4317;
  int otlp_http_port = 4318;
  int rpc_port = 9060;
  std::string roles;
  std::string meta_url;
  std::string object_store;
  std::string kafka_url;
  int threads = 0;
  std::string memory_limit;
  std::string page_cache;
  std::string query_cache;
  std::string spill_dir;
  std::string spill_limit;
  std::string tls_cert;
  std::string tls_key;
  bool tls_required = false;
  std::string log_level = "warning";
  std::string self_telemetry = "on";
  std::string auto_analyze = "on";
  double auto_analyze_fraction = AutoAnalyzeOptions().fraction;
  int64_t auto_analyze_seconds = AutoAnalyzeOptions().interval_nanos / kNanosPerSecond;
};

void AddOptions(CLI::App& app, ServerOptions& options) {
  app.set_config("--config", "", "file of these options, name = value");
  app.add_option("--data-dir", options.data_dir, "where everything is kept")
      ->capture_default_str()
      ->envname("WEIR_DATA_DIR");
  app.add_option("--listen", options.listen, "address to listen on")->capture_default_str()->envname("WEIR_LISTEN");
  app.add_option("--pg-port", options.pg_port, "PostgreSQL protocol; 0: any free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str()
      ->envname("WEIR_PG_PORT");
  app.add_option("--mysql-port", options.mysql_port, "MySQL protocol (not available yet)")
      ->check(CLI::Range(0, 65535))
      ->envname("WEIR_MYSQL_PORT");
  app.add_option("--http-port", options.http_port, "HTTP: SQL, metrics, health")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str()
      ->envname("WEIR_HTTP_PORT");
  app.add_option("--otlp-grpc-port", options.otlp_grpc_port, "OTLP/gRPC (not available yet)")
      ->check(CLI::Range(0, 65535))
      ->envname("WEIR_OTLP_GRPC_PORT");
  app.add_option("--otlp-http-port", options.otlp_http_port, "OTLP/HTTP")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str()
      ->envname("WEIR_OTLP_HTTP_PORT");
  app.add_option("--rpc-port", options.rpc_port, "RPC between nodes (not available yet)")
      ->check(CLI::Range(0, 65535))
      ->envname("WEIR_RPC_PORT");
  app.add_option("--role", options.roles, "only `all` for now: one process does everything")->envname("WEIR_ROLE");
  app.add_option("--meta-url", options.meta_url, "metadata in PostgreSQL (not available yet)")
      ->envname("WEIR_META_URL");
  app.add_option("--object-store", options.object_store, "objects in S3 (not available yet)")
      ->envname("WEIR_OBJECT_STORE");
  app.add_option("--kafka-url", options.kafka_url, "work topics in Kafka (not available yet)")
      ->envname("WEIR_KAFKA_URL");
  app.add_option("--threads", options.threads, "workers (default: all cores)")->envname("WEIR_THREADS");
  app.add_option("--memory-limit", options.memory_limit, "e.g. 8GB (default: 80% of the machine's)")
      ->envname("WEIR_MEMORY_LIMIT");
  app.add_option("--page-cache", options.page_cache, "memory for decompressed pages, 0: none (default: 1GB)")
      ->envname("WEIR_PAGE_CACHE");
  app.add_option("--query-cache", options.query_cache,
                 "memory for answers and partial aggregates that sessions keep, 0: none (default: 512MB)")
      ->envname("WEIR_QUERY_CACHE");
  app.add_option("--spill-dir", options.spill_dir,
                 "for what queries cannot keep in memory (default: in the data folder)")
      ->envname("WEIR_SPILL_DIR");
  app.add_option("--spill-limit", options.spill_limit, "how much they may put there (default: what the disk has)")
      ->envname("WEIR_SPILL_LIMIT");
  app.add_option("--tls-cert", options.tls_cert, "PEM certificate for the PostgreSQL port")->envname("WEIR_TLS_CERT");
  app.add_option("--tls-key", options.tls_key, "its PEM key")->envname("WEIR_TLS_KEY");
  app.add_flag("--tls-required", options.tls_required, "refuse connections without TLS")->envname("WEIR_TLS_REQUIRED");
  app.add_option("--self-telemetry", options.self_telemetry,
                 "on: own statements and metrics go into the tables traces and metrics")
      ->capture_default_str()
      ->check(CLI::IsMember({"on", "off"}))
      ->envname("WEIR_SELF_TELEMETRY");
  app.add_option("--auto-analyze", options.auto_analyze, "on: tables are analyzed when much of them has changed")
      ->capture_default_str()
      ->check(CLI::IsMember({"on", "off"}))
      ->envname("WEIR_AUTO_ANALYZE");
  app.add_option("--auto-analyze-fraction", options.auto_analyze_fraction, "share of a table's rows that is much")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1000.0))
      ->envname("WEIR_AUTO_ANALYZE_FRACTION");
  app.add_option("--auto-analyze-interval", options.auto_analyze_seconds, "seconds between looks at the tables")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000))
      ->envname("WEIR_AUTO_ANALYZE_INTERVAL");
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str()
      ->envname("WEIR_LOG_LEVEL");
}

void RefuseWhatIsMissing(const ServerOptions& options) {
  const auto refuse = [](bool given, std::string_view what, std::string_view instead) {
    if (given) throw Error::Unsupported(std::string(instead), "{} is not available yet", what);
  };
  refuse(!options.roles.empty() && options.roles != "all", "--role", "Leave it out: one process does everything.");
  refuse(!options.meta_url.empty(), "--meta-url", "Metadata is kept in SQLite under --data-dir.");
  refuse(!options.object_store.empty(), "--object-store", "Segments are kept under --data-dir.");
  refuse(!options.kafka_url.empty(), "--kafka-url", "Work is scheduled inside the process.");
}

void CheckTls(const ServerOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "TLS needs both, a certificate and its key")
        .WithHint("Give --tls-cert and --tls-key.");
  }
  if (options.tls_required && options.tls_cert.empty()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "TLS is required, but there is no certificate")
        .WithHint("Give --tls-cert and --tls-key.");
  }
}

// A connection is a descriptor; the usual soft limit of 1024 is there for programs that use select().
void RaiseOpenFilesLimit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

int64_t ByteSizeOption(const std::string& text) {
  const auto bytes = ParseByteSize(text);
  if (!bytes.has_value()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "not a size: {}", text).WithHint("Example: 8GB");
  }
  return *bytes;
}

int64_t MemoryLimit(const ServerOptions& options, const SystemInfo& system) {
  if (options.memory_limit.empty()) return DefaultMemoryLimit(system);
  return ByteSizeOption(options.memory_limit);
}

// Hands own telemetry straight to the ingestion, without a connection; waits until it is stored.
bool Deliver(TelemetryIngest& ingest, Signal signal, const std::string& request) {
  std::promise<bool> stored;
  ingest.Ingest({.signal = signal, .body = request},
                [&](const TelemetryAnswer& answer) { stored.set_value(answer.status == 200); });
  return stored.get_future().get();
}

}  // namespace

int RunServer(int argc, char** argv) {
  ServerOptions options;
  CLI::App app("Runs the database server until SIGTERM or SIGINT.", "weir server");
  AddOptions(app, options);
  CLI11_PARSE(app, argc, argv);
  RefuseWhatIsMissing(options);
  CheckTls(options);

  // Taken by sigwait below, on this thread; threads inherit the mask.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  RaiseOpenFilesLimit();
  obs::SetLogSeverity(*obs::ParseSeverity(options.log_level));
  ArmFailPointsFromEnvironment();
  const SystemInfo system = ReadSystemInfo();
  EngineOptions engine_options;
  engine_options.data_dir = options.data_dir;
  engine_options.threads = options.threads > 0 ? options.threads : system.cores;
  engine_options.memory_limit_bytes = MemoryLimit(options, system);
  engine_options.version = kVersion;
  engine_options.auto_analyze.enabled = options.auto_analyze == "on";
  engine_options.auto_analyze.fraction = options.auto_analyze_fraction;
  engine_options.auto_analyze.interval_nanos = options.auto_analyze_seconds * kNanosPerSecond;
  engine_options.spill_dir = options.spill_dir;
  if (!options.spill_limit.empty()) engine_options.spill_limit_bytes = ByteSizeOption(options.spill_limit);
  if (!options.page_cache.empty()) engine_options.storage.page_cache_bytes = ByteSizeOption(options.page_cache);
  if (!options.query_cache.empty()) engine_options.query_cache_bytes = ByteSizeOption(options.query_cache);

  Process process;
  auto system_tables = std::make_shared<SystemTables>();
  Engine engine(process.services(), engine_options, system_tables->virtual_tables());
  system_tables->Attach(engine);

  // Statements are noted from the first session on; they are stored once the ingestion is there.
  IoPool own_io({.threads_max = 1, .name = "telemetry"});
  TelemetryIngest* ingest = nullptr;
  SelfTelemetry self({process.clock(), process.random(), process.services().timers, own_io, process.metrics()},
                     {.service_version = kVersion, .host_name = system.hostname},
                     [&](Signal signal, const std::string& request) { return Deliver(*ingest, signal, request); });
  const bool self_telemetry = options.self_telemetry == "on";
  if (self_telemetry) {
    engine.set_on_finished([&self](const FinishedQuery& query) { AddQuerySpan(query, self); });
  }

  std::vector<std::unique_ptr<EventLoop>> event_loops;
  constexpr int kLoops = 2;
  event_loops.reserve(kLoops);
  for (int i = 0; i < kLoops; ++i) event_loops.push_back(std::make_unique<EpollLoop>(process.clock()));
  LoopThreads loops(std::move(event_loops));
  PgServerOptions pg_options;
  pg_options.address = SocketAddress(options.listen, static_cast<uint16_t>(options.pg_port));
  pg_options.tls_certificate_file = options.tls_cert;
  pg_options.tls_key_file = options.tls_key;
  pg_options.tls_required = options.tls_required;
  PgServer pg(engine, loops, pg_options);

  http::HttpServerOptions http_options;
  http_options.http = SocketAddress(options.listen, static_cast<uint16_t>(options.http_port));
  http_options.otlp = SocketAddress(options.listen, static_cast<uint16_t>(options.otlp_http_port));
  http_options.endpoints = {{"PostgreSQL", pg.address().ToString()}};
  http::HttpServer http(engine, http_options);
  http.Start();
  ingest = http.telemetry();
  if (self_telemetry) self.Start();

  fmt::print("weir ready version={} pg={} http={}:{} otlp-http={}:{} data-dir={}\n", kVersion, pg.address().ToString(),
             options.listen, http.port(), options.listen, http.otlp_port(), options.data_dir);
  std::fflush(stdout);

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  // A second signal ends the process at once.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  pg.Stop();
  http.Stop();
  self.Stop();
  engine.Stop();
  return 0;
}

}  // namespace weir::app
