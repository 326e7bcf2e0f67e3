#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/memory_tracker.h"

namespace weir {

// Memory of at least `bytes`, aligned to 64 bytes, on huge pages when it is large: random access into tables is
// bound by address translation otherwise. Counted by the tracker (nullptr: not at all). Contents undefined.
class BigArray {
 public:
  BigArray() = default;
  BigArray(size_t bytes, const std::shared_ptr<MemoryTracker>& tracker);
  // With memory that was reserved before: ReservedBytes(bytes), or nothing to count none.
  BigArray(size_t bytes, ScopedReservation reserved);
  static size_t ReservedBytes(size_t bytes);
  // The same with zeroed contents; large ones cost nothing until they are touched.
  static BigArray Zeroed(size_t bytes, const std::shared_ptr<MemoryTracker>& tracker);
  BigArray(BigArray&& other) noexcept { *this = std::move(other); }
  BigArray& operator=(BigArray&& other) noexcept;
  ~BigArray();

  uint8_t* data() const { return data_; }
  template <typename T>
  T* as() const {
    return reinterpret_cast<T*>(data_);
  }
  size_t size() const { return size_; }

 private:
  void Free() noexcept;

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t mapped_ = 0;  // bytes mapped, those of one block being shared; 0 when the memory is the allocator's
  ScopedReservation reservation_;
};

// A growing sequence of rows of one width, in blocks that grow with it. Addresses are stable. Not thread-safe.
class RowBlocks {
 public:
  struct Block {
    BigArray memory;
    size_t rows = 0;
  };

  RowBlocks(size_t row_bytes, std::shared_ptr<MemoryTracker> tracker);

  // Room for one more row, undefined contents. Throws 53200 over the memory limit, unchanged then.
  uint8_t* Append() {
    if (left_ == 0) [[unlikely]]
      NewBlock();
    uint8_t* row = at_;
    at_ += row_bytes_;
    --left_;
    ++size_;
    ++blocks_.back().rows;
    return row;
  }
  void Append(size_t count, uint8_t** rows) {
    for (size_t i = 0; i < count; ++i) rows[i] = Append();
  }
  size_t row_bytes() const { return row_bytes_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t bytes() const { return bytes_; }
  std::span<const Block> blocks() const { return blocks_; }
  // f(uint8_t* row), in order of appending, from row `first` on.
  template <typename F>
  void ForEach(F&& f, size_t first = 0) const {
    for (const Block& block : blocks_) {
      if (first >= block.rows) {
        first -= block.rows;
        continue;
      }
      uint8_t* row = block.memory.data() + first * row_bytes_;
      for (size_t i = first; i < block.rows; ++i, row += row_bytes_) f(row);
      first = 0;
    }
  }
  // Takes over the other's blocks; rows keep their addresses and come after ours.
  void Adopt(RowBlocks&& other);
  // Gives all blocks away.
  std::vector<Block> TakeBlocks() {
    std::vector<Block> out = std::move(blocks_);
    Clear();
    return out;
  }
  // Takes back the last rows.
  void Truncate(size_t size);
  void Clear();

 private:
  void NewBlock();

  size_t row_bytes_;
  std::shared_ptr<MemoryTracker> tracker_;
  std::vector<Block> blocks_;
  uint8_t* at_ = nullptr;
  size_t left_ = 0;
  size_t size_ = 0;
  size_t bytes_ = 0;
};

}  // namespace weir
