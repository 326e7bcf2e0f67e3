#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "runtime/worker_pool.h"

namespace weir {

// The drivers of an operator that collect rows in memory until it is tight. Who is refused memory then writes what it
// has to disk and asks the others to do so, and one that has nothing to write waits for them. Threads: all methods
// from any.
class SpillGroup {
 public:
  // What operators leave to the rest of the query, which cannot wait for a write.
  static constexpr int64_t kHeadroomBytes = int64_t{4} << 20;

  // Each driver, at first and when what it has is somebody else's.
  void Enter();
  void Leave();

  // Asks all to write. A driver that has seen another number than this one is asked.
  uint64_t AskAll() { return asked_.fetch_add(1, std::memory_order_relaxed) + 1; }
  uint64_t asked() const { return asked_.load(std::memory_order_relaxed); }

  // Around a write.
  void BeginWrite();
  void EndWrite();
  bool has_written() const { return writes() != 0; }
  size_t writes() const { return writes_.load(std::memory_order_acquire); }
  // For tests: how often drivers write that would not have to.
  static constexpr size_t kForcedWritesMax = 64;

  // The waker is woken when memory has come back. False when there is nobody who could give any. `since`: the driver's
  // number of its last wait, at first 0; one that asks again without having been woken counts once.
  bool WaitForMemory(const Waker& waker, uint64_t& since);

 private:
  void WakeAll();

  std::atomic<uint64_t> asked_{0};
  std::atomic<size_t> writes_{0};
  std::mutex mutex_;  // guards the below
  uint64_t wakes_ = 1;
  size_t collecting_ = 0;
  size_t writing_ = 0;
  std::vector<Waker> wakers_;  // of those that wait, each once
};

}  // namespace weir
