#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "env/clock.h"
#include "env/event_loop.h"
#include "env/posix/file_descriptor.h"

namespace weir {

// An event loop over epoll. The clock must outlive it and be the system's.
// Destroying it, with no thread in Run(), drops callbacks that wait; its sockets must be gone by then.
class EpollLoop final : public EventLoop {
 public:
  explicit EpollLoop(const Clock& clock);
  ~EpollLoop() override;

  void Post(Callback callback) override;
  TimerId PostAt(MonotonicNanos when, Callback callback) override;
  bool CancelTimer(TimerId id) override;
  const Clock& clock() const override { return clock_; }

  std::unique_ptr<ListenSocket> Listen(const SocketAddress& address, const ListenOptions& options) override;
  std::unique_ptr<Socket> Connect(const SocketAddress& address) override;

  void Run() override;
  void Stop() override;
  bool InLoopThread() const override;

 private:
  friend class PolledDescriptor;

  void WakeUp();
  // Runs what was posted and what is due; returns the milliseconds to the next timer, -1 for ever, nothing to stop.
  std::optional<int> RunDueCallbacks();
  void DispatchReady(int timeout_ms);

  const Clock& clock_;
  FileDescriptor epoll_;
  FileDescriptor wake_event_;
  std::atomic<std::thread::id> thread_{};

  std::mutex mutex_;  // guards the below
  std::vector<Callback> posted_;
  std::map<std::pair<MonotonicNanos, TimerId>, Callback> timers_;
  std::map<TimerId, MonotonicNanos> timer_times_;
  TimerId next_timer_ = 1;
  bool sleeping_ = false;  // in epoll_wait, or about to be
  bool stopping_ = false;

  // The events being dispatched, for descriptors that are destroyed meanwhile; loop thread only.
  std::span<struct PendingEvent> batch_;
};

// Every numeric address of the host, for Connect and Listen. Blocks on the resolver.
std::vector<SocketAddress> ResolveHost(const std::string& host, uint16_t port);

}  // namespace weir
