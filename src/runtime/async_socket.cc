#include "runtime/async_socket.h"

#include <atomic>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "runtime/waiter.h"

namespace weir {
namespace {

constexpr int64_t kOutOfDescriptorsPauseNanos = 100 * kNanosPerMilli;

enum class Wake : uint8_t { kReady, kTimedOut, kClosed };

Error ClosedError() {
  return Error::Operational(sqlstate::kConnectionFailure, "the connection was closed").WithRetryable();
}

// One coroutine that waits for one side of a socket. Everything on the loop's thread.
struct SideWait {
  std::coroutine_handle<> handle;
  Executor::TimerId timer = 0;
  Wake outcome = Wake::kReady;
};

// The socket and who waits for it; lives on the loop's thread, kept alive by the stream and by operations under way.
struct SocketState : std::enable_shared_from_this<SocketState> {
  SocketState(EventLoop& owner, std::unique_ptr<Socket> from) : loop(owner), socket(std::move(from)) {}

  EventLoop& loop;
  std::unique_ptr<Socket> socket;  // null once closed
  SideWait read;
  SideWait write;
  bool reading_has_ended = false;
  std::atomic<int64_t> read_timeout_nanos{0};
  std::atomic<int64_t> write_timeout_nanos{0};

  void Finish(SideWait& side, Wake outcome) {
    if (side.handle == nullptr) return;
    if (side.timer != 0) loop.CancelTimer(std::exchange(side.timer, 0));
    side.outcome = outcome;
    ResumeHere(std::exchange(side.handle, nullptr));
  }
  void EndReadingOnLoop() {
    reading_has_ended = true;
    if (socket == nullptr || read.handle == nullptr) return;
    socket->ForgetReadable();
    Finish(read, Wake::kReady);
  }
  void CloseOnLoop() {
    if (socket == nullptr) return;
    socket.reset();
    Finish(read, Wake::kClosed);
    Finish(write, Wake::kClosed);
  }
};

// Suspends until the socket is ready for that side, the time is over, or it was closed.
struct SideAwaiter {
  std::shared_ptr<SocketState> state;
  bool for_read;
  int64_t timeout_nanos;
  std::exception_ptr failure{};

  SideWait& side() const { return for_read ? state->read : state->write; }
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    SideWait& wait = side();
    WEIR_CHECK(wait.handle == nullptr, "two operations of one kind on one connection");
    try {
      if (timeout_nanos > 0) {
        wait.timer = state->loop.PostAfter(timeout_nanos, [state = state.get(), &wait, for_read = for_read] {
          wait.timer = 0;
          if (for_read)
            state->socket->ForgetReadable();
          else
            state->socket->ForgetWritable();
          state->Finish(wait, Wake::kTimedOut);
        });
      }
      wait.handle = handle;
      auto ready = [state = state.get(), &wait] { state->Finish(wait, Wake::kReady); };
      if (for_read)
        state->socket->WhenReadable(std::move(ready));
      else
        state->socket->WhenWritable(std::move(ready));
    } catch (...) {
      if (wait.timer != 0) state->loop.CancelTimer(std::exchange(wait.timer, 0));
      wait.handle = nullptr;
      failure = std::current_exception();
      return false;
    }
    return true;
  }
  Wake await_resume() const {
    if (failure != nullptr) std::rethrow_exception(failure);
    return side().outcome;
  }
};

// Suspends only when not on the loop already.
struct OnLoop {
  EventLoop& loop;
  bool await_ready() const noexcept { return loop.InLoopThread(); }
  void await_suspend(std::coroutine_handle<> handle) const {
    loop.Post([handle] { ResumeHere(handle); });
  }
  void await_resume() const noexcept {}
};

// The state outlives these coroutines by their own reference, also when the stream is destroyed too early.
Task<size_t> ReadSome(std::shared_ptr<SocketState> state, std::span<char> out) {
  co_await OnLoop{state->loop};
  if (out.empty()) co_return 0;
  for (;;) {
    if (state->socket == nullptr) throw ClosedError();
    if (state->reading_has_ended) co_return 0;
    const TransferResult result = state->socket->Read(out);
    if (result.has_value()) co_return *result;
    const int64_t timeout = state->read_timeout_nanos.load(std::memory_order_relaxed);
    SideAwaiter readable{state, true, timeout};
    const Wake wake = co_await readable;
    if (wake == Wake::kTimedOut) {
      throw Error::Operational(sqlstate::kConnectionFailure, "no data came in time: {} ms", timeout / kNanosPerMilli);
    }
  }
}

Task<void> WriteAll(std::shared_ptr<SocketState> state, std::span<const char> bytes) {
  co_await OnLoop{state->loop};
  while (!bytes.empty()) {
    if (state->socket == nullptr) throw ClosedError();
    const TransferResult result = state->socket->Write(bytes);
    if (result.has_value()) {
      bytes = bytes.subspan(*result);
      continue;
    }
    const int64_t timeout = state->write_timeout_nanos.load(std::memory_order_relaxed);
    SideAwaiter writable{state, false, timeout};
    const Wake wake = co_await writable;
    if (wake == Wake::kTimedOut) {
      throw Error::Operational(sqlstate::kConnectionFailure, "the peer took no data in time: {} ms",
                               timeout / kNanosPerMilli);
    }
  }
}

Task<void> EndWriting(std::shared_ptr<SocketState> state) {
  co_await OnLoop{state->loop};
  if (state->socket == nullptr) throw ClosedError();
  state->socket->ShutdownWrite();
}

Task<bool> HasPeerEnded(std::shared_ptr<SocketState> state) {
  co_await OnLoop{state->loop};
  co_return state->socket == nullptr || state->socket->PeerHasEnded();
}

class TcpStream final : public AsyncStream {
 public:
  TcpStream(EventLoop& loop, std::unique_ptr<Socket> socket)
      : peer_(socket->peer_address()),
        local_(socket->local_address()),
        state_(std::make_shared<SocketState>(loop, std::move(socket))) {}
  ~TcpStream() override { Close(); }

  Task<size_t> Read(std::span<char> out) override { return ReadSome(state_, out); }
  Task<void> Write(std::span<const char> bytes) override { return WriteAll(state_, bytes); }
  Task<void> ShutdownWrite() override { return EndWriting(state_); }
  Task<bool> PeerHasEnded() override { return HasPeerEnded(state_); }
  void EndReading() noexcept override {
    state_->loop.Post([state = state_] { state->EndReadingOnLoop(); });
  }
  void Close() noexcept override {
    if (state_->loop.InLoopThread()) {
      state_->CloseOnLoop();
    } else {
      state_->loop.Post([state = state_] { state->CloseOnLoop(); });
    }
  }
  void set_read_timeout_nanos(int64_t nanos) override { state_->read_timeout_nanos = nanos; }
  void set_write_timeout_nanos(int64_t nanos) override { state_->write_timeout_nanos = nanos; }
  EventLoop& loop() override { return state_->loop; }
  SocketAddress peer_address() const override { return peer_; }
  SocketAddress local_address() const override { return local_; }

 private:
  const SocketAddress peer_;
  const SocketAddress local_;
  const std::shared_ptr<SocketState> state_;
};

}  // namespace

Task<void> AsyncStream::ReadExactly(std::span<char> out) {
  while (!out.empty()) {
    const size_t got = co_await Read(out);
    if (got == 0) {
      throw Error::Operational(sqlstate::kConnectionFailure, "the peer ended the connection: {} more bytes expected",
                               out.size());
    }
    out = out.subspan(got);
  }
}

std::unique_ptr<AsyncStream> MakeTcpStream(EventLoop& loop, std::unique_ptr<Socket> socket) {
  return std::make_unique<TcpStream>(loop, std::move(socket));
}

Task<std::unique_ptr<AsyncStream>> ConnectTcp(EventLoop& loop, SocketAddress address, int64_t timeout_nanos,
                                              CancellationToken token) {
  co_await OnLoop{loop};
  token.ThrowIfCanceled();
  const auto state = std::make_shared<SocketState>(loop, loop.Connect(address));
  const CancellationToken::Registration registration =
      token.OnCancel([state](const Error&) { state->loop.Post([state] { state->CloseOnLoop(); }); });
  SideAwaiter connected{state, false, timeout_nanos};
  const Wake wake = co_await connected;
  token.ThrowIfCanceled();
  if (wake == Wake::kTimedOut) {
    state->CloseOnLoop();
    throw Error::Operational(sqlstate::kConnectionFailure, "could not connect to {}: no answer in {} ms",
                             address.ToString(), timeout_nanos / kNanosPerMilli)
        .WithRetryable();
  }
  state->socket->FinishConnect();
  std::unique_ptr<AsyncStream> stream = MakeTcpStream(loop, std::move(state->socket));
  co_return stream;
}

// Lives on the loop's thread, as SocketState does.
struct AsyncListener::State : std::enable_shared_from_this<State> {
  explicit State(EventLoop& owner) : loop(owner) {}

  EventLoop& loop;
  std::unique_ptr<ListenSocket> socket;  // null once closed
  std::shared_ptr<Waiter> waiter;        // of the Accept under way

  void CloseOnLoop() {
    socket.reset();
    if (waiter != nullptr) std::exchange(waiter, nullptr)->Wake(Waiter::Outcome::kCanceled);
  }

  static Task<SocketAddress> Open(std::shared_ptr<State> state, SocketAddress address, ListenOptions options) {
    co_await OnLoop{state->loop};
    state->socket = state->loop.Listen(address, options);
    SocketAddress local = state->socket->local_address();
    co_return local;
  }
  static Task<std::unique_ptr<AsyncStream>> Accept(std::shared_ptr<State> state, EventLoop* owner);
};

Task<std::unique_ptr<AsyncStream>> AsyncListener::State::Accept(std::shared_ptr<State> state, EventLoop* owner) {
  co_await OnLoop{state->loop};
  for (;;) {
    if (state->socket == nullptr) co_return nullptr;
    std::unique_ptr<Socket> socket;
    bool exhausted = false;
    try {
      socket = state->socket->Accept(*owner);
    } catch (const Error& error) {
      if (error.sqlstate() != sqlstate::kOutOfMemory) throw;
      exhausted = true;  // of file descriptors; co_await is not possible here
    }
    if (socket != nullptr) {
      std::unique_ptr<AsyncStream> stream = MakeTcpStream(*owner, std::move(socket));
      co_return stream;
    }
    const auto waiter = std::make_shared<Waiter>(nullptr);
    state->waiter = waiter;
    if (exhausted) {
      // No edge tells when there are some again.
      const MonotonicNanos deadline = state->loop.clock().Monotonic() + kOutOfDescriptorsPauseNanos;
      co_await waiter->SuspendUntil(state->loop, deadline);
    } else {
      state->socket->WhenAcceptable([waiter] { waiter->Wake(Waiter::Outcome::kWoken); });
      co_await waiter->Suspend();
    }
    state->waiter = nullptr;
  }
}

AsyncListener::AsyncListener(EventLoop& loop, const SocketAddress& address, const ListenOptions& options)
    : state_(std::make_shared<State>(loop)) {
  WEIR_CHECK(!loop.InLoopThread(), "a listener is made on its own loop's thread");
  local_address_ = SyncWait(State::Open(state_, address, options));
}

AsyncListener::~AsyncListener() {
  Close();
}

Task<std::unique_ptr<AsyncStream>> AsyncListener::Accept(EventLoop& owner) {
  return State::Accept(state_, &owner);
}

void AsyncListener::Close() noexcept {
  if (state_->loop.InLoopThread()) {
    state_->CloseOnLoop();
  } else {
    state_->loop.Post([state = state_] { state->CloseOnLoop(); });
  }
}

}  // namespace weir
