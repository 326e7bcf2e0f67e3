#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/bytes.h"

namespace weir::parquet {

// Reads DELTA_BINARY_PACKED values of int32_t or int64_t. Borrows the bytes, which need kReadPadding behind them.
// Throws kDataCorrupted on bad headers and when the values end early.
template <typename T>
class DeltaDecoder {
 public:
  DeltaDecoder() = default;
  explicit DeltaDecoder(ByteSpan bytes);

  void Decode(T* out, size_t count);
  void Skip(size_t count);
  size_t values_left() const { return values_left_; }

  // The first byte behind the values: walks the headers of all blocks. Only before the first Decode or Skip.
  size_t EncodedBytes() const;

 private:
  using U = std::make_unsigned_t<T>;
  void NextMiniblock();
  void ReadBlockHeader();
  // Deltas of `count` values from the miniblock, then their sums.
  void DecodeDeltas(U* out, size_t count);

  const uint8_t* begin_ = nullptr;
  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  uint64_t miniblock_values_ = 0;
  uint64_t miniblocks_ = 0;  // per block
  size_t values_left_ = 0;
  bool first_pending_ = false;  // the first value stands in the header
  U last_ = 0;
  U min_delta_ = 0;
  const uint8_t* widths_ = nullptr;
  uint64_t miniblock_ = 0;  // of the block, the next one
  int width_ = 0;           // of the miniblock at hand
  const uint8_t* packed_ = nullptr;
  size_t packed_pos_ = 0;
  size_t packed_left_ = 0;
};

extern template class DeltaDecoder<int32_t>;
extern template class DeltaDecoder<int64_t>;

}  // namespace weir::parquet
