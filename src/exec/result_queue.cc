#include "exec/result_queue.h"

#include <utility>

namespace weir {

bool ResultQueue::Push(Chunk chunk, const Waker& waker) {
  std::shared_ptr<Waiter> consumer;
  bool room = true;
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) return true;
    chunks_.push_back(std::move(chunk));
    consumer = std::exchange(consumer_, nullptr);
    room = chunks_.size() < chunks_max_;
    if (!room) blocked_.push_back(waker);
    arrived_.notify_one();
  }
  if (consumer != nullptr) consumer->Wake(Waiter::Outcome::kWoken);
  return room;
}

bool ResultQueue::HasRoom(const Waker& waker) {
  const std::scoped_lock lock(mutex_);
  if (closed_ || chunks_.size() < chunks_max_) return true;
  blocked_.push_back(waker);
  return false;
}

void ResultQueue::Close(std::optional<Error> error) {
  std::shared_ptr<Waiter> consumer;
  std::vector<Waker> wake;
  std::deque<Chunk> dropped;
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    error_ = std::move(error);
    if (error_.has_value()) dropped = std::exchange(chunks_, {});
    wake = std::exchange(blocked_, {});
    consumer = std::exchange(consumer_, nullptr);
    arrived_.notify_all();
  }
  for (const Waker& waker : wake) waker.Wake();
  if (consumer != nullptr) consumer->Wake(Waiter::Outcome::kWoken);
}

ResultQueue::Taken ResultQueue::TryTake(std::optional<Chunk>& out, std::vector<Waker>& wake) {
  if (error_.has_value()) throw Error(*error_);
  if (!chunks_.empty()) {
    out = std::move(chunks_.front());
    chunks_.pop_front();
    if (chunks_.size() < chunks_max_) wake = std::exchange(blocked_, {});
    return Taken::kChunk;
  }
  return closed_ ? Taken::kEnd : Taken::kNothing;
}

std::optional<Chunk> ResultQueue::Pop() {
  std::optional<Chunk> out;
  std::vector<Waker> wake;
  {
    std::unique_lock lock(mutex_);
    while (TryTake(out, wake) == Taken::kNothing) arrived_.wait(lock);
  }
  for (const Waker& waker : wake) waker.Wake();
  return out;
}

Task<std::optional<Chunk>> ResultQueue::PopAsync() {
  for (;;) {
    std::optional<Chunk> out;
    std::vector<Waker> wake;
    std::shared_ptr<Waiter> waiter;
    {
      const std::scoped_lock lock(mutex_);
      const Taken taken = TryTake(out, wake);
      if (taken == Taken::kNothing) {
        waiter = std::make_shared<Waiter>(nullptr);
        consumer_ = waiter;
      }
    }
    for (const Waker& waker : wake) waker.Wake();
    if (waiter == nullptr) co_return out;
    co_await waiter->Suspend();
  }
}

namespace {

class ResultSink final : public SinkOperator {
 public:
  explicit ResultSink(ResultQueue& queue) : queue_(queue) {}
  Step Push(DriverContext& context, Chunk input) override {
    if (queue_.Push(std::move(input), *context.waker)) return Step::kNeedInput;
    context.block_reason = BlockReason::kConsumer;
    return Step::kBlocked;
  }
  Step Poll(DriverContext& context) override {
    if (queue_.HasRoom(*context.waker)) return Step::kNeedInput;
    context.block_reason = BlockReason::kConsumer;
    return Step::kBlocked;
  }

 private:
  ResultQueue& queue_;
};

}  // namespace

std::unique_ptr<SinkOperator> ResultSinkFactory::Make(DriverContext& /*context*/) {
  return std::make_unique<ResultSink>(queue_);
}

}  // namespace weir
