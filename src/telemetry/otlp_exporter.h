#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "env/executor.h"
#include "runtime/cancellation.h"
#include "telemetry/signal.h"

namespace weir {

struct OtlpExporterOptions {
  std::string endpoint = "http://127.0.0.1:4318";  // "/v1/logs" and the like are appended
  std::string user;                                // of the other side, with `password`; empty: none is sent
  std::string password;
  bool gzip = true;
  int64_t timeout_nanos = 30 * kNanosPerSecond;  // of one attempt
  int attempts_max = 6;
  int64_t backoff_nanos = 250 * kNanosPerMilli;  // doubles after each attempt
  int64_t backoff_nanos_max = 10 * kNanosPerSecond;
};

// Sends OTLP requests over HTTP (libcurl), and again with growing pauses when the other side asks for that (429, 502,
// 503, 504) or cannot be reached. Threads: any; one request at a time, on one kept connection.
class OtlpExporter {
 public:
  OtlpExporter(OtlpExporterOptions options, Executor& timers);
  ~OtlpExporter();
  OtlpExporter(const OtlpExporter&) = delete;
  OtlpExporter& operator=(const OtlpExporter&) = delete;

  // Blocks. False when the request was not taken, for whatever reason; last_error() says why.
  bool Send(Signal signal, const std::string& protobuf);
  std::string last_error() const;
  // Ends a Send that waits to try again, and all later ones. A transfer under way ends soon.
  void Stop();

 private:
  struct Connection;
  struct Attempt {
    int status = 0;  // 0: not reached
    int64_t retry_after_seconds = -1;
    std::string error;
  };
  Attempt SendOnce(Signal signal, const std::string& body);

  const OtlpExporterOptions options_;
  Executor& timers_;
  CancellationSource stop_;
  std::mutex send_mutex_;  // held across transfers
  std::unique_ptr<Connection> connection_;
  mutable std::mutex mutex_;  // guards the below; leaf
  std::string last_error_;
};

}  // namespace weir
