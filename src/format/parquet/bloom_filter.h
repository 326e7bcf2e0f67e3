#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::parquet {

// Split-block bloom filters (Apache Parquet, "Bloom Filter"): blocks of eight 32-bit words; a value sets one bit in
// each word of one block.
inline constexpr size_t kBloomBlockBytes = 32;

// Of a value in PLAIN encoding, without the length prefix of byte arrays.
uint64_t BloomHash(std::string_view plain);

// Which of `blocks` blocks the value is in.
inline size_t BloomBlock(uint64_t hash, size_t blocks) {
  return static_cast<size_t>(static_cast<unsigned __int128>(hash >> 32) * blocks >> 32);
}
// `block` is the block's 32 bytes.
bool BloomBlockMayContain(const uint8_t* block, uint64_t hash);

}  // namespace weir::parquet
