#include "runtime/io_pool.h"

#include <pthread.h>

#include <utility>

#include "base/error.h"

namespace weir {

IoPool::IoPool(IoPoolOptions options) : options_(std::move(options)) {}

IoPool::~IoPool() {
  std::vector<std::thread> threads;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    threads = std::move(threads_);
    work_arrived_.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
}

void IoPool::Submit(std::move_only_function<void()> work) {
  const std::scoped_lock lock(mutex_);
  if (queue_.size() >= options_.queued_max) {
    throw Error::Operational(sqlstate::kConfigurationLimitExceeded, "too many I/O requests are waiting: {}",
                             queue_.size())
        .WithRetryable();
  }
  queue_.push_back(std::move(work));
  if (queue_.size() > idle_ && threads_.size() < static_cast<size_t>(options_.threads_max) && !stopping_) {
    const size_t index = threads_.size();
    threads_.emplace_back([this, index] { ThreadLoop(index); });
  } else {
    work_arrived_.notify_one();
  }
}

size_t IoPool::queued() const {
  const std::scoped_lock lock(mutex_);
  return queue_.size();
}

void IoPool::ThreadLoop(size_t index) {
  pthread_setname_np(pthread_self(), fmt::format("{}-{}", options_.name, index).substr(0, 15).c_str());
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!queue_.empty()) {
      std::move_only_function<void()> work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      [&]() noexcept { work(); }();
      work = nullptr;
      lock.lock();
      continue;
    }
    if (stopping_) return;
    ++idle_;
    work_arrived_.wait(lock);
    --idle_;
  }
}

}  // namespace weir
