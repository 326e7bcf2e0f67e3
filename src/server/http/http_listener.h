#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "env/clock.h"
#include "env/event_loop.h"
#include "obs/metrics.h"
#include "runtime/condition_variable.h"
#include "server/http/http_message.h"

struct MHD_Daemon;

namespace weir::http {

class Exchange;
struct ListenerCallbacks;

struct HttpListenerOptions {
  int threads = 2;
  unsigned connections_max = 4096;
  unsigned idle_seconds_max = 120;                        // a connection without any traffic
  int64_t upload_nanos_max = 120 * kNanosPerSecond;       // from the first byte of a body to its last
  uint64_t body_bytes_max = 64 << 20;                     // as sent
  uint64_t decompressed_bytes_max = uint64_t{256} << 20;  // after Content-Encoding
  uint64_t upload_bytes_max = uint64_t{1} << 30;          // of all bodies that are being received; beyond: 503
  size_t header_bytes_max = 32 << 10;
};

// One listening port: receives requests over libmicrohttpd, with bodies decompressed (gzip, deflate, zstd) within
// bounds, and calls the handler for each. A connection whose answer is pending holds no thread.
// Threads: all methods from any thread. Lifecycle: construct, Start, Stop, destroy.
class HttpListener {
 public:
  HttpListener(SocketAddress address, HttpListenerOptions options, const Clock& clock, obs::MetricsRegistry& metrics,
               Handler handler);
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  // Throws kObjectInUse or kConnectionFailure when the port cannot be had.
  void Start();
  // How a request is refused before the handler sees it; unset: plain text. Before Start.
  using Refuse = std::function<HttpResponse(const HttpRequest& request, int status, const std::string& message)>;
  void set_refuse(Refuse refuse) { refuse_ = std::move(refuse); }
  // Looks at each request before its body is read; a response refuses it. Quick. Before Start.
  using Admit = std::function<std::optional<HttpResponse>(const HttpRequest& request)>;
  void set_admit(Admit admit) { admit_ = std::move(admit); }
  // Takes no more requests, waits for the answers to those it has, closes.
  void Stop();
  uint16_t port() const { return port_; }
  const HttpListenerOptions& options() const { return options_; }

 private:
  friend class Exchange;
  friend struct ListenerCallbacks;
  void RequestEnded();

  const SocketAddress address_;
  const HttpListenerOptions options_;
  const Clock& clock_;
  const Handler handler_;
  Refuse refuse_;
  Admit admit_;
  obs::Counter& requests_total_;
  obs::Counter& received_bytes_total_;
  MHD_Daemon* daemon_ = nullptr;
  uint16_t port_ = 0;
  std::atomic<uint64_t> upload_bytes_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards the below; leaf
  ConditionVariable idle_;
  size_t pending_ = 0;  // handlers that have not responded
};

}  // namespace weir::http
