#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "runtime/async_socket.h"
#include "runtime/loop_threads.h"
#include "runtime/task_group.h"
#include "runtime/waiter.h"
#include "server/engine.h"
#include "server/pgwire/tls_stream.h"

namespace weir {

class Session;

namespace pgwire {
class Connection;
}

struct PgServerOptions {
  SocketAddress address{"127.0.0.1", 4566};
  std::string tls_certificate_file;  // both empty: no TLS
  std::string tls_key_file;
  bool tls_required = false;
  size_t connections_max = 10'000;
  uint32_t message_bytes_max = 256U << 20;
  int64_t startup_timeout_nanos = 60 * kNanosPerSecond;
  int64_t write_timeout_nanos = 10 * 60 * kNanosPerSecond;  // a client that reads nothing for so long is dropped
};

// The PostgreSQL protocol's front door. A connection is a coroutine on one of a few event loops, so idle ones cost
// memory only; statements are bound and started on the engine's I/O pool and run on its workers. Threads: any.
// Lifecycle: construct (listens), Stop (ends connections), destroy.
// A statement whose client has closed the connection is canceled within seconds.
class PgServer {
 public:
  PgServer(Engine& engine, LoopThreads& loops, PgServerOptions options);
  ~PgServer();
  PgServer(const PgServer&) = delete;
  PgServer& operator=(const PgServer&) = delete;

  const SocketAddress& address() const { return listener_->local_address(); }
  size_t connections() const { return connections_.load(std::memory_order_relaxed); }
  // Cancels what runs and tells the clients (57P01); closes on those that do not listen for it.
  void Stop();

 private:
  friend class pgwire::Connection;
  Task<void> AcceptLoop();
  Task<void> Serve(std::unique_ptr<AsyncStream> stream);
  // Cancels for clients that have gone; when the server stops, closes the connections that do not end by themselves.
  Task<void> WatchConnections();
  Task<void> CancelForGoneClients();
  // Until the time is over, or Stop begins or has closed the last connection.
  Task<void> Pause(int64_t nanos);
  void Forget(pgwire::Connection& connection);
  // Cancel requests come over connections of their own, with the key of the session's.
  void Register(Session& session);
  void Unregister(Session& session);
  void CancelByKey(int32_t id, int32_t secret);
  // The same for a user each time, as a stored salt would be: unknown users cannot be told from known ones.
  std::string MockSalt(const std::string& user) const;

  Engine& engine_;
  LoopThreads& loops_;
  const PgServerOptions options_;
  const uint64_t mock_salt_secret_;
  std::unique_ptr<TlsContext> tls_;
  std::unique_ptr<AsyncListener> listener_;
  TaskGroup tasks_;
  std::atomic<size_t> connections_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards the below
  std::unordered_map<int32_t, Session*> sessions_;
  std::unordered_set<pgwire::Connection*> connections_open_;
  std::shared_ptr<Waiter> pause_;  // of WatchConnections
};

}  // namespace weir
