#include "telemetry/host_collector.h"

#include "obs/log.h"
#include "telemetry/host_metrics.h"
#include "telemetry/journal_reader.h"
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
  if (options_.logs && options_.journal) {
    JournalReader::Options reader;
    reader.folder = options_.journal_folder;
    reader.entries_first = options_.log_lines_first;
    reader.entries_batch = options_.log_records_batch;
    if (!options_.cursor_file.empty() && services_.files.Exists(options_.cursor_file)) {
      reader.cursor = services_.files.ReadFile(options_.cursor_file);
    }
    journal_ = std::make_unique<JournalReader>(std::move(reader));
  }
  if (options_.logs) {
    LogTail::Options tail;
    if (options_.log_paths.empty() && journal_ != nullptr && journal_->IsThere()) {
      tail.names_left_out = LogTail::SyslogNames();
    }
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
  uint64_t sent = 0;
  if (metrics_ != nullptr) sent += CollectMetrics();
  if (journal_ != nullptr) {
    // The files go on when it is damaged.
    const auto error = CatchError([&] { sent += CollectJournal(); });
    static obs::LogLimiter limiter(60 * kNanosPerSecond);
    if (error != nullptr && limiter.Allow().has_value()) {
      obs::Log(obs::Severity::kWarn, "telemetry", "journal could not be read", {{"error", error->message()}});
    }
  }
  if (logs_ != nullptr) sent += CollectFiles();
  return sent;
}

uint64_t HostCollector::CollectMetrics() {
  OtlpMetricWriter writer(MakeSource(options_, services_.system), services_.clock.Now(), metrics_->boot_time());
  metrics_->Collect(services_.clock.Monotonic(), writer);
  const size_t points = writer.size();
  return points != 0 && Deliver(Signal::kMetrics, writer.Take(), points) ? points : 0;
}

uint64_t HostCollector::CollectJournal() {
  // OpenTelemetry's numbers for syslog's priorities, and the names of their ranges.
  constexpr int32_t kNumbers[] = {21, 19, 18, 17, 13, 10, 9, 5};
  constexpr std::string_view kNames[] = {"FATAL", "ERROR", "ERROR", "ERROR", "WARN", "INFO", "INFO", "DEBUG"};
  OtlpLogWriter writer(MakeSource(options_, services_.system));
  uint64_t sent = 0;
  journal_->Poll([&](const std::vector<JournalEntry>& entries, const std::string& cursor) {
    if (schedule_->periodic->stopped()) return false;
    const UnixNanos now = services_.clock.Now();
    for (const JournalEntry& entry : entries) {
      OtlpAttributes attributes = {{"log.source", std::string("journal")}};
      if (!entry.program.empty()) attributes.emplace_back("process.executable.name", entry.program);
      if (entry.process_id != 0) attributes.emplace_back("process.pid", entry.process_id);
      if (!entry.unit.empty()) attributes.emplace_back("systemd.unit", entry.unit);
      // A journal may hold what other machines have sent.
      if (!entry.host.empty() && entry.host != services_.system.hostname) {
        attributes.emplace_back("host.name", entry.host);
      }
      writer.Add({.time_unix_nanos = entry.time,
                  .observed_unix_nanos = now,
                  .severity_number = kNumbers[entry.priority],
                  .severity_text = kNames[entry.priority],
                  .message = entry.message,
                  .attributes = &attributes});
    }
    const size_t records = writer.size();
    if (!Deliver(Signal::kLogs, writer.Take(), records)) return false;
    sent += records;
    if (!options_.cursor_file.empty()) services_.files.WriteFileAtomically(options_.cursor_file, AsBytes(cursor));
    return true;
  });
  return sent;
}

uint64_t HostCollector::CollectFiles() {
  OtlpLogWriter writer(MakeSource(options_, services_.system));
  uint64_t sent = 0;
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
