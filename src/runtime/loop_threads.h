#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "env/event_loop.h"

namespace weir {

// Runs event loops, one thread each, and spreads connections over them. Few loops serve many thousand idle
// connections. Destroying it stops the loops and joins; close streams and join their tasks before.
class LoopThreads {
 public:
  explicit LoopThreads(std::vector<std::unique_ptr<EventLoop>> loops);
  ~LoopThreads();
  LoopThreads(const LoopThreads&) = delete;
  LoopThreads& operator=(const LoopThreads&) = delete;

  // In turn.
  EventLoop& Next() { return *loops_[next_.fetch_add(1, std::memory_order_relaxed) % loops_.size()]; }
  EventLoop& first() { return *loops_.front(); }
  size_t size() const { return loops_.size(); }

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
  std::atomic<size_t> next_{0};
};

}  // namespace weir
