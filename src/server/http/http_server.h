#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/event_loop.h"
#include "server/engine.h"
#include "server/http/access.h"
#include "server/http/http_listener.h"
#include "server/http/router.h"
#include "telemetry/telemetry_ingest.h"

namespace weir::http {

struct HttpServerOptions {
  SocketAddress http{"127.0.0.1", 8030};                   // SQL, health, metrics, and OTLP as well
  std::optional<SocketAddress> otlp{{"127.0.0.1", 4318}};  // only OTLP and health; nullopt: none
  HttpListenerOptions listener;                            // limits, for each of the two
  TelemetryOptions telemetry;
  int64_t sql_result_bytes_max = int64_t{64} << 20;
  // Shown on the start page: ("PostgreSQL", "127.0.0.1:4566") and so on.
  std::vector<std::pair<std::string, std::string>> endpoints;
  // What /readyz says; unset: always ready.
  std::function<bool()> ready;
};

// The HTTP door of a server process: OTLP ingestion, SQL, health, metrics. The engine is borrowed and must outlive it.
// Threads: all methods from any thread. Lifecycle: construct, Start (opens the ports), Stop (answers what is under
// way, then closes), destroy. Stop before the engine stops.
class HttpServer {
 public:
  HttpServer(Engine& engine, HttpServerOptions options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void Start();
  void Stop();
  // The real ports, after Start.
  uint16_t port() const;
  uint16_t otlp_port() const;  // 0 without one
  // nullptr when the engine has no data folder.
  TelemetryIngest* telemetry() { return telemetry_.get(); }
  // More routes; before Start.
  Router& router() { return http_router_; }

 private:
  // The handler for those who may come in; others are refused.
  Handler Guarded(Handler handler);
  void AddRoutes();
  void AddOtlpRoutes(Router& router);
  void AddHealthRoutes(Router& router);

  Engine& engine_;
  const HttpServerOptions options_;
  HttpAccess access_;
  std::unique_ptr<TelemetryIngest> telemetry_;
  Router http_router_;
  Router otlp_router_;
  std::unique_ptr<HttpListener> http_;
  std::unique_ptr<HttpListener> otlp_;
};

}  // namespace weir::http
