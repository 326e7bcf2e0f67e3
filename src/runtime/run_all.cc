#include "runtime/run_all.h"

#include <algorithm>
#include <atomic>

namespace weir {

namespace {

class PieceDriver : public Driver {
 public:
  PieceDriver(std::atomic<size_t>& next, size_t count, const std::function<void(size_t)>& work,
              const CancellationToken& token)
      : next_(next), count_(count), work_(work), token_(token) {}

  DriverState Run(TimeSlice& slice) override {
    do {
      const size_t piece = next_.fetch_add(1, std::memory_order_relaxed);
      if (piece >= count_) return DriverState::kFinished;
      token_.ThrowIfCanceled();
      work_(piece);
    } while (!slice.ShouldYield());
    return DriverState::kReady;
  }

 private:
  std::atomic<size_t>& next_;
  const size_t count_;
  const std::function<void(size_t)>& work_;
  const CancellationToken& token_;
};

}  // namespace

void RunAll(WorkerPool& workers, std::string name, size_t count, const std::function<void(size_t)>& work,
            const CancellationToken& token) {
  std::atomic<size_t> next{0};
  const std::shared_ptr<DriverGroup> group = workers.CreateGroup(std::move(name), Priority::kLow);
  const size_t drivers = std::min(count, static_cast<size_t>(workers.threads()));
  // The drivers refer to what is here: whatever happens, they are waited for.
  const std::unique_ptr<Error> failed = CatchError([&] {
    for (size_t i = 0; i < drivers; ++i) group->Add(std::make_unique<PieceDriver>(next, count, work, token));
  });
  if (failed != nullptr) group->Cancel(*failed);
  group->Wait();
}

}  // namespace weir
