#include "env/posix/epoll_loop.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/error.h"

namespace weir {

// One entry of the batch that epoll_wait gave; `descriptor` becomes null when that is destroyed meanwhile.
struct PendingEvent {
  class PolledDescriptor* descriptor;
  uint32_t events;
};

namespace {

constexpr int kBatchMax = 256;
constexpr int64_t kLongestWaitMs = 60'000;

[[noreturn]] void ThrowConnection(int error_number, std::string_view what) {
  if (error_number == EMFILE || error_number == ENFILE) throw Error::FromErrno(error_number, what);
  throw Error::Operational(sqlstate::kConnectionFailure, "{}: {}", what, std::strerror(error_number)).WithRetryable();
}

struct NativeAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

NativeAddress ToNative(const SocketAddress& address) {
  NativeAddress out;
  const std::string& host = address.host == "localhost" ? "127.0.0.1" : address.host;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    out.size = sizeof(*v4);
  } else if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    out.size = sizeof(*v6);
  } else {
    throw Error::User(sqlstate::kInvalidParameterValue, "not a numeric network address: {}", address.host);
  }
  return out;
}

SocketAddress FromNative(const NativeAddress& native) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (native.storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&native.storage);
    inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    return {text.data(), ntohs(v4->sin_port)};
  }
  if (native.storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&native.storage);
    inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
    return {text.data(), ntohs(v6->sin6_port)};
  }
  return {};
}

SocketAddress LocalAddressOf(int fd) {
  NativeAddress native;
  return ::getsockname(fd, native.get(), &native.size) == 0 ? FromNative(native) : SocketAddress{};
}

}  // namespace

// A descriptor that epoll watches, edge-triggered, from the first wish on. An edge without a wish is remembered, so
// a caller may come to "would block" first and wish afterwards.
class PolledDescriptor {
 public:
  PolledDescriptor(EpollLoop& loop, FileDescriptor fd) : loop_(loop), fd_(std::move(fd)) {}
  ~PolledDescriptor() {
    if (!watched_) return;
    for (PendingEvent& event : loop_.batch_) {
      if (event.descriptor == this) event.descriptor = nullptr;
    }
    // Closing the descriptor takes it out of epoll.
  }
  PolledDescriptor(const PolledDescriptor&) = delete;
  PolledDescriptor& operator=(const PolledDescriptor&) = delete;

  int fd() const { return fd_.get(); }

  struct Side {
    bool ready = false;  // an edge came that nobody has used
    uint64_t wish = 0;   // counts wishes, so that a posted call knows whether it still counts
    Executor::Callback callback;
  };

  void When(Side& side, Executor::Callback callback) {
    DCheckThread();
    side.callback = std::move(callback);
    const uint64_t wish = ++side.wish;
    Watch();
    if (!side.ready) return;
    side.ready = false;
    // Not from inside this call; the weak token says whether this object still exists then.
    loop_.Post([alive = std::weak_ptr<char>(alive_), &side, wish] {
      if (alive.expired() || side.wish != wish) return;
      Fire(side);
    });
  }
  void Forget(Side& side) {
    if (side.callback != nullptr) ++side.wish;
    side.callback = nullptr;
  }
  void OnEvents(uint32_t events) {
    const std::weak_ptr<char> alive = alive_;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) OnEdge(in_);
    if (alive.expired()) return;  // the callback has destroyed this object
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) OnEdge(out_);
  }
  void DCheckThread() const { WEIR_DCHECK(loop_.InLoopThread(), "a socket is used outside of its loop's thread"); }

  Side in_;
  Side out_;

 private:
  void Watch() {
    if (watched_) return;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = this;
    if (::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_ADD, fd_.get(), &event) != 0) {
      throw Error::FromErrno(errno, "could not watch a socket");
    }
    watched_ = true;
  }
  static void OnEdge(Side& side) {
    if (side.callback != nullptr) {
      Fire(side);
    } else {
      side.ready = true;
    }
  }
  static void Fire(Side& side) {
    ++side.wish;
    auto callback = std::exchange(side.callback, nullptr);
    if (callback != nullptr) callback();
  }

  EpollLoop& loop_;
  FileDescriptor fd_;
  bool watched_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

namespace {

class EpollSocket final : public Socket {
 public:
  EpollSocket(EpollLoop& loop, FileDescriptor fd, SocketAddress peer)
      : polled_(loop, std::move(fd)), peer_(std::move(peer)) {
    const int on = 1;
    ::setsockopt(polled_.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ::setsockopt(polled_.fd(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  }

  TransferResult Read(std::span<char> out) override {
    polled_.DCheckThread();
    const ssize_t got = RetryInterrupted([&] { return ::recv(polled_.fd(), out.data(), out.size(), 0); });
    if (got >= 0) return static_cast<size_t>(got);
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    ThrowConnection(errno, "could not read from the connection");
  }
  TransferResult Write(std::span<const char> bytes) override {
    polled_.DCheckThread();
    const ssize_t put =
        RetryInterrupted([&] { return ::send(polled_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (put >= 0) return static_cast<size_t>(put);
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    ThrowConnection(errno, "could not write to the connection");
  }
  void WhenReadable(Executor::Callback ready) override { polled_.When(polled_.in_, std::move(ready)); }
  void WhenWritable(Executor::Callback ready) override { polled_.When(polled_.out_, std::move(ready)); }
  void ForgetReadable() override { polled_.Forget(polled_.in_); }
  void ForgetWritable() override { polled_.Forget(polled_.out_); }
  void FinishConnect() override {
    int error_number = 0;
    socklen_t size = sizeof(error_number);
    if (::getsockopt(polled_.fd(), SOL_SOCKET, SO_ERROR, &error_number, &size) != 0) error_number = errno;
    if (error_number != 0) ThrowConnection(error_number, "could not connect to " + peer_.ToString());
  }
  void ShutdownWrite() override {
    polled_.DCheckThread();
    if (::shutdown(polled_.fd(), SHUT_WR) != 0 && errno != ENOTCONN) {
      ThrowConnection(errno, "could not end the connection");
    }
  }
  bool PeerHasEnded() const override {
    pollfd poll{polled_.fd(), POLLRDHUP, 0};
    const int ready = RetryInterrupted([&] { return ::poll(&poll, 1, 0); });
    return ready > 0 && (poll.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  }
  SocketAddress local_address() const override { return LocalAddressOf(polled_.fd()); }
  SocketAddress peer_address() const override { return peer_; }

 private:
  PolledDescriptor polled_;
  const SocketAddress peer_;
};

class EpollListenSocket final : public ListenSocket {
 public:
  EpollListenSocket(EpollLoop& loop, FileDescriptor fd) : polled_(loop, std::move(fd)) {}

  std::unique_ptr<Socket> Accept(EventLoop& owner) override {
    polled_.DCheckThread();
    for (;;) {
      NativeAddress peer;
      FileDescriptor fd(::accept4(polled_.fd(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (fd) return std::make_unique<EpollSocket>(static_cast<EpollLoop&>(owner), std::move(fd), FromNative(peer));
      switch (errno) {
        case EAGAIN:
          return nullptr;
        case EINTR:
        case ECONNABORTED:  // and others that concern a connection which is gone already
        case EPROTO:
        case ENETDOWN:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ENETUNREACH:
          continue;
        default:
          ThrowConnection(errno, "could not accept a connection");
      }
    }
  }
  void WhenAcceptable(Executor::Callback ready) override { polled_.When(polled_.in_, std::move(ready)); }
  SocketAddress local_address() const override { return LocalAddressOf(polled_.fd()); }

 private:
  PolledDescriptor polled_;
};

}  // namespace

EpollLoop::EpollLoop(const Clock& clock)
    : clock_(clock), epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!epoll_ || !wake_event_) throw Error::FromErrno(errno, "could not create an event loop");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_event_.get(), &event) != 0) {
    throw Error::FromErrno(errno, "could not create an event loop");
  }
}

EpollLoop::~EpollLoop() {
  // What callbacks captured may post again, or be sockets of this loop.
  for (;;) {
    std::vector<Callback> posted;
    std::map<std::pair<MonotonicNanos, TimerId>, Callback> timers;
    {
      const std::scoped_lock lock(mutex_);
      posted = std::exchange(posted_, {});
      timers = std::exchange(timers_, {});
      timer_times_.clear();
    }
    if (posted.empty() && timers.empty()) return;
  }
}

bool EpollLoop::InLoopThread() const {
  return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void EpollLoop::WakeUp() {
  const uint64_t one = 1;
  // Full means that it is awake anyway.
  [[maybe_unused]] const ssize_t put = RetryInterrupted([&] { return ::write(wake_event_.get(), &one, sizeof(one)); });
}

void EpollLoop::Post(Callback callback) {
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    posted_.push_back(std::move(callback));
    wake = std::exchange(sleeping_, false);
  }
  if (wake) WakeUp();
}

Executor::TimerId EpollLoop::PostAt(MonotonicNanos when, Callback callback) {
  TimerId id = 0;
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    id = next_timer_++;
    const auto at = timers_.emplace(std::pair(when, id), std::move(callback)).first;
    timer_times_.emplace(id, when);
    if (at == timers_.begin()) wake = std::exchange(sleeping_, false);
  }
  if (wake) WakeUp();
  return id;
}

bool EpollLoop::CancelTimer(TimerId id) {
  Callback dropped;  // what it captured goes after the lock
  const std::scoped_lock lock(mutex_);
  const auto it = timer_times_.find(id);
  if (it == timer_times_.end()) return false;
  const auto timer = timers_.find({it->second, id});
  dropped = std::move(timer->second);
  timers_.erase(timer);
  timer_times_.erase(it);
  return true;
}

std::unique_ptr<ListenSocket> EpollLoop::Listen(const SocketAddress& address, const ListenOptions& options) {
  const NativeAddress native = ToNative(address);
  FileDescriptor fd(::socket(native.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!fd) ThrowConnection(errno, "could not open a socket");
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(fd.get(), native.get(), native.size) != 0 || ::listen(fd.get(), options.backlog) != 0) {
    const int reason = errno;
    throw Error::FromErrno(reason, "could not listen at " + address.ToString())
        .WithHint(reason == EADDRINUSE      ? "Stop what listens there, or choose another port: --pg-port."
                  : reason == EADDRNOTAVAIL ? "This machine has no such address: --listen."
                                            : "Check the address and the port: --listen, --pg-port.");
  }
  return std::make_unique<EpollListenSocket>(*this, std::move(fd));
}

std::unique_ptr<Socket> EpollLoop::Connect(const SocketAddress& address) {
  const NativeAddress native = ToNative(address);
  FileDescriptor fd(::socket(native.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) ThrowConnection(errno, "could not open a socket");
  if (::connect(fd.get(), native.get(), native.size) != 0 && errno != EINPROGRESS && errno != EINTR) {
    ThrowConnection(errno, "could not connect to " + address.ToString());
  }
  return std::make_unique<EpollSocket>(*this, std::move(fd), address);
}

void EpollLoop::Run() {
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  while (const std::optional<int> timeout_ms = RunDueCallbacks()) DispatchReady(*timeout_ms);
  thread_.store(std::thread::id(), std::memory_order_relaxed);
}

std::optional<int> EpollLoop::RunDueCallbacks() {
  std::vector<Callback> posted;
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return std::nullopt;
    posted = std::exchange(posted_, {});
  }
  for (Callback& callback : posted) {
    callback();
    callback = nullptr;
  }
  // Timers one by one, since each may cancel the next.
  const MonotonicNanos now = clock_.Monotonic();
  for (;;) {
    Callback due;
    std::unique_lock lock(mutex_);
    if (stopping_) return std::nullopt;
    if (timers_.empty() || timers_.begin()->first.first > now) {
      if (!posted_.empty()) return 0;
      if (timers_.empty()) {
        sleeping_ = true;
        return -1;
      }
      const int64_t left = timers_.begin()->first.first - now;
      sleeping_ = true;
      return static_cast<int>(std::min((left + kNanosPerMilli - 1) / kNanosPerMilli, kLongestWaitMs));
    }
    auto timer = timers_.extract(timers_.begin());
    timer_times_.erase(timer.key().second);
    due = std::move(timer.mapped());
    lock.unlock();
    due();
  }
}

void EpollLoop::DispatchReady(int timeout_ms) {
  std::array<epoll_event, kBatchMax> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), kBatchMax, timeout_ms);
  {
    const std::scoped_lock lock(mutex_);
    sleeping_ = false;
  }
  if (count <= 0) return;  // a timer is due, or a signal came
  std::array<PendingEvent, kBatchMax> batch;
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    batch[at] = {static_cast<PolledDescriptor*>(events[at].data.ptr), events[at].events};
    if (batch[at].descriptor == nullptr) {
      uint64_t wakes = 0;
      [[maybe_unused]] const ssize_t got = ::read(wake_event_.get(), &wakes, sizeof(wakes));
    }
  }
  batch_ = std::span(batch).first(static_cast<size_t>(count));
  for (const PendingEvent& event : batch_) {
    if (event.descriptor != nullptr) event.descriptor->OnEvents(event.events);
  }
  batch_ = {};
}

void EpollLoop::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    sleeping_ = false;
  }
  WakeUp();
}

std::vector<SocketAddress> ResolveHost(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int result = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (result != 0) {
    throw Error::Operational(sqlstate::kConnectionFailure, "could not resolve host: {}: {}", host,
                             ::gai_strerror(result))
        .WithRetryable(result == EAI_AGAIN);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> closer(list, &::freeaddrinfo);
  std::vector<SocketAddress> out;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    NativeAddress native;
    native.size = at->ai_addrlen;
    std::memcpy(&native.storage, at->ai_addr, at->ai_addrlen);
    SocketAddress address = FromNative(native);
    address.port = port;
    if (!address.host.empty() && std::ranges::find(out, address) == out.end()) out.push_back(std::move(address));
  }
  return out;
}

}  // namespace weir
