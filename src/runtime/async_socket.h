#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "env/event_loop.h"
#include "runtime/cancellation.h"
#include "runtime/task.h"

namespace weir {

// A two-way stream of bytes that coroutines use: TCP here, TLS over it in server/.
//
// Operations may be started on any thread; they go on at the loop's thread, so after each of them the caller is on
// loop() and hops back with `co_await pool.Schedule()` for work that takes long. One read and one write may be under
// way at a time. The stream must outlive them: Close(), wait for them, destroy (anywhere).
class AsyncStream {
 public:
  virtual ~AsyncStream() = default;
  // At least one byte, or 0 when the peer has ended its side. Throws kConnectionFailure when the connection breaks,
  // the read timeout passes or the stream is closed.
  virtual Task<size_t> Read(std::span<char> out) = 0;
  // All of it. The bytes are borrowed until it ends.
  virtual Task<void> Write(std::span<const char> bytes) = 0;
  // The peer sees the end of the stream; reading goes on.
  virtual Task<void> ShutdownWrite() = 0;
  // Any thread, any time: reads under way and later ones give 0, as if the peer had ended its side; writing goes on.
  virtual void EndReading() noexcept = 0;
  // Whether the peer has ended its side or the connection has broken, without reading. The stream may go meanwhile.
  virtual Task<bool> PeerHasEnded() = 0;
  // Any thread, any time, more than once: operations under way throw kConnectionFailure.
  virtual void Close() noexcept = 0;

  // 0: wait for ever. Take effect for later operations.
  virtual void set_read_timeout_nanos(int64_t nanos) = 0;
  virtual void set_write_timeout_nanos(int64_t nanos) = 0;
  virtual EventLoop& loop() = 0;
  virtual SocketAddress peer_address() const = 0;
  virtual SocketAddress local_address() const = 0;

  // Fills `out`, or throws kConnectionFailure when the stream ends before.
  Task<void> ReadExactly(std::span<char> out);
};

std::unique_ptr<AsyncStream> MakeTcpStream(EventLoop& loop, std::unique_ptr<Socket> socket);
// Throws kConnectionFailure when refused or late; 0 waits as long as the system does. Cancellation ends it early.
Task<std::unique_ptr<AsyncStream>> ConnectTcp(EventLoop& loop, SocketAddress address, int64_t timeout_nanos = 0,
                                              CancellationToken token = {});

// Accepts connections at an address. Made anywhere; its loop accepts.
// Outlives its Accept: Close(), wait for it, destroy (anywhere).
class AsyncListener {
 public:
  // Throws when the address cannot be had. Blocks until the loop, which must be running, has opened it; so not on the
  // loop's own thread.
  AsyncListener(EventLoop& loop, const SocketAddress& address, const ListenOptions& options = {});
  ~AsyncListener();
  AsyncListener(const AsyncListener&) = delete;
  AsyncListener& operator=(const AsyncListener&) = delete;

  // The next connection, to be served by `owner`; nullptr once closed. When the process has no more file descriptors
  // it waits for some.
  Task<std::unique_ptr<AsyncStream>> Accept(EventLoop& owner);
  void Close() noexcept;
  // With the real port when 0 was asked for.
  const SocketAddress& local_address() const { return local_address_; }

 private:
  struct State;
  std::shared_ptr<State> state_;
  SocketAddress local_address_;
};

}  // namespace weir
