#include "format/parquet/page_pool.h"

#include <algorithm>
#include <utility>

#include "base/bits.h"

namespace weir::parquet {

// A buffer on its way: counted while it lives, then back to the pool.
struct PagePool::Lease {
  std::shared_ptr<PagePool> pool;
  MutableBufferPtr buffer;
  bool tight;
  ScopedReservation reservation;
  ~Lease() { pool->Return(std::move(buffer), tight); }
};

MutableBufferPtr PagePool::TakeFitting(size_t bytes, size_t slack_max, const std::shared_ptr<MemoryTracker>& tracker) {
  // Few distinct sizes, so that most requests find a fit.
  constexpr size_t kStep = 64 << 10;
  constexpr size_t kSmallStep = kStep / 16;
  // The step is small beside the size where no slack is wanted.
  const bool tight = slack_max == 1;
  const size_t step = bytes < (tight ? 8 * kStep : kStep) ? kSmallStep : kStep;
  const size_t size = RoundUp(std::max<size_t>(bytes, 1), step);
  MutableBufferPtr found;
  {
    const std::lock_guard lock(mutex_);
    size_t best = free_.size();
    for (size_t i = 0; i < free_.size(); ++i) {
      if (free_[i]->size() < size || free_[i]->size() > slack_max * size) continue;
      if (best == free_.size() || free_[i]->size() < free_[best]->size()) best = i;
    }
    if (best != free_.size()) {
      found = std::move(free_[best]);
      free_bytes_ -= found->size();
      free_[best] = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (found == nullptr) found = Buffer::Allocate(size);
  Buffer* const buffer = found.get();
  auto lease = std::make_shared<Lease>(shared_from_this(), std::move(found), tight);
  if (!tight) {
    const std::lock_guard lock(mutex_);
    used_bytes_ += buffer->size();
  }
  if (tracker != nullptr) lease->reservation = ScopedReservation(tracker, static_cast<int64_t>(buffer->size()));
  return {std::move(lease), buffer};
}

void PagePool::Return(MutableBufferPtr buffer, bool was_tight) noexcept {
  const size_t size = buffer->size();
  const std::lock_guard lock(mutex_);
  if (!was_tight) used_bytes_ -= size;
  try {
    free_.push_back(std::move(buffer));
  } catch (...) {
    return;  // then it is freed
  }
  free_bytes_ += size;
  const size_t kept_max = std::min(kept_bytes_max_, std::max(used_bytes_, kKeptBytesMin));
  while (free_bytes_ > kept_max) {
    free_bytes_ -= free_.front()->size();
    free_.erase(free_.begin());
  }
}

}  // namespace weir::parquet
