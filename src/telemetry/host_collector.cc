#include "telemetry/host_collector.h"

#include "obs/log.h"
#include "telemetry/host_metrics.h"
#include "telemetry/log_line.h"
#include "telemetry/log_tail.h"
#include "telemetry/otlp_writer.h"
#include "telemetry/periodic.h"

namespace weir {

namespace {

OtlpSource MakeSource(const HostCollectorOptions& options, const SystemInfo& system) {
  return {.resource = {{"service.name", options.service_name},
                       {"host.name", system.hostname},
                       {"os.type", std::string("linux")},
                       {"os.description", system.kernel}},
          .scope_name = "weir/host",
          .scope_version = "1"};
}

}  // namespace

struct HostCollector::Schedule {
  std::shared_ptr<Periodic> periodic;
};

HostCollector::HostCollector(Services services, HostCollectorOptions options, Sink sink)
    : services_(std::move(services)),
      options_(std::move(options)),
      sink_(std::move(sink)),
      schedule_(std::make_shared<Schedule>()) {
  if (options_.metrics) {
    metrics_ = std::make_unique<HostMetrics>(services_.files, services_.system, options_.processes_max);
  }
  if (options_.logs) {
    LogTail::Options tail;
    tail.patterns = options_.log_paths.empty() ? LogTail::DefaultPatterns() : options_.log_paths;
    tail.lines_first = options_.log_lines_first;
    tail.bytes_first = options_.log_bytes_first;
    tail.lines_batch = options_.log_records_batch;
    logs_ = std::make_unique<LogTail>(services_.files, std::move(tail));
  }
  schedule_->periodic =
      std::make_shared<Periodic>(services_.timers, services_.io, options_.interval_nanos, [this] { Tick(); });
}

HostCollector::~HostCollector() {
  Stop();
}

void HostCollector::Start() {
  schedule_->periodic->Start();
}

void HostCollector::Stop() {
  schedule_->periodic->Stop();
}

void HostCollector::Tick() {
  static obs::LogLimiter limiter;
  if (const auto error = CatchError([&] { CollectOnce(); }); error != nullptr && limiter.Allow().has_value()) {
    obs::Log(obs::Severity::kWarn, "telemetry", "host telemetry could not be collected", {{"error", error->message()}});
  }
}

bool HostCollector::Deliver(Signal signal, const std::string& request, uint64_t records) {
  bool delivered = false;
  const auto error = CatchError([&] { delivered = sink_(signal, request); });
  (delivered ? records_sent_ : records_failed_).fetch_add(records, std::memory_order_relaxed);
  static obs::LogLimiter limiter(60 * kNanosPerSecond);
  if (!delivered && limiter.Allow().has_value()) {
    obs::Log(obs::Severity::kWarn, "telemetry", "host telemetry could not be delivered",
             {{"signal", SignalName(signal)}, {"error", error == nullptr ? std::string() : error->message()}});
  }
  return delivered;
}

uint64_t HostCollector::CollectOnce() {
  const std::scoped_lock tick(tick_mutex_);
  const OtlpSource source = MakeSource(options_, services_.system);
  uint64_t sent = 0;
  if (metrics_ != nullptr) {
    OtlpMetricWriter writer(source, services_.clock.Now(), metrics_->boot_time());
    metrics_->Collect(services_.clock.Monotonic(), writer);
    const size_t points = writer.size();
    if (points != 0 && Deliver(Signal::kMetrics, writer.Take(), points)) sent += points;
  }
  if (logs_ == nullptr) return sent;
  OtlpLogWriter writer(source);
  logs_->Poll([&](const std::string& path, const std::vector<std::string_view>& lines) {
    if (schedule_->periodic->stopped()) return false;
    const UnixNanos now = services_.clock.Now();
    // Lines without a time of their own have that of the line before.
    UnixNanos& time = last_times_.try_emplace(path, now).first->second;
    for (const std::string_view line : lines) {
      const ParsedLogLine parsed = ParseLogLine(line, now);
      if (parsed.time.has_value()) time = *parsed.time;
      OtlpAttributes attributes = {{"log.file.name", std::string(FileName(path))}, {"log.file.path", path}};
      if (!parsed.program.empty()) attributes.emplace_back("process.executable.name", std::string(parsed.program));
      if (parsed.process_id != 0) attributes.emplace_back("process.pid", parsed.process_id);
      writer.Add({.time_unix_nanos = time,
                  .observed_unix_nanos = now,
                  .severity_number = parsed.severity_number == 0 ? 9 : parsed.severity_number,
                  .severity_text = parsed.severity_text,
                  .message = parsed.message,
                  .attributes = &attributes});
    }
    const size_t records = writer.size();
    if (!Deliver(Signal::kLogs, writer.Take(), records)) return false;
    sent += records;
    return true;
  });
  return sent;
}

}  // namespace weir
