#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "exec/operator.h"

namespace weir {

// LIMIT and OFFSET over all drivers together: whichever chunk comes first counts first. Behind an ordered source there
// is one driver, so order is kept. When the limit is reached the pipelines above it stop.
class LimitFactory final : public TransformFactory {
 public:
  LimitFactory(std::optional<uint64_t> limit, uint64_t offset);
  std::unique_ptr<TransformOperator> Make(DriverContext& context) override;
  bool wants_no_input() const override { return reached_.load(std::memory_order_acquire); }

  // How much of `rows` more rows is wanted: skips the first, takes the second. Thread-safe.
  std::pair<size_t, size_t> Take(size_t rows);

 private:
  std::mutex mutex_;  // guards the two below; leaf
  uint64_t to_skip_;
  uint64_t to_take_;
  std::atomic<bool> reached_;
};

}  // namespace weir
