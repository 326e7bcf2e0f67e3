#include "telemetry/telemetry_ingest.h"

#include "obs/log.h"
#include "telemetry/otlp_response.h"

namespace weir {

namespace {

constexpr obs::CounterDef kRequests{"weir_otlp_requests_total", "requests", "OTLP requests received", {"signal"}};
constexpr obs::CounterDef kFailures{
    "weir_otlp_failed_requests_total", "requests", "OTLP requests that were not taken", {"signal"}};
constexpr obs::CounterDef kRecords{
    "weir_otlp_records_total", "records", "OTLP records stored (log records, data points, spans)", {"signal"}};
constexpr obs::CounterDef kRejected{
    "weir_otlp_rejected_records_total", "records", "OTLP records rejected as invalid", {"signal"}};
constexpr obs::CounterDef kBytes{
    "weir_otlp_received_bytes_total", "bytes", "OTLP requests received, decompressed", {"signal"}};
constexpr obs::HistogramDef kLatency{
    {"weir_otlp_request_seconds", "seconds", "From the whole request to its answer, when it was stored", {"signal"}}};

constexpr int kRetrySeconds = 1;

}  // namespace

struct TelemetryIngest::Work {
  TelemetryRequest request;
  Done done;
  MonotonicNanos start = 0;
  uint64_t bytes = 0;
  ScopedReservation reservation;
  uint64_t rows = 0;
  uint64_t rejected = 0;
  std::string rejected_message;
};

TelemetryIngest::TelemetryIngest(Services services, TelemetryOptions options)
    : services_(std::move(services)),
      options_(std::move(options)),
      tables_(services_.storage, options_.database, options_.schema),
      counters_{MakeCounters(Signal::kLogs), MakeCounters(Signal::kMetrics), MakeCounters(Signal::kTraces)} {}

TelemetryIngest::~TelemetryIngest() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return pending_ == 0; });
}

TelemetryIngest::SignalCounters TelemetryIngest::MakeCounters(Signal signal) const {
  obs::MetricsRegistry& metrics = services_.metrics;
  const std::string_view name = SignalName(signal);
  return {metrics.Get(kRequests, {name}), metrics.Get(kFailures, {name}), metrics.Get(kRecords, {name}),
          metrics.Get(kRejected, {name}), metrics.Get(kBytes, {name}),    metrics.Get(kLatency, {name})};
}

TelemetryAnswer TelemetryIngest::Refusal(OtlpEncoding encoding, int http_status, std::string_view message,
                                         int retry_after_seconds) {
  const RpcCode code = http_status == 429 || http_status == 413                         ? RpcCode::kResourceExhausted
                       : http_status == 502 || http_status == 503 || http_status == 504 ? RpcCode::kUnavailable
                       : http_status == 501                                             ? RpcCode::kUnimplemented
                       : http_status >= 500                                             ? RpcCode::kInternal
                       : http_status == 401                                             ? RpcCode::kUnauthenticated
                       : http_status == 403                                             ? RpcCode::kPermissionDenied
                                                                                        : RpcCode::kInvalidArgument;
  return {.status = http_status,
          .content_type = std::string(OtlpContentType(encoding)),
          .body = OtlpStatus(encoding, code, message),
          .retry_after_seconds = retry_after_seconds};
}

// Whatever the client may cure by sending again is retryable; what it sent wrongly is not.
TelemetryAnswer TelemetryIngest::AnswerTo(const Work& work, const Error& error) const {
  const OtlpEncoding encoding = work.request.encoding;
  if (error.sqlstate() == sqlstate::kConfigurationLimitExceeded || error.sqlstate() == sqlstate::kOutOfMemory) {
    return Refusal(encoding, 429, error.message(), kRetrySeconds);
  }
  if (error.sqlstate() == sqlstate::kProgramLimitExceeded) return Refusal(encoding, 413, error.message());
  if (error.kind() == ErrorKind::kUser) {
    // Of the table rather than the request: somebody may set it right.
    if (error.sqlstate().starts_with("42")) return Refusal(encoding, 503, error.message(), 10 * kRetrySeconds);
    return Refusal(encoding, 400, error.message());
  }
  if (error.kind() == ErrorKind::kInternal) return Refusal(encoding, 500, error.message());
  return Refusal(encoding, 503, error.message(), kRetrySeconds);
}

void TelemetryIngest::Finish(Work& work, TelemetryAnswer answer) noexcept {
  SignalCounters& counters = counters_[static_cast<size_t>(work.request.signal)];
  if (answer.status == 200) {
    counters.records.Add(work.rows);
    counters.rejected.Add(work.rejected);
    counters.latency.Observe(static_cast<double>(services_.clock.Monotonic() - work.start) / 1e9);
  } else {
    counters.failures.Add();
  }
  work.reservation.Reset();
  pending_bytes_.fetch_sub(work.bytes, std::memory_order_relaxed);
  Done done = std::move(work.done);
  done(std::move(answer));
  const std::scoped_lock lock(mutex_);
  if (--pending_ == 0) idle_.notify_all();
}

void TelemetryIngest::Ingest(TelemetryRequest request, Done done) noexcept {
  SignalCounters& counters = counters_[static_cast<size_t>(request.signal)];
  counters.requests.Add();
  counters.bytes.Add(request.body.size());
  auto work = std::make_shared<Work>();
  work->start = services_.clock.Monotonic();
  work->bytes = request.body.size();
  work->request = std::move(request);
  work->done = std::move(done);
  {
    const std::scoped_lock lock(mutex_);
    ++pending_;
  }
  const uint64_t before = pending_bytes_.fetch_add(work->bytes, std::memory_order_relaxed);
  // The first request is always tried: the front door has its own limit for one.
  if (before != 0 && before + work->bytes > options_.pending_bytes_max) {
    return Finish(*work, Refusal(work->request.encoding, 429, "too many requests are waiting", kRetrySeconds));
  }
  auto error = CatchError([&] {
    work->reservation = ScopedReservation(services_.tracker, static_cast<int64_t>(work->bytes));
    services_.io.Submit([this, work] { Decode(work); });
  });
  if (error != nullptr) Finish(*work, AnswerTo(*work, *error));
}

void TelemetryIngest::Decode(std::shared_ptr<Work> work) noexcept {
  auto error = CatchError([&] {
    const TelemetryRequest& request = work->request;
    OtlpDecoded decoded = DecodeOtlp(request.signal, request.encoding, request.body, services_.clock.Now(),
                                     request.organization, options_.decode);
    work->request.body = {};
    work->rows = decoded.rows;
    work->rejected = decoded.rejected;
    work->rejected_message = std::move(decoded.rejected_message);
    if (decoded.rows == 0) {
      return Finish(*work,
                    {.content_type = std::string(OtlpContentType(request.encoding)),
                     .body = OtlpSuccess(request.signal, request.encoding, work->rejected, work->rejected_message)});
    }
    const TablePtr table = tables_.Ensure(request.signal);
    LoadRequest load;
    load.table = table->id;
    for (const Chunk& chunk : decoded.chunks) load.rows.push_back(SignalTables::Arrange(*table, request.signal, chunk));
    services_.loads.LoadAsync(std::move(load), [this, work](std::unique_ptr<Error> failure, LoadResult) {
      if (failure != nullptr) return Finish(*work, AnswerTo(*work, *failure));
      Finish(*work, {.content_type = std::string(OtlpContentType(work->request.encoding)),
                     .body = OtlpSuccess(work->request.signal, work->request.encoding, work->rejected,
                                         work->rejected_message)});
    });
  });
  if (error == nullptr) return;
  if (error->kind() == ErrorKind::kInternal) {
    obs::Log(obs::Severity::kError, "telemetry", "OTLP request failed", {{"error", error->message()}});
  }
  Finish(*work, AnswerTo(*work, *error));
}

}  // namespace weir
