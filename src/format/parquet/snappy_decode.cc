#include "format/parquet/snappy_decode.h"

#include <array>
#include <cstring>

namespace weir::parquet {
namespace {

// What the first byte of an element says. Elements are literals of 1..60 bytes, or of more with their length behind;
// or copies from 1..64 KiB or 4 GiB before.
struct Tag {
  uint8_t length = 0;  // 0: an element for CarefulElement
  uint8_t offset = 0;  // the high byte of the offset that the tag has in itself
};

constexpr std::array<Tag, 256> kTags = [] {
  std::array<Tag, 256> tags{};
  for (unsigned tag = 0; tag < 256; ++tag) {
    const unsigned high = tag >> 2;
    switch (tag & 3) {
      case 0:
        tags[tag].length = static_cast<uint8_t>(high < 60 ? high + 1 : 0);
        break;
      case 1:
        tags[tag] = {static_cast<uint8_t>((high & 7) + 4), static_cast<uint8_t>(high >> 3)};
        break;
      case 2:
        tags[tag].length = static_cast<uint8_t>(high + 1);
        break;
      default:
        break;
    }
  }
  return tags;
}();

// By the kind of the element: the bits of the four bytes behind the tag that belong to its offset.
constexpr uint32_t kOffsetMasks[4] = {0, 0xFF, 0xFFFF, 0};

constexpr size_t kBlock = 64;  // bytes that the fast path copies whatever the length

using Vector __attribute__((vector_size(16))) = uint64_t;

inline Vector Load(const uint8_t* from) {
  Vector out;
  std::memcpy(&out, from, sizeof(out));
  return out;
}
inline void Store(uint8_t* to, Vector value) {
  std::memcpy(to, &value, sizeof(value));
}

// All is read before any is written.
inline void CopyBlock(uint8_t* to, const uint8_t* from) {
  const Vector a = Load(from);
  const Vector b = Load(from + 16);
  const Vector c = Load(from + 32);
  const Vector d = Load(from + 48);
  Store(to, a);
  Store(to + 16, b);
  Store(to + 32, c);
  Store(to + 48, d);
}

// A copy that overlaps itself: the pattern is doubled until eight bytes can be moved at once. Writes up to kBlock + 8
// bytes.
inline void CopyPattern(uint8_t* to, size_t offset, size_t length) {
  const uint8_t* from = to - offset;
  const uint8_t* const end = to + length;
  while (offset < 8) {
    StoreUnaligned(to, LoadUnaligned<uint64_t>(from));
    if (to + offset >= end) return;
    to += offset;
    offset *= 2;
  }
  for (; to < end; to += 8, from += 8) StoreUnaligned(to, LoadUnaligned<uint64_t>(from));
}

// One element with every bound checked, byte by byte where it must be.
bool CarefulElement(const uint8_t*& in, const uint8_t* in_end, uint8_t* begin, uint8_t*& out, const uint8_t* out_end) {
  const size_t tag = *in++;
  const auto in_left = static_cast<size_t>(in_end - in);
  const auto out_left = static_cast<size_t>(out_end - out);
  const size_t kind = tag & 3;
  size_t length = (tag >> 2) + 1;
  size_t extra = 0;
  uint32_t stored = 0;
  if (kind == 0) {
    if (length > 60) {
      extra = length - 60;
      if (extra > in_left) return false;
      std::memcpy(&stored, in, extra);
      length = static_cast<size_t>(stored) + 1;
    }
    if (length > in_left - extra || length > out_left) return false;
    std::memcpy(out, in + extra, length);
    in += extra + length;
    out += length;
    return true;
  }
  extra = kind == 3 ? 4 : kind;
  if (extra > in_left) return false;
  std::memcpy(&stored, in, extra);
  size_t offset = stored;
  if (kind == 1) {
    offset += tag >> 5 << 8;
    length = (tag >> 2 & 7) + 4;
  }
  if (length > out_left || offset == 0 || offset > static_cast<size_t>(out - begin)) return false;
  for (size_t i = 0; i < length; ++i) out[i] = out[i - offset];
  in += extra;
  out += length;
  return true;
}

}  // namespace

bool SnappyDecode(ByteSpan bytes, std::span<uint8_t> out_bytes) {
  const uint8_t* in = bytes.data();
  const uint8_t* const in_end = in + bytes.size();
  uint64_t size = 0;
  for (int shift = 0;; shift += 7) {
    if (in == in_end || shift > 28) return false;
    const uint8_t byte = *in++;
    size |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  if (size != out_bytes.size()) return false;
  uint8_t* const begin = out_bytes.data();
  uint8_t* out = begin;
  uint8_t* const out_end = begin + size;

  // While whole blocks may be read and written, an element costs no branch on what it is. What the next one needs is
  // how far away it is: both answers are loaded before the kind of this one has been looked at.
  constexpr ptrdiff_t kInMargin = kBlock + 8;
  constexpr ptrdiff_t kOutMargin = kBlock + 16;
  while (in < in_end) {
    if (in_end - in > kInMargin) {
      size_t tag = *in++;
      while (in_end - in > kInMargin && out_end - out > kOutMargin) {
        const Tag element = kTags[tag];
        if (element.length == 0) [[unlikely]]
          break;
        const size_t kind = tag & 3;
        const size_t literal = tag >> 2;
        const bool is_literal = kind == 0;
        const uint8_t* const payload = in;
        const size_t after_literal = payload[literal + 1];
        const size_t after_copy = payload[kind];
        tag = is_literal ? after_literal : after_copy;
        in += is_literal ? literal + 2 : kind + 1;
        const size_t offset =
            (LoadUnaligned<uint32_t>(payload) & kOffsetMasks[kind]) + (static_cast<size_t>(element.offset) << 8);
        const uint8_t* from = is_literal ? payload : out - offset;
        if (!is_literal && (offset < element.length || offset > static_cast<size_t>(out - begin))) [[unlikely]] {
          if (offset == 0 || offset > static_cast<size_t>(out - begin)) return false;
          CopyPattern(out, offset, element.length);
        } else {
          CopyBlock(out, from);
        }
        out += element.length;
      }
      --in;
    }
    if (!CarefulElement(in, in_end, begin, out, out_end)) return false;
  }
  return out == out_end;
}

}  // namespace weir::parquet
