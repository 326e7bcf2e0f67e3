#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "env/executor.h"

namespace weir {

// A numeric IP address and a port.
struct SocketAddress {
  // Not an aggregate: g++ 12 miscompiles temporaries of those in co_await expressions.
  SocketAddress() = default;
  SocketAddress(std::string numeric_host, uint16_t port_number) : host(std::move(numeric_host)), port(port_number) {}

  std::string host;  // "127.0.0.1", "::1"
  uint16_t port = 0;
  // "127.0.0.1:5432", "[::1]:5432"
  std::string ToString() const;
  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};

class EventLoop;

// Result of a non-blocking transfer: bytes moved, nothing for "would block". Reading 0 bytes means that the peer has
// ended its side.
using TransferResult = std::optional<size_t>;

// A stream socket that never blocks. Only on its loop's thread, which also destroys it; that closes it and drops the
// callbacks.
class Socket {
 public:
  virtual ~Socket() = default;
  // Throw kConnectionFailure when the connection is broken. `out` and `bytes` are not empty.
  virtual TransferResult Read(std::span<char> out) = 0;
  virtual TransferResult Write(std::span<const char> bytes) = 0;
  // Call `ready` once, from the loop, when the next Read (Write) may do something. One wish of each kind at a time; a
  // new one replaces the old. A socket that is being connected is writable when that has ended either way.
  virtual void WhenReadable(Executor::Callback ready) = 0;
  virtual void WhenWritable(Executor::Callback ready) = 0;
  virtual void ForgetReadable() = 0;
  virtual void ForgetWritable() = 0;
  // After becoming writable: throws kConnectionFailure when Connect has failed.
  virtual void FinishConnect() = 0;
  // The peer sees the end of the stream; reading goes on.
  virtual void ShutdownWrite() = 0;
  // Whether the peer has ended its side or the connection has broken, also when there is something to read before.
  virtual bool PeerHasEnded() const = 0;
  virtual SocketAddress local_address() const = 0;
  virtual SocketAddress peer_address() const = 0;
};

// Accepts connections. Only on its loop's thread.
class ListenSocket {
 public:
  virtual ~ListenSocket() = default;
  // A connection that `owner` serves from now on, or nullptr when nobody waits. Throws kOutOfMemory (too many open
  // files) and may be called again later.
  virtual std::unique_ptr<Socket> Accept(EventLoop& owner) = 0;
  virtual void WhenAcceptable(Executor::Callback ready) = 0;
  // With the real port when 0 was asked for.
  virtual SocketAddress local_address() const = 0;
};

struct ListenOptions {
  int backlog = 1024;
};

// One thread's sockets and timers. Run() makes the calling thread its thread until Stop(); callbacks run there, one
// at a time. Post, PostAt, CancelTimer, Stop and InLoopThread from any thread; sockets from the loop's only.
// Implementations: EpollLoop.
class EventLoop : public Executor {
 public:
  // Throws kConnectionFailure or kIoError ("address in use").
  virtual std::unique_ptr<ListenSocket> Listen(const SocketAddress& address, const ListenOptions& options = {}) = 0;
  // Begins to connect; see Socket::WhenWritable and FinishConnect. The host is numeric or "localhost".
  virtual std::unique_ptr<Socket> Connect(const SocketAddress& address) = 0;

  virtual void Run() = 0;
  // Run() returns after the callback that is running; what is posted later is dropped at destruction.
  virtual void Stop() = 0;
  virtual bool InLoopThread() const = 0;
};

}  // namespace weir
