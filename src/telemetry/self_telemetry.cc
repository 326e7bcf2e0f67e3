#include "telemetry/self_telemetry.h"

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
  const auto error = CatchError([&] { SendOnce(); });
  static obs::LogLimiter limiter;
  if (error == nullptr) return;
  if (limiter.Allow().has_value()) {
    obs::Log(obs::Severity::kWarn, "telemetry", "own telemetry could not be sent", {{"error", error->message()}});
  }
}

uint64_t SelfTelemetry::SendOnce() {
  const std::scoped_lock tick(tick_mutex_);
  OtlpSource source{.resource = {{"service.name", options_.service_name}}, .scope_name = "weir"};
  if (!options_.service_version.empty()) source.resource.emplace_back("service.version", options_.service_version);
  if (!options_.host_name.empty()) source.resource.emplace_back("host.name", options_.host_name);

  uint64_t sent = 0;
  OtlpMetricWriter metrics(source, services_.clock.Now(), started_);
  std::string open;  // the metric that points are being added to
  const auto close = [&] {
    if (!open.empty()) metrics.End();
    open.clear();
  };
  for (const obs::MetricSample& sample : services_.metrics.Snapshot()) {
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
  if (const size_t points = metrics.size(); points != 0 && sink_(Signal::kMetrics, metrics.Take())) sent += points;

  std::deque<obs::SpanRecord> spans;
  {
    const std::scoped_lock lock(mutex_);
    spans.swap(spans_);
  }
  constexpr size_t kSpansPerRequest = 1000;
  OtlpSpanWriter writer(source);
  for (size_t i = 0; i < spans.size(); ++i) {
    writer.Add(spans[i]);
    if (writer.size() < kSpansPerRequest && i + 1 < spans.size()) continue;
    const size_t count = writer.size();
    if (sink_(Signal::kTraces, writer.Take())) {
      sent += count;
    } else {
      spans_dropped_.fetch_add(count, std::memory_order_relaxed);
    }
  }
  return sent;
}

}  // namespace weir
