#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace weir {

// A 64-byte-aligned block with 64 readable and writable bytes of padding behind its size, so that kernels may read
// and write whole vectors. Contents start undefined. Not tracked by itself: operators that keep chunks reserve
// Chunk::MemoryBytes() with their tracker.
class Buffer {
 public:
  static constexpr size_t kAlignment = 64;
  static constexpr size_t kPadding = 64;

  static std::shared_ptr<Buffer> Allocate(size_t bytes);
  static std::shared_ptr<Buffer> AllocateZeroed(size_t bytes);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  size_t size() const { return size_; }
  const uint8_t* data() const { return data_; }
  uint8_t* data() { return data_; }
  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(data_);
  }
  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(data_);
  }

 private:
  Buffer(uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t* data_;
  size_t size_;
};

// Written while unique, then published as const.
using MutableBufferPtr = std::shared_ptr<Buffer>;
using BufferPtr = std::shared_ptr<const Buffer>;

// What keeps the bytes alive that string views or borrowed values point into: pages, heaps, other columns' owners.
using Owner = std::shared_ptr<const void>;
using Owners = std::vector<Owner>;

// Appends the owners that are not yet there.
void MergeOwners(Owners& into, const Owners& from);

}  // namespace weir
