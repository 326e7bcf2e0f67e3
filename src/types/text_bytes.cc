// Text of bytea and uuid.

#include <array>

#include "base/error.h"
#include "types/text.h"
#include "types/text_scan.h"

namespace weir {

namespace {
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr uint128_t kUuidTopBit = static_cast<uint128_t>(1) << 127;
}  // namespace

void AppendHex(std::string_view bytes, std::string& out) {
  const size_t start = out.size();
  out.resize(start + bytes.size() * 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    out[start + 2 * i] = kHexDigits[byte >> 4];
    out[start + 2 * i + 1] = kHexDigits[byte & 15];
  }
}

void AppendBytea(std::string_view bytes, std::string& out) {
  out += "\\x";
  AppendHex(bytes, out);
}

void AppendBytea(std::string_view bytes, bool escaped, std::string& out) {
  if (!escaped) return AppendBytea(bytes, out);
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (byte >= 0x20 && byte <= 0x7e) {
      out += c;
    } else {
      out += '\\';
      out += static_cast<char>('0' + (byte >> 6));
      out += static_cast<char>('0' + (byte >> 3 & 7));
      out += static_cast<char>('0' + (byte & 7));
    }
  }
}

void AppendUuid(int128_t uuid, std::string& out) {
  const uint128_t bits = static_cast<uint128_t>(uuid) ^ kUuidTopBit;
  for (int nibble = 31; nibble >= 0; --nibble) {
    out += kHexDigits[static_cast<size_t>(bits >> (4 * nibble)) & 15];
    if (nibble == 24 || nibble == 20 || nibble == 16 || nibble == 12) out += '-';
  }
}

int128_t ParseUuid(std::string_view text) {
  std::string_view body = text;
  if (body.size() >= 2 && body.front() == '{' && body.back() == '}') body = body.substr(1, body.size() - 2);
  uint128_t bits = 0;
  int digits = 0;
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '-') {
      // Hyphens may stand after each group of four digits.
      if (digits == 0 || digits == 32 || digits % 4 != 0 || body[i - 1] == '-') ThrowInvalidInput("uuid", text);
      continue;
    }
    const int digit = HexDigit(body[i]);
    if (digit < 0 || digits == 32) ThrowInvalidInput("uuid", text);
    bits = (bits << 4) | static_cast<unsigned>(digit);
    ++digits;
  }
  if (digits != 32) ThrowInvalidInput("uuid", text);
  return static_cast<int128_t>(bits ^ kUuidTopBit);
}

std::string ParseBytea(std::string_view text) {
  std::string out;
  if (text.starts_with("\\x")) {
    int high = -1;
    for (const char c : text.substr(2)) {
      if (high < 0 && IsSpace(c)) continue;
      const int digit = HexDigit(c);
      if (digit < 0) {
        throw Error::User(sqlstate::kInvalidParameterValue, "invalid hexadecimal digit: \"{}\"", std::string(1, c));
      }
      if (high < 0) {
        high = digit;
      } else {
        out += static_cast<char>(high * 16 + digit);
        high = -1;
      }
    }
    if (high >= 0)
      throw Error::User(sqlstate::kInvalidParameterValue, "invalid hexadecimal data: odd number of digits");
    return out;
  }
  const auto octal = [&](size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '7'; };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      out += '\\';
      ++i;
    } else if (octal(i + 1) && octal(i + 2) && octal(i + 3) && text[i + 1] <= '3') {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      ThrowInvalidInput("bytea", text);
    }
  }
  return out;
}

}  // namespace weir
