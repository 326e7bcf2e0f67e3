#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "env/clock.h"
#include "ingest/load_service.h"
#include "obs/metrics.h"
#include "runtime/condition_variable.h"
#include "runtime/io_pool.h"
#include "runtime/memory_tracker.h"
#include "storage/storage.h"
#include "telemetry/otlp_decoder.h"
#include "telemetry/signal.h"
#include "telemetry/signal_tables.h"

namespace weir {

struct TelemetryOptions {
  OtlpDecodeOptions decode;
  std::string database = "weir";
  std::string schema = "public";
  // Bodies that wait or are being decoded; beyond, requests are refused with 429.
  uint64_t pending_bytes_max = 256 << 20;
};

// One request as it came over HTTP or gRPC, decompressed.
struct TelemetryRequest {
  Signal signal = Signal::kLogs;
  OtlpEncoding encoding = OtlpEncoding::kProtobuf;
  std::string body;
  std::string organization;  // who sends, when the front door knows; else the resource says
};

// What to answer, as OTLP/HTTP says: an ExportXServiceResponse with 200, else a google.rpc.Status.
struct TelemetryAnswer {
  int status = 200;
  std::string content_type;
  std::string body;
  int retry_after_seconds = 0;  // > 0: the sender may try again after that
};

// Takes OTLP requests into the tables `logs`, `metrics` and `traces`: decoded on the I/O pool, loaded together with
// others, answered once durable. Requests beyond the memory for them are refused at once, to be sent again.
// Threads: all methods from any thread. Ownership: one per process; all services are borrowed and must outlive it.
class TelemetryIngest {
 public:
  struct Services {
    Storage& storage;
    LoadService& loads;
    IoPool& io;
    const Clock& clock;
    obs::MetricsRegistry& metrics;
    std::shared_ptr<MemoryTracker> tracker;
  };
  TelemetryIngest(Services services, TelemetryOptions options = {});
  // Waits for what is under way.
  ~TelemetryIngest();
  TelemetryIngest(const TelemetryIngest&) = delete;
  TelemetryIngest& operator=(const TelemetryIngest&) = delete;

  // `done` is called once, here or on another thread; it must be quick and not throw.
  using Done = std::move_only_function<void(TelemetryAnswer answer)>;
  void Ingest(TelemetryRequest request, Done done) noexcept;
  // The answer that says no: for front doors that refuse a request before it gets here.
  static TelemetryAnswer Refusal(OtlpEncoding encoding, int http_status, std::string_view message,
                                 int retry_after_seconds = 0);

 private:
  struct Work;
  struct SignalCounters {
    obs::Counter& requests;
    obs::Counter& failures;
    obs::Counter& records;
    obs::Counter& rejected;
    obs::Counter& bytes;
    obs::Histogram& latency;
  };
  SignalCounters MakeCounters(Signal signal) const;
  void Decode(std::shared_ptr<Work> work) noexcept;
  void Finish(Work& work, TelemetryAnswer answer) noexcept;
  TelemetryAnswer AnswerTo(const Work& work, const Error& error) const;

  const Services services_;
  const TelemetryOptions options_;
  SignalTables tables_;
  std::array<SignalCounters, kSignalCount> counters_;
  std::atomic<uint64_t> pending_bytes_{0};
  std::mutex mutex_;  // guards the below; leaf
  ConditionVariable idle_;
  size_t pending_ = 0;
};

}  // namespace weir
