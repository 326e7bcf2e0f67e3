#include <algorithm>
#include <bit>
#include <cmath>

#include "format/parquet/writer_leaf.h"

namespace weir::parquet {

namespace {

constexpr size_t kBlockBytes = 32;
constexpr size_t kBytesMax = 16 << 20;
// Apache Parquet, "Bloom filter": the salt of each of a block's eight words.
constexpr uint32_t kSalt[8] = {0x47b6137bU, 0x44974d91U, 0x8824ad5bU, 0xa2b7289dU,
                               0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U};

}  // namespace

std::string BuildBloomFilter(std::vector<uint64_t>& hashes, double false_positives) {
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  // Bits for `n` values in blocks of eight words (the same text, "Sizing an SBBF").
  const double bits = -8 * static_cast<double>(hashes.size()) / std::log(1 - std::pow(false_positives, 1.0 / 8));
  const auto wanted = static_cast<size_t>(bits / 8) + 1;
  const size_t bytes = std::clamp(std::bit_ceil(wanted), kBlockBytes, kBytesMax);
  std::vector<uint32_t> words(bytes / sizeof(uint32_t));
  const uint64_t blocks = bytes / kBlockBytes;
  for (const uint64_t hash : hashes) {
    uint32_t* block = words.data() + ((hash >> 32) * blocks >> 32) * 8;
    for (int i = 0; i < 8; ++i) block[i] |= uint32_t{1} << ((static_cast<uint32_t>(hash) * kSalt[i]) >> 27);
  }
  std::string out;
  BloomFilterHeader header;
  header.num_bytes = static_cast<int32_t>(bytes);
  WriteMetadata(header, out);
  out.append(reinterpret_cast<const char*>(words.data()), bytes);
  return out;
}

}  // namespace weir::parquet
