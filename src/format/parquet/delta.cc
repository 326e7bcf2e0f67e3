#include "format/parquet/delta.h"

#include <algorithm>
#include <cstring>

#include "format/parquet/bit_unpack.h"
#include "format/parquet/corrupt.h"

namespace weir::parquet {
namespace {

uint64_t ReadVarint(const uint8_t*& at, const uint8_t* end) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (at == end) throw Corrupt("delta-encoded values end early");
    const uint8_t byte = *at++;
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  throw Corrupt("integer of a delta header is longer than 64 bits");
}

uint64_t ReadZigzag(const uint8_t*& at, const uint8_t* end) {
  const uint64_t raw = ReadVarint(at, end);
  return (raw >> 1) ^ (~(raw & 1) + 1);
}

void Unpack(const uint8_t* in, int width, size_t count, uint32_t* out) {
  UnpackBits(in, width, count, out);
}
void Unpack(const uint8_t* in, int width, size_t count, uint64_t* out) {
  UnpackBits64(in, width, count, out);
}

template <typename U>
U SumDeltas(U* values, size_t count, U last, U min_delta) {
  // What a value waits for of the one before is one addition.
  for (size_t i = 0; i < count; ++i) {
    const U delta = min_delta + values[i];
    values[i] = last += delta;
  }
  return last;
}

}  // namespace

template <typename T>
DeltaDecoder<T>::DeltaDecoder(ByteSpan bytes)
    : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {
  const uint64_t block_values = ReadVarint(at_, end_);
  miniblocks_ = ReadVarint(at_, end_);
  const uint64_t count = ReadVarint(at_, end_);
  last_ = static_cast<U>(ReadZigzag(at_, end_));
  constexpr uint64_t kBlockValuesMax = uint64_t{1} << 31;
  if (block_values == 0 || block_values > kBlockValuesMax || block_values % 128 != 0) {
    throw Corrupt("block size of delta encoding is invalid: {}", block_values);
  }
  if (miniblocks_ == 0 || block_values % miniblocks_ != 0 || block_values / miniblocks_ % 32 != 0) {
    throw Corrupt("miniblock count of delta encoding is invalid: {} for {} values", miniblocks_, block_values);
  }
  if (count > kBlockValuesMax) throw Corrupt("value count of delta encoding is out of range: {}", count);
  miniblock_values_ = block_values / miniblocks_;
  miniblock_ = miniblocks_;
  values_left_ = count;
  first_pending_ = count > 0;
}

template <typename T>
void DeltaDecoder<T>::ReadBlockHeader() {
  min_delta_ = static_cast<U>(ReadZigzag(at_, end_));
  if (miniblocks_ > static_cast<uint64_t>(end_ - at_)) throw Corrupt("delta-encoded values end early");
  widths_ = at_;
  at_ += miniblocks_;
  miniblock_ = 0;
}

template <typename T>
void DeltaDecoder<T>::NextMiniblock() {
  if (miniblock_ == miniblocks_) ReadBlockHeader();
  width_ = widths_[miniblock_++];
  if (width_ > static_cast<int>(8 * sizeof(T)))
    throw Corrupt("bit width of delta encoding is out of range: {}", width_);
  // Of the last one, padding may be missing.
  const uint64_t needed = std::min<uint64_t>(miniblock_values_, values_left_);
  const auto bytes_left = static_cast<uint64_t>(end_ - at_);
  if ((needed * static_cast<uint64_t>(width_) + 7) / 8 > bytes_left) throw Corrupt("delta-encoded values end early");
  packed_ = at_;
  packed_pos_ = 0;
  packed_left_ = miniblock_values_;
  at_ += std::min(miniblock_values_ * static_cast<uint64_t>(width_) / 8, bytes_left);
}

template <typename T>
void DeltaDecoder<T>::DecodeDeltas(U* out, size_t count) {
  const auto width = static_cast<size_t>(width_);
  U group[8];
  U* const begin = out;
  size_t left = count;
  if (const size_t within = packed_pos_ % 8; within != 0) {
    const size_t take = std::min(left, 8 - within);
    Unpack(packed_ + packed_pos_ / 8 * width, width_, 8, group);
    std::memcpy(out, group + within, take * sizeof(U));
    packed_pos_ += take;
    out += take;
    left -= take;
  }
  const size_t whole = left & ~size_t{7};
  if (whole != 0) Unpack(packed_ + packed_pos_ / 8 * width, width_, whole, out);
  if (left != whole) {
    Unpack(packed_ + (packed_pos_ + whole) / 8 * width, width_, 8, group);
    std::memcpy(out + whole, group, (left - whole) * sizeof(U));
  }
  packed_pos_ += left;
  packed_left_ -= count;
  last_ = SumDeltas(begin, count, last_, min_delta_);
}

template <typename T>
void DeltaDecoder<T>::Decode(T* out, size_t count) {
  if (count > values_left_) throw Corrupt("delta-encoded values end early: {} wanted, {} left", count, values_left_);
  if (count > 0 && first_pending_) {
    *out++ = static_cast<T>(last_);
    first_pending_ = false;
    --count;
    --values_left_;
  }
  while (count > 0) {
    if (packed_left_ == 0) NextMiniblock();
    const size_t take = std::min(count, packed_left_);
    DecodeDeltas(reinterpret_cast<U*>(out), take);
    out += take;
    count -= take;
    values_left_ -= take;
  }
}

template <typename T>
void DeltaDecoder<T>::Skip(size_t count) {
  T values[256];
  while (count > 0) {
    const size_t take = std::min<size_t>(count, 256);
    Decode(values, take);
    count -= take;
  }
}

template <typename T>
size_t DeltaDecoder<T>::EncodedBytes() const {
  DeltaDecoder walker = *this;
  if (walker.first_pending_) --walker.values_left_;
  while (walker.values_left_ > 0) {
    walker.NextMiniblock();
    walker.values_left_ -= std::min<size_t>(walker.values_left_, walker.miniblock_values_);
  }
  return static_cast<size_t>(walker.at_ - begin_);
}

template class DeltaDecoder<int32_t>;
template class DeltaDecoder<int64_t>;

}  // namespace weir::parquet
