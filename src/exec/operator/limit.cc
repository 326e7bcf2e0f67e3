#include "exec/operator/limit.h"

#include <algorithm>

namespace weir {

LimitFactory::LimitFactory(std::optional<uint64_t> limit, uint64_t offset)
    : to_skip_(offset), to_take_(limit.value_or(UINT64_MAX)), reached_(to_take_ == 0) {}

std::pair<size_t, size_t> LimitFactory::Take(size_t rows) {
  const std::scoped_lock lock(mutex_);
  const auto skip = static_cast<size_t>(std::min<uint64_t>(to_skip_, rows));
  to_skip_ -= skip;
  const auto take = static_cast<size_t>(std::min<uint64_t>(to_take_, rows - skip));
  if (to_take_ != UINT64_MAX) to_take_ -= take;
  if (to_take_ == 0) reached_.store(true, std::memory_order_release);
  return {skip, take};
}

namespace {

class LimitOperator final : public TransformOperator {
 public:
  explicit LimitOperator(LimitFactory& shared) : shared_(shared) {}

  Step Push(DriverContext& context, Chunk input, Chunk& out) override {
    const auto [skip, take] = shared_.Take(input.row_count());
    if (take == 0) return Pull(context, out);
    out = input.Slice(skip, take);
    return Step::kHasOutput;
  }
  Step Pull(DriverContext& /*context*/, Chunk& /*out*/) override {
    return shared_.wants_no_input() ? Step::kFinished : Step::kNeedInput;
  }

 private:
  LimitFactory& shared_;
};

}  // namespace

std::unique_ptr<TransformOperator> LimitFactory::Make(DriverContext& /*context*/) {
  return std::make_unique<LimitOperator>(*this);
}

}  // namespace weir
