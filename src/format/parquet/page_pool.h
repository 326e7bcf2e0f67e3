#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "column/buffer.h"
#include "runtime/memory_tracker.h"

namespace weir::parquet {

// Buffers for windows of files and decompressed pages. They come back when the last column lets go of them, and are
// handed out again rather than freed, as fresh memory costs page faults: about as many are kept as are in use, so that
// little stays when a scan has ended. Threads: any.
class PagePool : public std::enable_shared_from_this<PagePool> {
 public:
  static constexpr size_t kKeptBytesDefault = 32 << 20;
  static constexpr size_t kKeptBytesMin = 4 << 20;  // when nothing is in use
  static std::shared_ptr<PagePool> Create(size_t kept_bytes_max = kKeptBytesDefault) {
    return std::shared_ptr<PagePool>(new PagePool(kept_bytes_max));
  }
  // At least `bytes` long, contents undefined. Keeps the pool alive. Counted with the tracker, if there is one, until
  // it comes back; throws 53200 when that refuses.
  MutableBufferPtr Take(size_t bytes, const std::shared_ptr<MemoryTracker>& tracker = nullptr) {
    return TakeFitting(bytes, 4, tracker);
  }
  // For buffers that are kept for long: hardly larger than asked for. Counted by whoever keeps them.
  MutableBufferPtr TakeTight(size_t bytes) { return TakeFitting(bytes, 1, nullptr); }

 private:
  explicit PagePool(size_t kept_bytes_max) : kept_bytes_max_(kept_bytes_max) {}
  struct Lease;
  MutableBufferPtr TakeFitting(size_t bytes, size_t slack_max, const std::shared_ptr<MemoryTracker>& tracker);
  void Return(MutableBufferPtr buffer, bool was_tight) noexcept;

  const size_t kept_bytes_max_;
  std::mutex mutex_;  // guards the below; leaf
  std::vector<MutableBufferPtr> free_;
  size_t free_bytes_ = 0;
  size_t used_bytes_ = 0;  // of buffers that are out, but for those that are kept for long
};

}  // namespace weir::parquet
