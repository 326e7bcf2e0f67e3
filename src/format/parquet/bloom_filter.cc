#include "format/parquet/bloom_filter.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/bytes.h"
#include "base/check.h"

namespace weir::parquet {
namespace {

constexpr uint32_t kSalts[8] = {0x47b6137bU, 0x44974d91U, 0x8824ad5bU, 0xa2b7289dU,
                                0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U};

uint32_t Bit(uint64_t hash, size_t word) {
  return uint32_t{1} << (static_cast<uint32_t>(hash) * kSalts[word] >> 27);
}

}  // namespace

uint64_t BloomHash(std::string_view plain) {
  return XXH64(plain.data(), plain.size(), 0);
}

bool BloomBlockMayContain(const uint8_t* block, uint64_t hash) {
  uint32_t missing = 0;
  for (size_t i = 0; i < 8; ++i) missing |= Bit(hash, i) & ~LoadUnaligned<uint32_t>(block + 4 * i);
  return missing == 0;
}

size_t BloomFilter::BytesFor(uint64_t distinct_values, double false_positives) {
  // A word of a block that holds n values keeps a bit clear with (31/32)^n; solved for the whole as in the
  // specification.
  const double bits = -8.0 * static_cast<double>(distinct_values) / std::log(1 - std::pow(false_positives, 1.0 / 8));
  const double bytes = std::clamp(bits / 8, static_cast<double>(kBloomBlockBytes), static_cast<double>(kBloomBytesMax));
  return std::bit_ceil(static_cast<size_t>(bytes));
}

BloomFilter::BloomFilter(size_t bytes) : bytes_(bytes) {
  WEIR_CHECK(bytes >= kBloomBlockBytes && bytes % kBloomBlockBytes == 0, "{}", bytes);
}

void BloomFilter::Insert(uint64_t hash) {
  uint8_t* block = bytes_.data() + BloomBlock(hash, bytes_.size() / kBloomBlockBytes) * kBloomBlockBytes;
  for (size_t i = 0; i < 8; ++i) {
    StoreUnaligned(block + 4 * i, LoadUnaligned<uint32_t>(block + 4 * i) | Bit(hash, i));
  }
}

bool BloomFilter::MayContain(uint64_t hash) const {
  return BloomBlockMayContain(bytes_.data() + BloomBlock(hash, bytes_.size() / kBloomBlockBytes) * kBloomBlockBytes,
                              hash);
}

}  // namespace weir::parquet
