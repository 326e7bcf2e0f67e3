#include "algo/bloom_filter.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "base/bits.h"

namespace weir {

namespace {

constexpr size_t kLanes = 8;
constexpr uint8_t kFormatVersion = 1;

// Odd multipliers that pick one of 32 bits per lane from 32 hash bits.
constexpr uint32_t kSalts[kLanes] = {0x47b6137bU, 0x44974d91U, 0x8824ad5bU, 0xa2b7289dU,
                                     0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U};

// The block comes from bits that tables use for neither slot nor salt first; the lanes' bits from the low half.
inline uint64_t BlockOf(uint64_t hash, uint64_t mask) {
  return (hash >> 24) & mask;
}

inline void LaneBits(uint64_t hash, uint32_t* bits) {
  // The low bits alone would leave rows of one hash partition alike.
  const auto key = static_cast<uint32_t>(hash ^ (hash >> 45));
  for (size_t i = 0; i < kLanes; ++i) bits[i] = uint32_t{1} << ((key * kSalts[i]) >> 27);
}

inline bool Hit(const uint32_t* block, uint64_t hash) {
  const auto key = static_cast<uint32_t>(hash ^ (hash >> 45));
  uint32_t missing = 0;
  for (size_t i = 0; i < kLanes; ++i) missing |= (uint32_t{1} << ((key * kSalts[i]) >> 27)) & ~block[i];
  return missing == 0;
}

WEIR_SIMD_CLONES size_t ProbeBlocks(const uint32_t* words, uint64_t mask, const uint64_t* hashes, size_t count,
                                    uint32_t* out) {
  constexpr size_t kAhead = 16;
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) __builtin_prefetch(words + BlockOf(hashes[i + kAhead], mask) * kLanes);
    out[kept] = static_cast<uint32_t>(i);
    kept += Hit(words + BlockOf(hashes[i], mask) * kLanes, hashes[i]);
  }
  return kept;
}

WEIR_SIMD_CLONES void InsertBlocks(uint32_t* words, uint64_t mask, const uint64_t* hashes, size_t count) {
  for (size_t k = 0; k < count; ++k) {
    uint32_t bits[kLanes];
    LaneBits(hashes[k], bits);
    uint32_t* block = words + BlockOf(hashes[k], mask) * kLanes;
    for (size_t i = 0; i < kLanes; ++i) block[i] |= bits[i];
  }
}

}  // namespace

BloomFilter::BloomFilter(size_t keys, const std::shared_ptr<MemoryTracker>& tracker, size_t max_bytes,
                         double bits_per_key) {
  const double wanted = static_cast<double>(std::max<size_t>(keys, 1)) * bits_per_key / 8;
  const size_t blocks_max = std::bit_floor(std::max(max_bytes / kBlockBytes, size_t{1}));
  const size_t blocks = std::min(std::bit_ceil(static_cast<size_t>(wanted / kBlockBytes) + 1), blocks_max);
  block_mask_ = blocks - 1;
  memory_ = BigArray(blocks * kBlockBytes, tracker);
  std::memset(memory_.data(), 0, blocks * kBlockBytes);
  words_ = memory_.as<uint32_t>();
}

void BloomFilter::Insert(const uint64_t* hashes, size_t count) {
  InsertBlocks(words_, block_mask_, hashes, count);
}

void BloomFilter::InsertAtomic(const uint64_t* hashes, size_t count) {
  for (size_t k = 0; k < count; ++k) {
    uint32_t bits[kLanes];
    LaneBits(hashes[k], bits);
    uint32_t* block = words_ + BlockOf(hashes[k], block_mask_) * kLanes;
    for (size_t i = 0; i < kLanes; i += 2) {
      const uint64_t pair = bits[i] | uint64_t{bits[i + 1]} << 32;
      std::atomic_ref<uint64_t> word(*reinterpret_cast<uint64_t*>(block + i));
      // Most bits of repeated keys are there already; not writing them keeps the line shared.
      if ((word.load(std::memory_order_relaxed) & pair) != pair) word.fetch_or(pair, std::memory_order_relaxed);
    }
  }
}

void BloomFilter::Merge(const BloomFilter& other) {
  WEIR_CHECK(block_mask_ == other.block_mask_, "filters of {} and {} blocks", block_mask_ + 1, other.block_mask_ + 1);
  for (size_t i = 0; i < (block_mask_ + 1) * kLanes; ++i) words_[i] |= other.words_[i];
}

bool BloomFilter::MayContain(uint64_t hash) const {
  return Hit(words_ + BlockOf(hash, block_mask_) * kLanes, hash);
}

size_t BloomFilter::Probe(const uint64_t* hashes, size_t count, uint32_t* out) const {
  return ProbeBlocks(words_, block_mask_, hashes, count, out);
}

void BloomFilter::Serialize(ByteWriter& out) const {
  out.Put(kFormatVersion);
  out.PutVarint(block_mask_ + 1);
  out.PutRaw({reinterpret_cast<const char*>(words_), size_bytes()});
}

BloomFilter BloomFilter::Deserialize(ByteReader& in, const std::shared_ptr<MemoryTracker>& tracker) {
  const auto version = in.Get<uint8_t>();
  if (version != kFormatVersion) {
    throw Error::Operational(sqlstate::kDataCorrupted, "bloom filter of unknown version: {}", version);
  }
  const uint64_t blocks = in.GetVarint();
  if (!std::has_single_bit(blocks) || blocks > in.remaining() / kBlockBytes) {
    throw Error::Operational(sqlstate::kDataCorrupted, "bloom filter with a bad number of blocks: {}", blocks);
  }
  BloomFilter out;
  const std::string_view bytes = in.GetRaw(blocks * kBlockBytes);
  out.memory_ = BigArray(bytes.size(), tracker);
  std::memcpy(out.memory_.data(), bytes.data(), bytes.size());
  out.words_ = out.memory_.as<uint32_t>();
  out.block_mask_ = blocks - 1;
  return out;
}

}  // namespace weir
