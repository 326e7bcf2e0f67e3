#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "env/clock.h"
#include "env/executor.h"
#include "env/random.h"
#include "obs/metrics.h"
#include "obs/trace.h"
#include "runtime/io_pool.h"
#include "telemetry/otlp_writer.h"
#include "telemetry/signal.h"

namespace weir {

struct SelfTelemetryOptions {
  int64_t interval_nanos = kNanosPerSecond;               // of spans
  int64_t metrics_interval_nanos = 10 * kNanosPerSecond;  // of metrics
  size_t spans_queued_max = 10'000;                       // beyond, the newest are dropped
  std::string service_name = "weir";
  std::string service_version;
  std::string host_name;
  // Counters that move when others than this use the process.
  std::vector<std::string> activity_metrics = {"weir_http_requests_total"};
};

// Turns the process's own spans and metrics into OTLP requests, now and then, for itself or another store. As a span
// sink it takes what tracers and finished statements give it. Metrics are sent only after something has happened (a
// span, or a metric of `activity_metrics` that has moved): what it sends to its own process causes nothing more to be
// sent, and an idle process stays idle. Services are borrowed. Threads: all methods from any thread. Lifecycle:
// construct, Start, Stop (waits for a running tick).
class SelfTelemetry final : public obs::SpanSink {
 public:
  struct Services {
    const Clock& clock;
    Random& random;
    Executor& timers;
    IoPool& io;
    const obs::MetricsRegistry& metrics;
  };
  // As HostCollector's: false or an exception when it could not be delivered; then it is dropped.
  using Sink = std::function<bool(Signal signal, const std::string& protobuf)>;

  SelfTelemetry(Services services, SelfTelemetryOptions options, Sink sink);
  ~SelfTelemetry() override;
  SelfTelemetry(const SelfTelemetry&) = delete;
  SelfTelemetry& operator=(const SelfTelemetry&) = delete;

  void Export(obs::SpanRecord span) override;
  // A root span with fresh ids, e.g. of a finished statement.
  void AddSpan(std::string name, UnixNanos start, int64_t duration_nanos, const std::string& error,
               std::vector<std::pair<std::string, obs::AttributeValue>> attributes);

  void Start();
  void Stop();
  // Sends what there is, right here; blocks. Returns spans and data points delivered.
  uint64_t SendOnce();
  uint64_t spans_dropped() const { return spans_dropped_.load(std::memory_order_relaxed); }

 private:
  struct Schedule;
  void Tick();
  OtlpSource Source() const;
  uint64_t SendSpans();
  uint64_t SendMetrics(const std::vector<obs::MetricSample>& samples);
  // Whether anything has happened since the last call.
  bool WasActive(const std::vector<obs::MetricSample>& samples);

  const Services services_;
  const SelfTelemetryOptions options_;
  const Sink sink_;
  const UnixNanos started_;
  std::atomic<uint64_t> spans_dropped_{0};
  std::atomic<uint64_t> spans_taken_{0};
  std::mutex tick_mutex_;  // one tick at a time; held across I/O; guards the next two
  MonotonicNanos metrics_sent_ = 0;
  double activity_ = 0;
  const std::shared_ptr<Schedule> schedule_;
  std::mutex mutex_;  // guards the below; leaf
  std::deque<obs::SpanRecord> spans_;
};

}  // namespace weir
