#include "base/error.h"
#include "types/text.h"

namespace weir {

namespace {

[[noreturn]] void RefuseDigit(std::string_view text, size_t at, std::string_view what) {
  // A whole character, however many bytes it has.
  size_t end = at + 1;
  while (end < text.size() && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) ++end;
  throw Error::User(sqlstate::kInvalidTextRepresentation, "\"{}\" is not a valid {} digit", text.substr(at, end - at),
                    what);
}

std::string BinaryDigits(std::string_view text, size_t from) {
  for (size_t i = from; i < text.size(); ++i) {
    if (text[i] != '0' && text[i] != '1') RefuseDigit(text, i, "binary");
  }
  return std::string(text.substr(from));
}

std::string HexDigits(std::string_view text, size_t from) {
  std::string bits;
  for (size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      RefuseDigit(text, i, "hexadecimal");
    }
    for (int bit = 3; bit >= 0; --bit) bits += (digit >> bit & 1) != 0 ? '1' : '0';
  }
  return bits;
}

}  // namespace

std::string FitBits(std::string bits, const Type& type, bool coerce) {
  const uint32_t length = type.max_length();
  if (length == 0) return bits;
  if (type.is_varying() ? bits.size() <= length : bits.size() == length) return bits;
  if (coerce) {
    bits.resize(length, '0');
    return bits;
  }
  if (type.is_varying()) {
    throw Error::User(sqlstate::kStringDataRightTruncation, "bit string too long for type bit varying({})", length);
  }
  throw Error::User(sqlstate::kStringDataLengthMismatch, "bit string length {} does not match type bit({})",
                    bits.size(), length);
}

std::string ParseBits(std::string_view text, const Type& type) {
  const char first = text.empty() ? '\0' : text[0];
  if (first == 'x' || first == 'X') return FitBits(HexDigits(text, 1), type, false);
  return FitBits(BinaryDigits(text, first == 'b' || first == 'B' ? 1 : 0), type, false);
}

}  // namespace weir
