#include "base/utf8.h"

#include <cstring>

namespace weir {

size_t FindInvalidUtf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const size_t size = text.size();
  const auto continues = [&](size_t at) { return at < size && (bytes[at] & 0xC0) == 0x80; };
  size_t at = 0;
  while (at < size) {
    // Eight bytes of ASCII without NUL at a time.
    while (at + 8 <= size) {
      uint64_t word;
      std::memcpy(&word, bytes + at, 8);
      const uint64_t has_zero = (word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL;
      if (((word & 0x8080808080808080ULL) | has_zero) != 0) break;
      at += 8;
    }
    if (at >= size) break;
    const uint8_t lead = bytes[at];
    if (lead == 0) return at;
    if (lead < 0x80) {
      ++at;
    } else if (lead >= 0xC2 && lead <= 0xDF) {
      if (!continues(at + 1)) return at;
      at += 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      if (!continues(at + 1) || !continues(at + 2)) return at;
      if (lead == 0xE0 && bytes[at + 1] < 0xA0) return at;  // overlong
      if (lead == 0xED && bytes[at + 1] > 0x9F) return at;  // surrogate
      at += 3;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      if (!continues(at + 1) || !continues(at + 2) || !continues(at + 3)) return at;
      if (lead == 0xF0 && bytes[at + 1] < 0x90) return at;
      if (lead == 0xF4 && bytes[at + 1] > 0x8F) return at;
      at += 4;
    } else {
      return at;
    }
  }
  return std::string_view::npos;
}

size_t EncodeUtf8(uint32_t code_point, char* out) {
  if (code_point < 0x80) {
    out[0] = static_cast<char>(code_point);
    return 1;
  }
  if (code_point < 0x800) {
    out[0] = static_cast<char>(0xC0 | (code_point >> 6));
    out[1] = static_cast<char>(0x80 | (code_point & 0x3F));
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = static_cast<char>(0xE0 | (code_point >> 12));
    out[1] = static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    out[2] = static_cast<char>(0x80 | (code_point & 0x3F));
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | (code_point >> 18));
  out[1] = static_cast<char>(0x80 | ((code_point >> 12) & 0x3F));
  out[2] = static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
  out[3] = static_cast<char>(0x80 | (code_point & 0x3F));
  return 4;
}

void AppendCharacter(char32_t code_point, std::string& out) {
  char bytes[4];
  out.append(bytes, EncodeUtf8(code_point, bytes));
}

}  // namespace weir
