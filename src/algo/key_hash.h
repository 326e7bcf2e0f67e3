#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "column/chunk.h"

namespace weir {

// Hashes of key rows for hash tables, exchanges and runtime filters. Values that SQL groups together hash alike:
// -0.0 and 0.0, all NaN, intervals of equal length; integers, dates and small decimals hash by value whatever their
// width. NULL has a hash of its own. Several keys are combined in order.

// hashes[i] = hash of row rows[i]; combined into what is there when `combine`.
void HashColumn(const Column& column, const RowSet& rows, bool combine, uint64_t* hashes);

// Hashes rows of several key columns. Dictionaries are hashed once and remembered per column while the same
// dictionary keeps coming. One per driver; not thread-safe.
class KeyHasher {
 public:
  // hashes[i] = hash of row rows[i] of the keys; no keys at all hash to 0.
  void Hash(std::span<const ColumnPtr> keys, const RowSet& rows, uint64_t* hashes);

 private:
  struct Cache {
    ColumnPtr base;  // held, so that its address is not reused
    std::vector<uint64_t> hashes;
    size_t rows_seen = 0;
  };
  void HashKey(size_t key, const ColumnPtr& column, const RowSet& rows, bool combine, uint64_t* hashes);
  std::vector<Cache> caches_;
};

// The partition, out of 2^bits, that a hash belongs to. Uses bits that the tables here use neither for slots of
// usual sizes nor for salts.
inline size_t HashPartition(uint64_t hash, int bits) {
  return bits == 0 ? 0 : static_cast<size_t>((hash << 16) >> (64 - bits));
}

// Bits whose unsigned order is the SQL order of doubles: -0.0 equals 0.0, NaN is greatest and one value.
inline uint64_t OrderedDoubleBits(double value) {
  if (value == 0) value = 0;
  if (value != value) return ~uint64_t{0};
  const auto bits = std::bit_cast<uint64_t>(value);
  return (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
}
inline uint32_t OrderedFloatBits(float value) {
  if (value == 0) value = 0;
  if (value != value) return ~uint32_t{0};
  const auto bits = std::bit_cast<uint32_t>(value);
  return (bits >> 31) != 0 ? ~bits : bits | (uint32_t{1} << 31);
}

// Appends a value's bytes such that byte order is SQL order (NaN greatest, NULLs inside nested values last) and equal
// bytes mean equal values. Self-delimiting. The value at `row` of a column of any encoding; a NULL is written too.
void AppendMemcomparable(const Column& column, size_t row, std::string& out);

}  // namespace weir
