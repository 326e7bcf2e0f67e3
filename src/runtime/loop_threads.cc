#include "runtime/loop_threads.h"

#include <pthread.h>

#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace weir {

LoopThreads::LoopThreads(std::vector<std::unique_ptr<EventLoop>> loops) : loops_(std::move(loops)) {
  WEIR_CHECK(!loops_.empty());
  threads_.reserve(loops_.size());
  for (size_t i = 0; i < loops_.size(); ++i) {
    threads_.emplace_back([this, i] {
      pthread_setname_np(pthread_self(), fmt::format("loop-{}", i).c_str());
      loops_[i]->Run();
    });
  }
}

LoopThreads::~LoopThreads() {
  for (const auto& loop : loops_) loop->Stop();
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace weir
