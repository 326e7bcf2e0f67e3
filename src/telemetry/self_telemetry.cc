#include "telemetry/self_telemetry.h"

#include <algorithm>

#include "base/bytes.h"
#include "obs/log.h"
#include "telemetry/otlp_writer.h"
#include "telemetry/periodic.h"

namespace weir {

struct SelfTelemetry::Schedule {
  std::shared_ptr<Periodic> periodic;
};

SelfTelemetry::SelfTelemetry(Services services, SelfTelemetryOptions options, Sink sink)
    : services_(services),
      options_(std::move(options)),
      sink_(std::move(sink)),
      started_(services_.clock.Now()),
      schedule_(std::make_shared<Schedule>()) {
  schedule_->periodic =
      std::make_shared<Periodic>(services_.timers, services_.io, options_.interval_nanos, [this] { Tick(); });
}

SelfTelemetry::~SelfTelemetry() {
  Stop();
}

void SelfTelemetry::Start() {
  schedule_->periodic->Start();
}

void SelfTelemetry::Stop() {
  schedule_->periodic->Stop();
}

void SelfTelemetry::Export(obs::SpanRecord span) {
  spans_taken_.fetch_add(1, std::memory_order_relaxed);
  const std::scoped_lock lock(mutex_);
  if (spans_.size() >= options_.spans_queued_max) {
    spans_dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  spans_.push_back(std::move(span));
}

void SelfTelemetry::AddSpan(std::string name, UnixNanos start, int64_t duration_nanos, const std::string& error,
                            std::vector<std::pair<std::string, obs::AttributeValue>> attributes) {
  obs::SpanRecord span;
  StoreUnaligned(span.context.trace_id.data(), services_.random.Next());
  StoreUnaligned(span.context.trace_id.data() + 8, services_.random.Next());
  StoreUnaligned(span.context.span_id.data(), services_.random.Next() | 1);
  span.name = std::move(name);
  span.kind = obs::SpanKind::kServer;
  span.start_unix_nanos = start;
  span.end_unix_nanos = start + duration_nanos;
  span.status = error.empty() ? obs::SpanStatus::kOk : obs::SpanStatus::kError;
  span.status_message = error;
  span.attributes = std::move(attributes);
  Export(std::move(span));
}

void SelfTelemetry::Tick() {
  const auto error = CatchError([&] {
    const std::scoped_lock tick(tick_mutex_);
    SendSpans();
    const MonotonicNanos now = services_.clock.Monotonic();
    if (now - metrics_sent_ < options_.metrics_interval_nanos) return;
    metrics_sent_ = now;
    const auto samples = services_.metrics.Snapshot();
    if (WasActive(samples)) SendMetrics(samples);
  });
  static obs::LogLimiter limiter;
  if (error == nullptr) return;
  if (limiter.Allow().has_value()) {
    obs::Log(obs::Severity::kWarn, "telemetry", "own telemetry could not be sent", {{"error", error->message()}});
  }
}

bool SelfTelemetry::WasActive(const std::vector<obs::MetricSample>& samples) {
  auto activity = static_cast<double>(spans_taken_.load(std::memory_order_relaxed));
  for (const obs::MetricSample& sample : samples) {
    const auto& names = options_.activity_metrics;
    if (std::find(names.begin(), names.end(), sample.name) != names.end()) activity += sample.value;
  }
  return std::exchange(activity_, activity) != activity;
}

uint64_t SelfTelemetry::SendOnce() {
  const std::scoped_lock tick(tick_mutex_);
  return SendMetrics(services_.metrics.Snapshot()) + SendSpans();
}

OtlpSource SelfTelemetry::Source() const {
  OtlpSource source{.resource = {{"service.name", options_.service_name}}, .scope_name = "weir"};
  if (!options_.service_version.empty()) source.resource.emplace_back("service.version", options_.service_version);
  if (!options_.host_name.empty()) source.resource.emplace_back("host.name", options_.host_name);
  return source;
}

uint64_t SelfTelemetry::SendMetrics(const std::vector<obs::MetricSample>& samples) {
  OtlpMetricWriter metrics(Source(), services_.clock.Now(), started_);
  std::string open;  // the metric that points are being added to
  const auto close = [&] {
    if (!open.empty()) metrics.End();
    open.clear();
  };
  for (const obs::MetricSample& sample : samples) {
    OtlpAttributes attributes;
    for (const auto& [name, value] : sample.labels) attributes.emplace_back(name, value);
    if (sample.kind == obs::MetricKind::kHistogram) {
      close();
      metrics.AddHistogram(sample.name, sample.unit, sample.help, sample.bucket_bounds, sample.bucket_counts,
                           sample.sum, attributes);
      continue;
    }
    if (open != sample.name) {
      close();
      open = sample.name;
      metrics.Begin(sample.name, sample.unit, sample.help,
                    sample.kind == obs::MetricKind::kCounter ? OtlpMetricKind::kCounter : OtlpMetricKind::kGauge);
    }
    metrics.Add(sample.value, attributes);
  }
  close();
  const size_t points = metrics.size();
  return points != 0 && sink_(Signal::kMetrics, metrics.Take()) ? points : 0;
}

uint64_t SelfTelemetry::SendSpans() {
  std::deque<obs::SpanRecord> spans;
  {
    const std::scoped_lock lock(mutex_);
    spans.swap(spans_);
  }
  if (spans.empty()) return 0;
  uint64_t sent = 0;
  constexpr size_t kSpansPerRequest = 1000;
  OtlpSpanWriter writer(Source());
  for (size_t i = 0; i < spans.size(); ++i) {
    writer.Add(spans[i]);
    if (writer.size() < kSpansPerRequest && i + 1 < spans.size()) continue;
    const size_t count = writer.size();
    bool delivered = false;
    (void)CatchError([&] { delivered = sink_(Signal::kTraces, writer.Take()); });
    if (delivered) {
      sent += count;
    } else {
      spans_dropped_.fetch_add(count, std::memory_order_relaxed);
    }
  }
  return sent;
}

}  // namespace weir
