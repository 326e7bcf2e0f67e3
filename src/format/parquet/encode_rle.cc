#include "format/parquet/encode_rle.h"

#include <algorithm>

namespace weir::parquet {

namespace {

constexpr size_t kGroup = 8;
// Shorter runs stay packed: they would save some bytes, which compression finds as well, and take longer to read.
constexpr size_t kRunMin = 64;

void PutVarint(uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

template <typename T>
void Pack(std::span<const T> values, int width, std::string& out) {
  unsigned __int128 word = 0;
  int bits = 0;
  for (const T value : values) {
    word |= static_cast<unsigned __int128>(value) << bits;
    bits += width;
    while (bits >= 8) {
      out.push_back(static_cast<char>(static_cast<uint8_t>(word)));
      word >>= 8;
      bits -= 8;
    }
  }
  if (bits > 0) out.push_back(static_cast<char>(static_cast<uint8_t>(word)));
}

// The values as bit-packed groups of eight; zeros fill the last group, which is only right at the end of all values.
void PutPacked(std::span<const uint32_t> values, int width, std::string& out) {
  if (values.empty()) return;
  const size_t groups = (values.size() + kGroup - 1) / kGroup;
  PutVarint(groups << 1 | 1, out);
  const size_t end = out.size() + groups * static_cast<size_t>(width);
  Pack(values, width, out);
  out.resize(end, '\0');
}

void PutRun(uint32_t value, size_t count, int width, std::string& out) {
  PutVarint(static_cast<uint64_t>(count) << 1, out);
  for (int byte = 0; byte < (width + 7) / 8; ++byte) out.push_back(static_cast<char>(value >> (8 * byte)));
}

}  // namespace

void PackBits(std::span<const uint64_t> values, int width, std::string& out) {
  Pack(values, width, out);
}

void EncodeRle(std::span<const uint32_t> values, int width, std::string& out) {
  size_t packed_from = 0;
  for (size_t i = 0; i < values.size();) {
    size_t end = i + 1;
    while (end < values.size() && values[end] == values[i]) ++end;
    // What stands before a run must fill whole groups: the run gives the values that are missing.
    const size_t fill = (kGroup - (i - packed_from) % kGroup) % kGroup;
    if (end - i >= kRunMin + fill) {
      PutPacked(values.subspan(packed_from, i + fill - packed_from), width, out);
      PutRun(values[i], end - i - fill, width, out);
      packed_from = end;
    }
    i = end;
  }
  PutPacked(values.subspan(packed_from), width, out);
}

}  // namespace weir::parquet
