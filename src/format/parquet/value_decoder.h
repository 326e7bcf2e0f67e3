#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/string_ref.h"
#include "column/buffer.h"
#include "format/parquet/delta.h"
#include "format/parquet/rle.h"

namespace weir::parquet {

// Decoders of the values of one page, one class per encoding. All borrow the page's bytes, which need kReadPadding
// behind them, and throw kDataCorrupted when values end early. Decode moves on; Skip moves on without producing.

// Writes the view of `size` bytes at `data`; twelve bytes must be readable there whatever the size.
inline void StoreStringRef(StringRef* out, const uint8_t* data, uint32_t size) {
  struct Masks {
    uint32_t head[13];
    uint64_t tail[13];
  };
  static constexpr Masks kMasks = [] {
    Masks masks{};
    for (unsigned n = 0; n <= 12; ++n) {
      masks.head[n] = n >= 4 ? ~uint32_t{0} : (uint32_t{1} << (8 * n)) - 1;
      masks.tail[n] = n <= 4 ? 0 : n == 12 ? ~uint64_t{0} : (uint64_t{1} << (8 * (n - 4))) - 1;
    }
    return masks;
  }();
  const uint32_t n = size < 12 ? size : 12;
  const uint64_t head = size | static_cast<uint64_t>(LoadUnaligned<uint32_t>(data) & kMasks.head[n]) << 32;
  const uint64_t inlined = LoadUnaligned<uint64_t>(data + 4) & kMasks.tail[n];
  const uint64_t tail = size <= StringRef::kInlineMax ? inlined : reinterpret_cast<uint64_t>(data);
  uint64_t words[2] = {head, tail};
  std::memcpy(static_cast<void*>(out), words, sizeof(words));
}

// PLAIN values of fixed width.
class PlainFixedDecoder {
 public:
  PlainFixedDecoder(ByteSpan bytes, size_t width) : at_(bytes.data()), left_(bytes.size()), width_(width) {}
  const uint8_t* position() const { return at_; }
  // The next `count` values in place; moves on.
  const uint8_t* Take(size_t count);
  void Decode(uint8_t* out, size_t count) { std::memcpy(out, Take(count), count * width_); }
  void Skip(size_t count) { Take(count); }

 private:
  const uint8_t* at_;
  size_t left_;
  size_t width_;
};

class PlainBoolDecoder {
 public:
  explicit PlainBoolDecoder(ByteSpan bytes) : bytes_(bytes) {}
  void Decode(uint8_t* out, size_t count);
  void Skip(size_t count);

 private:
  ByteSpan bytes_;
  size_t bit_ = 0;
};

// RLE booleans; their bytes start with a length in data pages v1 and v2 alike.
class RleBoolDecoder {
 public:
  explicit RleBoolDecoder(ByteSpan bytes);
  void Decode(uint8_t* out, size_t count) { runs_.DecodeBytes(out, count); }
  void Skip(size_t count) { runs_.Skip(count); }

 private:
  RleDecoder runs_;
};

// DELTA_BINARY_PACKED as int32_t or int64_t.
template <typename T>
class DeltaIntDecoder {
 public:
  explicit DeltaIntDecoder(ByteSpan bytes) : values_(bytes) {}
  void Decode(uint8_t* out, size_t count) { values_.Decode(reinterpret_cast<T*>(out), count); }
  void Skip(size_t count) { values_.Skip(count); }

 private:
  DeltaDecoder<T> values_;
};

class ByteStreamSplitDecoder {
 public:
  ByteStreamSplitDecoder(ByteSpan bytes, size_t width);
  void Decode(uint8_t* out, size_t count);
  void Skip(size_t count);

 private:
  const uint8_t* data_;
  size_t width_;
  size_t count_;
  size_t at_ = 0;
};

// Byte arrays: views into the page.
class PlainBytesDecoder {
 public:
  explicit PlainBytesDecoder(ByteSpan bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  void Decode(StringRef* out, size_t count);
  // Value i of the next `span` for every i of `rows`; moves on over the span.
  void DecodeSelected(StringRef* out, std::span<const uint32_t> rows, size_t span);
  void Skip(size_t count);

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

class DeltaLengthBytesDecoder {
 public:
  explicit DeltaLengthBytesDecoder(ByteSpan bytes);
  // The strings' bytes alone, of the values to come.
  ByteSpan string_bytes() const { return {at_, end_}; }
  void Decode(StringRef* out, size_t count);
  void Skip(size_t count);

 private:
  // The lengths of up to 256 values, and how many.
  size_t NextLengths(size_t count, int32_t* lengths);
  const uint8_t* TakeBytes(int32_t length);

  DeltaDecoder<int32_t> lengths_;
  const uint8_t* at_;
  const uint8_t* end_;
};

// Values share prefixes with the ones before, so they are put together in buffers that columns then own.
class DeltaBytesDecoder {
 public:
  explicit DeltaBytesDecoder(ByteSpan bytes);
  ByteSpan string_bytes() const { return {at_, end_}; }
  // Adds what `out` points into to `owners`.
  void Decode(StringRef* out, size_t count, Owners& owners);
  void Skip(size_t count);

 private:
  DeltaDecoder<int32_t> prefixes_;
  DeltaDecoder<int32_t> suffixes_;
  const uint8_t* at_;
  const uint8_t* end_;
  std::string last_;
};

// Indices of a dictionary; the first byte is their width.
class DictionaryIndexDecoder {
 public:
  DictionaryIndexDecoder(ByteSpan bytes, uint32_t dictionary_size);
  // Checked to be below the size of the dictionary.
  void Decode(uint32_t* out, size_t count);
  // Of the next `span` those at the places that `rows` names; moves on over the span.
  void DecodeSelected(uint32_t* out, std::span<const uint32_t> rows, size_t span);
  void Skip(size_t count) { runs_.Skip(count); }

 private:
  void Check(const uint32_t* indices, size_t count) const;

  RleDecoder runs_;
  uint32_t size_;
};

using ValueDecoder =
    std::variant<std::monostate, PlainFixedDecoder, PlainBoolDecoder, RleBoolDecoder, DeltaIntDecoder<int32_t>,
                 DeltaIntDecoder<int64_t>, ByteStreamSplitDecoder, PlainBytesDecoder, DeltaLengthBytesDecoder,
                 DeltaBytesDecoder, DictionaryIndexDecoder>;

}  // namespace weir::parquet
