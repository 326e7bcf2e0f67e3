#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/error.h"
#include "column/chunk.h"
#include "exec/operator.h"
#include "runtime/condition_variable.h"
#include "runtime/task.h"
#include "runtime/waiter.h"
#include "runtime/worker_pool.h"

namespace weir {

// Finished chunks on their way from the drivers of the last pipeline to the consumer.
//
//   open --Close(no error)--> drained by the consumer, then ends
//     \----Close(error)-----> what waits is dropped, the consumer gets the error
//
// Threads: producers any number, consumers one at a time. The mutex is a leaf.
class ResultQueue {
 public:
  explicit ResultQueue(size_t chunks_max) : chunks_max_(chunks_max) {}

  // Takes the chunk in any case; false when there is no room for another one, then `waker` is woken as soon as there
  // is.
  bool Push(Chunk chunk, const Waker& waker);
  bool HasRoom(const Waker& waker);
  // Once; later calls do nothing.
  void Close(std::optional<Error> error);

  std::optional<Chunk> Pop();  // blocks
  Task<std::optional<Chunk>> PopAsync();

 private:
  enum class Taken : uint8_t { kChunk, kEnd, kNothing };
  Taken TryTake(std::optional<Chunk>& out, std::vector<Waker>& wake);

  const size_t chunks_max_;
  std::mutex mutex_;
  ConditionVariable arrived_;
  std::deque<Chunk> chunks_;
  bool closed_ = false;
  std::optional<Error> error_;
  std::vector<Waker> blocked_;  // producers
  std::shared_ptr<Waiter> consumer_;
};

// The sink of the last pipeline.
class ResultSinkFactory final : public SinkFactory {
 public:
  explicit ResultSinkFactory(ResultQueue& queue) : queue_(queue) {}
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;

 private:
  ResultQueue& queue_;
};

}  // namespace weir
