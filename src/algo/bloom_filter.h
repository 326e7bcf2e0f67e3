#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "algo/row_blocks.h"
#include "base/bytes.h"
#include "column/chunk.h"

namespace weir {

// A split-block bloom filter over 64-bit hashes (KeyHasher's): each key sets one bit in each of the eight 32-bit
// words of one 32-byte block, so a probe is one cache miss (Putze, Sanders and Singler, "Cache-, Hash- and
// Space-Efficient Bloom Filters", 2007). About 0.4% false positives at 16 bits a key, the default.
//
// Threads: InsertAtomic from any; Insert, Merge alone; probing any number once inserts are done.
class BloomFilter {
 public:
  static constexpr size_t kBlockBytes = 32;
  // For about `keys` distinct keys; never larger than `max_bytes`.
  explicit BloomFilter(size_t keys, const std::shared_ptr<MemoryTracker>& tracker = nullptr,
                       size_t max_bytes = size_t{64} << 20, double bits_per_key = 16);

  void Insert(const uint64_t* hashes, size_t count);
  void InsertAtomic(const uint64_t* hashes, size_t count);
  // Both must have been made for the same size.
  void Merge(const BloomFilter& other);

  bool MayContain(uint64_t hash) const;
  // Appends to `out` (room for count) the i for which hashes[i] may be in; returns how many.
  size_t Probe(const uint64_t* hashes, size_t count, uint32_t* out) const;

  size_t size_bytes() const { return (block_mask_ + 1) * kBlockBytes; }
  void Serialize(ByteWriter& out) const;
  static BloomFilter Deserialize(ByteReader& in, const std::shared_ptr<MemoryTracker>& tracker = nullptr);

 private:
  BloomFilter() = default;
  BigArray memory_;
  uint32_t* words_ = nullptr;
  uint64_t block_mask_ = 0;
};

}  // namespace weir
