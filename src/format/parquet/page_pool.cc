#include "format/parquet/page_pool.h"

#include <algorithm>
#include <utility>

#include "base/bits.h"

namespace weir::parquet {

MutableBufferPtr PagePool::Take(size_t bytes) {
  // Few distinct sizes, so that most requests find a fit.
  constexpr size_t kStep = 64 << 10;
  const size_t size = RoundUp(std::max<size_t>(bytes, 1), bytes < kStep ? kStep / 16 : kStep);
  MutableBufferPtr found;
  {
    const std::lock_guard lock(mutex_);
    size_t best = free_.size();
    for (size_t i = 0; i < free_.size(); ++i) {
      if (free_[i]->size() < size || free_[i]->size() > 4 * size) continue;
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
  return {buffer,
          [pool = shared_from_this(), kept = std::move(found)](Buffer*) mutable { pool->Return(std::move(kept)); }};
}

void PagePool::Return(MutableBufferPtr buffer) noexcept {
  const std::lock_guard lock(mutex_);
  if (free_bytes_ + buffer->size() > kept_bytes_max_) return;
  try {
    free_.push_back(buffer);
  } catch (...) {
    return;  // then it is freed
  }
  free_bytes_ += buffer->size();
}

}  // namespace weir::parquet
