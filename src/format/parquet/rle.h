#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace weir::parquet {

// Reads the hybrid of run lengths and bit-packed groups that levels, dictionary indices and booleans are stored in
// (Apache Parquet, "Encodings": RLE = 3). Borrows the bytes, which need kReadPadding behind them. Every call throws
// kDataCorrupted when the runs end early.
class RleDecoder {
 public:
  RleDecoder() = default;
  // Throws for a width beyond 32.
  RleDecoder(ByteSpan bytes, int width);

  void Decode(uint32_t* out, size_t count);
  // Of the next `span` values those at the places that `rows` names, in ascending order; moves on over the span.
  void DecodeSelected(uint32_t* out, std::span<const uint32_t> rows, size_t span);
  // For widths up to 8.
  void DecodeBytes(uint8_t* out, size_t count);
  // Width 1: ORs the values as bits into `words` from `offset` on, where they were zero. Returns the ones.
  size_t DecodeBits(uint64_t* words, size_t offset, size_t count);
  void Skip(size_t count);
  // Skips; returns how many of the values equal `value`.
  size_t SkipCounting(size_t count, uint32_t value);

  int width() const { return width_; }

  // How many values from here on are one run, and its value; 0 when what comes is bit-packed. Reads the next header
  // if need be; 0 at the end as well.
  size_t PeekRun(uint32_t& value);

 private:
  void NextRun();
  uint64_t ReadHeader();
  // Unpacks `count` values at packed_pos_ of the bit-packed run.
  void Unpack(uint32_t* out, size_t count);
  uint32_t PackedValue(size_t position) const;

  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  int width_ = 0;
  bool is_run_ = false;
  uint32_t run_value_ = 0;
  size_t left_ = 0;  // values left in the run
  const uint8_t* packed_ = nullptr;
  size_t packed_pos_ = 0;  // values of the bit-packed run that were taken
};

}  // namespace weir::parquet
