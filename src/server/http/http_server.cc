#include "server/http/http_server.h"

#include "obs/prometheus_text.h"
#include "server/http/sql_endpoint.h"

namespace weir::http {

namespace {

constexpr Signal kSignals[] = {Signal::kLogs, Signal::kMetrics, Signal::kTraces};

HttpResponse ToResponse(TelemetryAnswer answer) {
  HttpResponse response{
      .status = answer.status, .content_type = std::move(answer.content_type), .body = std::move(answer.body)};
  if (answer.retry_after_seconds > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(answer.retry_after_seconds));
  }
  return response;
}

bool IsOtlpPath(std::string_view path) {
  for (const Signal signal : kSignals) {
    if (path == SignalPath(signal)) return true;
  }
  return false;
}

// OTLP senders expect even early refusals in their own encoding.
HttpResponse Refuse(const HttpRequest& request, int status, const std::string& message) {
  const auto encoding = ParseOtlpContentType(request.header("content-type"));
  if (!IsOtlpPath(request.path) || !encoding.has_value()) return {.status = status, .body = message + "\n"};
  return ToResponse(TelemetryIngest::Refusal(*encoding, status, message, status == 503 ? 1 : 0));
}

constexpr std::string_view kSqlPath = "/api/v1/sql";

bool IsGuarded(std::string_view path) {
  return IsOtlpPath(path) || path == kSqlPath;
}

HttpResponse RefuseAccess(const HttpRequest& request, const HttpAccess::Decision& decision) {
  HttpResponse response;
  if (request.path == kSqlPath) {
    response = SqlErrorResponse(Error::User(
        decision.status == 401 ? sqlstate::kInvalidPassword : sqlstate::kInvalidAuthorization, "{}", decision.message));
    response.status = decision.status;
  } else {
    response = Refuse(request, decision.status, decision.message);
  }
  if (decision.status == 401) {
    response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"weir\", charset=\"UTF-8\"");
  }
  return response;
}

void HandleOtlp(TelemetryIngest* telemetry, Signal signal, HttpRequest& request, Respond respond) {
  const auto encoding = ParseOtlpContentType(request.header("content-type"));
  if (!encoding.has_value()) {
    return respond({.status = 415, .body = "Content-Type must be application/x-protobuf or application/json\n"});
  }
  if (telemetry == nullptr) {
    return respond(ToResponse(TelemetryIngest::Refusal(*encoding, 501, "this server has no data folder")));
  }
  std::string_view organization = request.header("x-organization-id");
  if (organization.empty()) organization = request.header("x-scope-orgid");
  telemetry->Ingest(
      {.signal = signal,
       .encoding = *encoding,
       .body = std::move(request.body),
       .organization = std::string(organization)},
      [respond = std::move(respond)](TelemetryAnswer answer) mutable { respond(ToResponse(std::move(answer))); });
}

void AppendHtml(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
}

}  // namespace

HttpServer::HttpServer(Engine& engine, HttpServerOptions options)
    : engine_(engine), options_(std::move(options)), access_(engine) {
  if (engine_.storage() != nullptr) {
    const EngineServices& services = engine_.services();
    telemetry_ = std::make_unique<TelemetryIngest>(
        TelemetryIngest::Services{*engine_.storage(), *engine_.loads(), engine_.io(), services.clock, services.metrics,
                                  engine_.memory()->CreateChild("otlp", MemoryScope::kGroup)},
        options_.telemetry);
  }
  AddRoutes();
}

HttpServer::~HttpServer() {
  Stop();
}

Handler HttpServer::Guarded(Handler handler) {
  return [this, handler = std::move(handler)](HttpRequest& request, Respond respond) {
    auto shared = std::make_shared<Respond>(std::move(respond));
    access_.Check(request, [&request, &handler, shared](HttpAccess::Decision decision) {
      if (decision.status != 200) return (*shared)(RefuseAccess(request, decision));
      request.user = std::move(decision.user);
      const auto error =
          CatchError([&] { handler(request, [shared](HttpResponse response) { (*shared)(std::move(response)); }); });
      if (error != nullptr) (*shared)({.status = 500, .body = error->message() + "\n"});
    });
  };
}

void HttpServer::AddOtlpRoutes(Router& router) {
  for (const Signal signal : kSignals) {
    router.Add("POST", std::string(SignalPath(signal)), Guarded([this, signal](HttpRequest& request, Respond respond) {
                 HandleOtlp(telemetry_.get(), signal, request, std::move(respond));
               }));
  }
}

void HttpServer::AddHealthRoutes(Router& router) {
  const auto alive = [](HttpRequest&, Respond respond) { respond({.body = "ok\n"}); };
  router.Add("GET", "/livez", alive);
  router.Add("GET", "/healthz", alive);
  router.Add("GET", "/readyz", [this](HttpRequest&, Respond respond) {
    const bool ready = !options_.ready || options_.ready();
    respond({.status = ready ? 200 : 503, .body = ready ? "ok\n" : "starting or stopping\n"});
  });
  router.Add("GET", "/metrics", [this](HttpRequest&, Respond respond) {
    respond({.content_type = std::string(obs::kPrometheusContentType),
             .body = obs::PrometheusText(engine_.services().metrics.Snapshot())});
  });
}

void HttpServer::AddRoutes() {
  AddOtlpRoutes(http_router_);
  AddOtlpRoutes(otlp_router_);
  AddHealthRoutes(http_router_);
  AddHealthRoutes(otlp_router_);
  http_router_.Add("POST", std::string(kSqlPath), Guarded([this](HttpRequest& request, Respond respond) {
                     auto shared = std::make_shared<Respond>(std::move(respond));
                     engine_.io().Submit([this, &request, shared] {
                       (*shared)(RunSqlRequest(engine_, request, options_.sql_result_bytes_max));
                     });
                   }));
  http_router_.Add("GET", "/", [this](HttpRequest&, Respond respond) {
    std::string page =
        "<!doctype html><html><head><meta charset=\"utf-8\"><title>Weir</title></head>"
        "<body style=\"font-family:sans-serif;max-width:40em;margin:3em auto\"><h1>Weir ";
    AppendHtml(engine_.options().version, page);
    page += "</h1><ul>";
    for (const auto& [name, address] : options_.endpoints) {
      page += "<li>";
      AppendHtml(name, page);
      page += ": <code>";
      AppendHtml(address, page);
      page += "</code></li>";
    }
    page += fmt::format("<li>HTTP: <code>{}</code></li>", SocketAddress(options_.http.host, port()).ToString());
    if (otlp_port() != 0) {
      page += fmt::format("<li>OTLP over HTTP: <code>{}</code></li>",
                          SocketAddress(options_.otlp->host, otlp_port()).ToString());
    }
    page +=
        "</ul><p><a href=\"/metrics\">Metrics</a> · <a href=\"/healthz\">Health</a> · SQL: "
        "<code>curl --data-binary 'SELECT 1' .../api/v1/sql</code></p></body></html>\n";
    respond({.content_type = "text/html; charset=utf-8", .body = std::move(page)});
  });
}

void HttpServer::Start() {
  const EngineServices& services = engine_.services();
  const auto open = [&](const SocketAddress& address, const Router& router) {
    auto listener = std::make_unique<HttpListener>(
        address, options_.listener, services.clock, services.metrics,
        [&router](HttpRequest& request, Respond respond) { router.Dispatch(request, std::move(respond)); });
    listener->set_refuse(&Refuse);
    // Who is refused for sure need not send the body first.
    listener->set_admit([this](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (!IsGuarded(request.path)) return std::nullopt;
      const auto decision = access_.DecideQuickly(request);
      if (!decision.has_value() || decision->status == 200) return std::nullopt;
      return RefuseAccess(request, *decision);
    });
    listener->Start();
    return listener;
  };
  http_ = open(options_.http, http_router_);
  if (options_.otlp.has_value()) otlp_ = open(*options_.otlp, otlp_router_);
}

void HttpServer::Stop() {
  if (otlp_ != nullptr) otlp_->Stop();
  if (http_ != nullptr) http_->Stop();
}

uint16_t HttpServer::port() const {
  return http_ == nullptr ? 0 : http_->port();
}

uint16_t HttpServer::otlp_port() const {
  return otlp_ == nullptr ? 0 : otlp_->port();
}

}  // namespace weir::http
