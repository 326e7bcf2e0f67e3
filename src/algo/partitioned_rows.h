#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "algo/key_hash.h"
#include "algo/row_blocks.h"

namespace weir {

// A growing set of rows of one width, those of each partition of the hash together: whoever goes through them one
// partition after the other reads memory in order and works in cache. Partitions grow by small slices of large blocks,
// so that the ends of all are on a few pages. Addresses are stable. Not thread-safe.
class PartitionedRows {
 public:
  static constexpr int kBits = 9;
  static constexpr size_t kPartitions = size_t{1} << kBits;

  PartitionedRows(size_t row_bytes, std::shared_ptr<MemoryTracker> tracker);

  // Room for one more row of that hash, undefined contents. Throws 53200 over the memory limit, unchanged then.
  uint8_t* Append(uint64_t hash) {
    const size_t partition = HashPartition(hash, kBits);
    End& end = ends_[partition];
    if (end.at == end.limit) [[unlikely]]
      NewSlice(partition);
    uint8_t* row = end.at;
    end.at += row_bytes_;
    // The partition's next row will be written when many others have been.
    __builtin_prefetch(end.at + row_bytes_, 1);
    ++size_;
    return row;
  }
  size_t size() const { return size_; }
  size_t bytes() const { return blocks_.size() * block_bytes_; }
  size_t RowsOf(size_t partition) const {
    const End& end = ends_[partition];
    return slices_[partition].size() * slice_rows_ - static_cast<size_t>(end.limit - end.at) / row_bytes_;
  }
  // f(uint8_t* rows, size_t count) for each slice of a partition, in order of appending.
  template <typename F>
  void ForEachSlice(size_t partition, F&& f) const {
    size_t left = RowsOf(partition);
    for (uint8_t* slice : slices_[partition]) {
      const size_t count = left < slice_rows_ ? left : slice_rows_;
      f(slice, count);
      left -= count;
    }
  }
  // f(uint8_t* row) for all rows.
  template <typename F>
  void ForEach(F&& f) const {
    for (size_t p = 0; p < kPartitions; ++p) {
      ForEachSlice(p, [&](uint8_t* rows, size_t count) {
        for (size_t i = 0; i < count; ++i) f(rows + i * row_bytes_);
      });
    }
  }

 private:
  static constexpr size_t kBlockBytes = size_t{2} << 20;
  struct End {
    uint8_t* at = nullptr;
    uint8_t* limit = nullptr;  // of the last slice
  };
  void NewSlice(size_t partition);

  size_t row_bytes_;
  size_t slice_rows_;
  std::shared_ptr<MemoryTracker> tracker_;
  std::vector<End> ends_;
  std::vector<std::vector<uint8_t*>> slices_;
  std::vector<BigArray> blocks_;
  size_t block_bytes_;
  size_t slices_per_block_;
  size_t slices_left_ = 0;  // in the last block
  size_t size_ = 0;
};

}  // namespace weir
