#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace weir::parquet {

// Split-block bloom filters (Apache Parquet, "Bloom Filter"): blocks of eight 32-bit words; a value sets one bit in
// each word of one block.
inline constexpr size_t kBloomBlockBytes = 32;
inline constexpr size_t kBloomBytesMax = 128 << 20;

// Of a value in PLAIN encoding, without the length prefix of byte arrays.
uint64_t BloomHash(std::string_view plain);

// Which of `blocks` blocks the value is in.
inline size_t BloomBlock(uint64_t hash, size_t blocks) {
  return static_cast<size_t>(static_cast<unsigned __int128>(hash >> 32) * blocks >> 32);
}
// `block` is the block's 32 bytes.
bool BloomBlockMayContain(const uint8_t* block, uint64_t hash);

// A filter that is being filled.
class BloomFilter {
 public:
  // A power of two of bytes for so many distinct values.
  static size_t BytesFor(uint64_t distinct_values, double false_positives);

  explicit BloomFilter(size_t bytes);
  void Insert(uint64_t hash);
  bool MayContain(uint64_t hash) const;
  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace weir::parquet
