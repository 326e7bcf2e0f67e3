#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "column/buffer.h"

namespace weir::parquet {

// Buffers for windows of files and decompressed pages. They come back when the last column lets go of them, and are
// handed out again rather than freed, as fresh memory costs page faults. Threads: any.
class PagePool : public std::enable_shared_from_this<PagePool> {
 public:
  static constexpr size_t kKeptBytesDefault = 32 << 20;
  static std::shared_ptr<PagePool> Create(size_t kept_bytes_max = kKeptBytesDefault) {
    return std::shared_ptr<PagePool>(new PagePool(kept_bytes_max));
  }
  // At least `bytes` long, contents undefined. Keeps the pool alive.
  MutableBufferPtr Take(size_t bytes);

 private:
  explicit PagePool(size_t kept_bytes_max) : kept_bytes_max_(kept_bytes_max) {}
  void Return(MutableBufferPtr buffer) noexcept;

  const size_t kept_bytes_max_;
  std::mutex mutex_;  // guards the two below; leaf
  std::vector<MutableBufferPtr> free_;
  size_t free_bytes_ = 0;
};

}  // namespace weir::parquet
