#include "format/parquet/bloom_filter.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/bytes.h"

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

}  // namespace weir::parquet
