#pragma once

#include <cstdint>
#include <memory>

#include "column/buffer.h"
#include "column/column.h"

namespace weir::parquet {

// A dictionary of 64-bit integers (keys, prices, times) as 32-bit distances from its least value: half the memory
// where pages are kept, and more of it in cache where values are looked up. Immutable.
class NarrowDictionary {
 public:
  // Null when the values are of another width or too far apart.
  static std::shared_ptr<const NarrowDictionary> TryMake(const Column& dictionary);

  size_t size() const { return size_; }
  size_t bytes() const { return distances_->size(); }
  // out[i] = the value at indices[i].
  void Gather(const uint32_t* indices, size_t count, int64_t* out) const;
  // As it was.
  ColumnPtr Widen(const Type& type) const;

 private:
  NarrowDictionary(int64_t least, BufferPtr distances, size_t size)
      : least_(static_cast<uint64_t>(least)), distances_(std::move(distances)), size_(size) {}

  uint64_t least_;  // sums wrap around
  BufferPtr distances_;
  size_t size_;
};

}  // namespace weir::parquet
