#include "format/parquet/value_decoder.h"

#include <algorithm>
#include <cstring>

#include "base/bits.h"
#include "format/parquet/bit_unpack.h"
#include "format/parquet/corrupt.h"

namespace weir::parquet {
namespace {

[[noreturn]] void ThrowShort() {
  throw Corrupt("values of the page end early");
}

WEIR_SIMD_CLONES uint32_t MaxOf(const uint32_t* values, size_t count) {
  uint32_t max = 0;
  for (size_t i = 0; i < count; ++i) max = values[i] > max ? values[i] : max;
  return max;
}

WEIR_SIMD_CLONES void Merge4(const uint8_t* in, size_t stride, uint32_t* out, size_t count) {
  const uint8_t* b0 = in;
  const uint8_t* b1 = in + stride;
  const uint8_t* b2 = in + 2 * stride;
  const uint8_t* b3 = in + 3 * stride;
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<uint32_t>(b0[i]) | static_cast<uint32_t>(b1[i]) << 8 | static_cast<uint32_t>(b2[i]) << 16 |
             static_cast<uint32_t>(b3[i]) << 24;
  }
}

WEIR_SIMD_CLONES void Merge8(const uint32_t* low, const uint32_t* high, uint64_t* out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = low[i] | static_cast<uint64_t>(high[i]) << 32;
}

}  // namespace

const uint8_t* PlainFixedDecoder::Take(size_t count) {
  const size_t bytes = count * width_;
  if (bytes > left_) ThrowShort();
  const uint8_t* out = at_;
  at_ += bytes;
  left_ -= bytes;
  return out;
}

void PlainBoolDecoder::Decode(uint8_t* out, size_t count) {
  const size_t from = bit_;
  Skip(count);
  UnpackBools(bytes_.data(), from, count, out);
}

void PlainBoolDecoder::Skip(size_t count) {
  if (count > bytes_.size() * 8 - bit_) ThrowShort();
  bit_ += count;
}

RleBoolDecoder::RleBoolDecoder(ByteSpan bytes) {
  if (bytes.size() < 4) ThrowShort();
  const auto size = LoadUnaligned<uint32_t>(bytes.data());
  if (size > bytes.size() - 4) ThrowShort();
  runs_ = RleDecoder(bytes.subspan(4, size), 1);
}

ByteStreamSplitDecoder::ByteStreamSplitDecoder(ByteSpan bytes, size_t width)
    : data_(bytes.data()), width_(width), count_(bytes.size() / width) {
  if (bytes.size() % width != 0) throw Corrupt("byte streams have different lengths: {} bytes", bytes.size());
}

void ByteStreamSplitDecoder::Skip(size_t count) {
  if (count > count_ - at_) ThrowShort();
  at_ += count;
}

void ByteStreamSplitDecoder::Decode(uint8_t* out, size_t count) {
  const uint8_t* in = data_ + at_;
  Skip(count);
  constexpr size_t kStep = 256;
  if (width_ == 4) {
    alignas(64) uint32_t values[kStep];
    for (size_t i = 0; i < count; i += kStep) {
      const size_t n = std::min(kStep, count - i);
      Merge4(in + i, count_, values, n);
      std::memcpy(out + i * 4, values, n * 4);
    }
  } else if (width_ == 8) {
    alignas(64) uint32_t low[kStep];
    alignas(64) uint32_t high[kStep];
    alignas(64) uint64_t values[kStep];
    for (size_t i = 0; i < count; i += kStep) {
      const size_t n = std::min(kStep, count - i);
      Merge4(in + i, count_, low, n);
      Merge4(in + i + 4 * count_, count_, high, n);
      Merge8(low, high, values, n);
      std::memcpy(out + i * 8, values, n * 8);
    }
  } else {
    for (size_t b = 0; b < width_; ++b, in += count_) {
      for (size_t i = 0; i < count; ++i) out[i * width_ + b] = in[i];
    }
  }
}

void PlainBytesDecoder::Decode(StringRef* out, size_t count) {
  const uint8_t* at = at_;
  for (size_t i = 0; i < count; ++i) {
    if (end_ - at < 4) [[unlikely]]
      ThrowShort();
    const auto size = LoadUnaligned<uint32_t>(at);
    at += 4;
    if (size > static_cast<size_t>(end_ - at)) [[unlikely]]
      ThrowShort();
    StoreStringRef(out + i, at, size);
    at += size;
  }
  at_ = at;
}

void PlainBytesDecoder::DecodeSelected(StringRef* out, std::span<const uint32_t> rows, size_t span) {
  size_t at = 0;
  for (const uint32_t row : rows) {
    Skip(row - at);
    Decode(out++, 1);
    at = row + size_t{1};
  }
  Skip(span - at);
}

void PlainBytesDecoder::Skip(size_t count) {
  const uint8_t* at = at_;
  for (size_t i = 0; i < count; ++i) {
    if (end_ - at < 4) [[unlikely]]
      ThrowShort();
    const auto size = LoadUnaligned<uint32_t>(at);
    at += 4;
    if (size > static_cast<size_t>(end_ - at)) [[unlikely]]
      ThrowShort();
    at += size;
  }
  at_ = at;
}

DeltaLengthBytesDecoder::DeltaLengthBytesDecoder(ByteSpan bytes) : lengths_(bytes) {
  at_ = bytes.data() + lengths_.EncodedBytes();
  end_ = bytes.data() + bytes.size();
}

size_t DeltaLengthBytesDecoder::NextLengths(size_t count, int32_t* lengths) {
  count = std::min<size_t>(count, 256);
  lengths_.Decode(lengths, count);
  return count;
}

const uint8_t* DeltaLengthBytesDecoder::TakeBytes(int32_t length) {
  if (length < 0 || length > end_ - at_) [[unlikely]]
    ThrowShort();
  const uint8_t* out = at_;
  at_ += length;
  return out;
}

void DeltaLengthBytesDecoder::Decode(StringRef* out, size_t count) {
  int32_t lengths[256];
  while (count > 0) {
    const size_t n = NextLengths(count, lengths);
    for (size_t i = 0; i < n; ++i) StoreStringRef(out++, TakeBytes(lengths[i]), static_cast<uint32_t>(lengths[i]));
    count -= n;
  }
}

void DeltaLengthBytesDecoder::Skip(size_t count) {
  int32_t lengths[256];
  while (count > 0) {
    const size_t n = NextLengths(count, lengths);
    for (size_t i = 0; i < n; ++i) TakeBytes(lengths[i]);
    count -= n;
  }
}

DeltaBytesDecoder::DeltaBytesDecoder(ByteSpan bytes) : prefixes_(bytes) {
  bytes = bytes.subspan(prefixes_.EncodedBytes());
  suffixes_ = DeltaDecoder<int32_t>(bytes);
  at_ = bytes.data() + suffixes_.EncodedBytes();
  end_ = bytes.data() + bytes.size();
}

void DeltaBytesDecoder::Decode(StringRef* out, size_t count, Owners& owners) {
  if (count == 0) return;
  constexpr size_t kBytesMax = size_t{1} << 30;  // of one call: prefixes can make little become much
  std::vector<int32_t> prefixes(count);
  std::vector<int32_t> suffixes(count);
  prefixes_.Decode(prefixes.data(), count);
  suffixes_.Decode(suffixes.data(), count);
  size_t total = 0;
  size_t suffix_total = 0;
  size_t last_size = last_.size();
  for (size_t i = 0; i < count; ++i) {
    if (prefixes[i] < 0 || static_cast<size_t>(prefixes[i]) > last_size) {
      throw Corrupt("prefix of a delta-encoded string is longer than the string before: {}", prefixes[i]);
    }
    if (suffixes[i] < 0) ThrowShort();
    last_size = static_cast<size_t>(prefixes[i]) + static_cast<size_t>(suffixes[i]);
    suffix_total += static_cast<size_t>(suffixes[i]);
    total += last_size;
  }
  if (suffix_total > static_cast<size_t>(end_ - at_)) ThrowShort();
  if (total > kBytesMax) {
    throw Error::Operational(sqlstate::kProgramLimitExceeded, "delta-encoded strings take too much memory: {}", total);
  }
  auto buffer = Buffer::Allocate(total);
  uint8_t* to = buffer->data();
  const auto* last = reinterpret_cast<const uint8_t*>(last_.data());
  last_size = last_.size();
  for (size_t i = 0; i < count; ++i) {
    const auto prefix = static_cast<size_t>(prefixes[i]);
    const auto suffix = static_cast<size_t>(suffixes[i]);
    if (prefix != 0) std::memcpy(to, last, prefix);
    if (suffix != 0) std::memcpy(to + prefix, at_, suffix);
    at_ += suffix;
    last = to;
    last_size = prefix + suffix;
    to += last_size;
  }
  last_ = std::string(reinterpret_cast<const char*>(last), last_size);
  const uint8_t* from = buffer->data();
  for (size_t i = 0; i < count; ++i) {
    const auto size = static_cast<uint32_t>(prefixes[i] + suffixes[i]);
    StoreStringRef(out + i, from, size);
    from += size;
  }
  owners.push_back(std::move(buffer));
}

void DeltaBytesDecoder::Skip(size_t count) {
  StringRef values[256];
  while (count > 0) {
    const size_t n = std::min<size_t>(count, 256);
    Owners owners;
    Decode(values, n, owners);
    count -= n;
  }
}

DictionaryIndexDecoder::DictionaryIndexDecoder(ByteSpan bytes, uint32_t dictionary_size) : size_(dictionary_size) {
  // A page of NULLs may have no bytes at all.
  if (!bytes.empty()) runs_ = RleDecoder(bytes.subspan(1), bytes[0]);
}

void DictionaryIndexDecoder::Decode(uint32_t* out, size_t count) {
  runs_.Decode(out, count);
  Check(out, count);
}

void DictionaryIndexDecoder::DecodeSelected(uint32_t* out, std::span<const uint32_t> rows, size_t span) {
  runs_.DecodeSelected(out, rows, span);
  Check(out, rows.size());
}

void DictionaryIndexDecoder::Check(const uint32_t* indices, size_t count) const {
  if (count > 0 && MaxOf(indices, count) >= size_) {
    throw Corrupt("index into the dictionary is out of range: {} of {}", MaxOf(indices, count), size_);
  }
}

}  // namespace weir::parquet
