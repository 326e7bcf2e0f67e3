#include "format/parquet/utf8.h"

#include <cstdint>

#include "base/bytes.h"

namespace weir::parquet {

namespace {

constexpr uint64_t kHighBits = 0x8080808080808080ULL;

}  // namespace

bool IsAscii(std::string_view text) {
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 64; left -= 64, at += 64) {
    uint64_t bits = 0;
    for (size_t i = 0; i < 64; i += 8) bits |= LoadUnaligned<uint64_t>(at + i);
    if ((bits & kHighBits) != 0) return false;
  }
  uint8_t bits = 0;
  for (size_t i = 0; i < left; ++i) bits |= static_cast<uint8_t>(at[i]);
  return bits < 0x80;
}

bool IsUtf8(std::string_view text) {
  const auto* at = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* end = at + text.size();
  const auto word = [&](size_t i) { return LoadUnaligned<uint64_t>(at + i * 8); };
  while (at < end) {
    if (end - at >= 32 && ((word(0) | word(1) | word(2) | word(3)) & kHighBits) == 0) {
      at += 32;
      continue;
    }
    if (end - at >= 8 && (word(0) & kHighBits) == 0) {
      at += 8;
      continue;
    }
    const uint8_t lead = *at;
    if (lead < 0x80) {
      ++at;
      continue;
    }
    int more = 0;
    uint32_t code = 0;
    uint32_t least = 0;
    if ((lead & 0xE0) == 0xC0) {
      more = 1, code = lead & 0x1F, least = 0x80;
    } else if ((lead & 0xF0) == 0xE0) {
      more = 2, code = lead & 0x0F, least = 0x800;
    } else if ((lead & 0xF8) == 0xF0) {
      more = 3, code = lead & 0x07, least = 0x10000;
    } else {
      return false;
    }
    if (end - at <= more) return false;
    for (int i = 1; i <= more; ++i) {
      if ((at[i] & 0xC0) != 0x80) return false;
      code = code << 6 | (at[i] & 0x3F);
    }
    if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    at += more + 1;
  }
  return true;
}

}  // namespace weir::parquet
