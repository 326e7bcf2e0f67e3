// Single bits and bytes of bytea, and bytea of texts.

#include <algorithm>

#include "base/utf8.h"
#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "function/scalar/utf8.h"

namespace weir {

namespace {

// Throws unless 0 <= index < size.
size_t Checked(int64_t index, size_t size) {
  if (index < 0 || static_cast<uint64_t>(index) >= size) {
    throw Error::User(sqlstate::kArraySubscriptError, "index {} out of valid range, 0..{}", index,
                      static_cast<int64_t>(size) - 1);
  }
  return static_cast<size_t>(index);
}

template <size_t kBits>
void Get(RowOut<int32_t>& out, StringRef bytes, int64_t index) {
  Guard(out, [&] {
    const size_t at = Checked(index, bytes.size() * (8 / kBits));
    const auto byte = static_cast<uint8_t>(bytes.view()[at * kBits / 8]);
    out.Set(kBits == 8 ? byte : (byte >> (at % 8)) & 1);
  });
}

template <size_t kBits>
void Set(RowOut<StringRef>& out, StringRef bytes, int64_t index, int32_t value) {
  Guard(out, [&] {
    const size_t at = Checked(index, bytes.size() * (8 / kBits));
    std::string result(bytes.view());
    char& byte = result[at * kBits / 8];
    if constexpr (kBits == 8) {
      byte = static_cast<char>(value);
    } else {
      if (value != 0 && value != 1) throw Error::User(sqlstate::kInvalidParameterValue, "new bit must be 0 or 1");
      const auto mask = static_cast<uint8_t>(1U << (at % 8));
      const auto old = static_cast<uint8_t>(byte);
      byte = static_cast<char>(value == 1 ? old | mask : old & ~mask);
    }
    out.SetString(result);
  });
}

enum class Encoding : uint8_t { kUtf8, kLatin1, kAscii };

// `what` is for errors: "source" or "destination".
Encoding FindEncoding(std::string_view name, std::string_view what) {
  std::string folded;
  for (const char c : FoldCase(name)) {
    if (c != '-' && c != '_' && c != ' ') folded += c;
  }
  if (folded == "utf8" || folded == "unicode" || folded == "utf8mb4" || folded == "sqlascii") return Encoding::kUtf8;
  if (folded == "latin1" || folded == "iso88591") return Encoding::kLatin1;
  if (folded == "ascii" || folded == "usascii") return Encoding::kAscii;
  for (const char* known : {"latin", "iso8859", "win", "koi8", "euc", "sjis", "big5", "gbk", "uhc", "gb18030"}) {
    if (folded.starts_with(known)) {
      throw Error::Unsupported("Use UTF8, LATIN1 or ASCII.", "encoding is not available: {}", name);
    }
  }
  throw Error::User(sqlstate::kInvalidParameterValue, "invalid {} encoding name \"{}\"", what, name);
}

std::string Encode(std::string_view text, std::string_view name) {
  const Encoding encoding = FindEncoding(name, "destination");
  if (encoding == Encoding::kUtf8) return std::string(text);
  const uint32_t limit = encoding == Encoding::kLatin1 ? 0x100 : 0x80;
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const uint32_t code = size == 1 ? lead
                          : size == 2
                              ? (static_cast<uint32_t>(lead & 0x1F) << 6) | (static_cast<uint8_t>(text[i + 1]) & 0x3F)
                              : limit;
    if (code >= limit) {
      std::string bytes;
      for (const char c : text.substr(i, size)) bytes += fmt::format(" 0x{:02x}", static_cast<uint8_t>(c));
      throw Error::User(sqlstate::kUntranslatableCharacter,
                        "character with byte sequence{} in encoding \"UTF8\" has no equivalent in encoding \"{}\"",
                        bytes, name);
    }
    out += static_cast<char>(code);
    i += size;
  }
  return out;
}

std::string Decode(std::string_view bytes, std::string_view name) {
  const Encoding encoding = FindEncoding(name, "source");
  if (encoding == Encoding::kLatin1) {
    std::string out;
    for (const char c : bytes) {
      if (c == '\0')
        throw Error::User(sqlstate::kCharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\"");
      AppendCharacter(static_cast<uint8_t>(c), out);
    }
    return out;
  }
  const bool ascii = encoding == Encoding::kAscii;
  if (FindInvalidUtf8(bytes) != std::string_view::npos ||
      (ascii && std::any_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<uint8_t>(c) >= 0x80; }))) {
    throw Error::User(sqlstate::kCharacterNotInRepertoire, "invalid byte sequence for encoding \"{}\"",
                      ascii ? "SQL_ASCII" : "UTF8");
  }
  return std::string(bytes);
}

// f(a, b) of two texts or byte strings.
template <typename F>
ScalarKernel OfTwo(F f) {
  return RowKernelWith<StringRef, StringRef, StringRef>([f](RowOut<StringRef>& out, StringRef a, StringRef b) {
    Guard(out, [&] { out.SetString(f(a.view(), b.view())); });
  });
}

template <bool kLeft, bool kRight>
std::string TrimBytes(std::string_view bytes, std::string_view set) {
  if (kLeft) bytes.remove_prefix(std::min(bytes.find_first_not_of(set), bytes.size()));
  if (kRight) bytes = bytes.substr(0, bytes.find_last_not_of(set) + 1);
  return std::string(bytes);
}

void OverlayBytes(RowOut<StringRef>& out, std::string_view bytes, std::string_view placed, int64_t from,
                  int64_t count) {
  if (from <= 0) {
    out.Fail(Error::User(sqlstate::kSubstringError, "negative substring length not allowed"));
    return;
  }
  const auto clamp = [&](int64_t at) {
    return static_cast<size_t>(std::clamp<int64_t>(at, 0, static_cast<int64_t>(bytes.size())));
  };
  int64_t rest = 0;
  if (__builtin_add_overflow(from - 1, count, &rest)) rest = static_cast<int64_t>(bytes.size());
  std::string result(bytes.substr(0, clamp(from - 1)));
  result += placed;
  result += bytes.substr(clamp(rest));
  out.SetString(result);
}

}  // namespace

void RegisterByteFunctions(Registry& registry) {
  Family family(registry, "binary");
  family.Add("get_byte", "A byte of bytea, counted from 0.", "get_byte('\\x1234567890'::bytea, 4)", "144",
             {Partial({kBytes, kLong}, kInt, RowKernelWith<int32_t, StringRef, int64_t>(Get<8>))});
  family.Add("get_bit", "A bit of bytea, counted from 0 from the lowest of the first byte.",
             "get_bit('\\x1234567890'::bytea, 30)", "1",
             {Partial({kBytes, kLong}, kInt, RowKernelWith<int32_t, StringRef, int64_t>(Get<1>))});
  family.Add("set_byte", "The bytea with a byte replaced.", "set_byte('\\x1234567890'::bytea, 4, 64)", "\\x1234567840",
             {Partial({kBytes, kLong, kInt}, kBytes, RowKernelWith<StringRef, StringRef, int64_t, int32_t>(Set<8>))});
  family.Add("set_bit", "The bytea with a bit replaced.", "set_bit('\\x1234567890'::bytea, 30, 0)", "\\x1234563890",
             {Partial({kBytes, kLong, kInt}, kBytes, RowKernelWith<StringRef, StringRef, int64_t, int32_t>(Set<1>))});
  family.Add("convert_to", "The bytes of a text in an encoding: UTF8, LATIN1 or ASCII.", "convert_to('abc', 'UTF8')",
             "\\x616263", {Partial({kText, kText}, kBytes, OfTwo(Encode))});
  family.Add("convert_from", "The text whose bytes in an encoding (UTF8, LATIN1, ASCII) are given.",
             "convert_from('\\x616263'::bytea, 'UTF8')", "abc", {Partial({kBytes, kText}, kText, OfTwo(Decode))});
  family.Add("convert", "The bytes of a text in one encoding, in another.", "convert('\\xe9'::bytea, 'LATIN1', 'UTF8')",
             "\\xc3a9",
             {Partial({kBytes, kText, kText}, kBytes,
                      RowKernelWith<StringRef, StringRef, StringRef, StringRef>(
                          [](RowOut<StringRef>& out, StringRef bytes, StringRef from, StringRef to) {
                            Guard(out, [&] { out.SetString(Encode(Decode(bytes, from), to)); });
                          }))});
  family.Add("btrim", "", "", "", {Total({kBytes, kBytes}, kBytes, OfTwo(TrimBytes<true, true>))});
  family.Add("ltrim", "", "", "", {Total({kBytes, kBytes}, kBytes, OfTwo(TrimBytes<true, false>))});
  family.Add("rtrim", "", "", "", {Total({kBytes, kBytes}, kBytes, OfTwo(TrimBytes<false, true>))});
  family.Add(
      "strpos", "", "", "",
      {Total({kBytes, kBytes}, kInt, RowKernel<int32_t, StringRef, StringRef>([](StringRef bytes, StringRef part) {
               return static_cast<int32_t>(bytes.view().find(part.view()) + 1);
             }))});
  family.Add("overlay", "", "", "",
             {Partial({kBytes, kBytes, kLong}, kBytes,
                      RowKernelWith<StringRef, StringRef, StringRef, int64_t>(
                          [](RowOut<StringRef>& out, StringRef bytes, StringRef placed, int64_t from) {
                            OverlayBytes(out, bytes, placed, from, static_cast<int64_t>(placed.size()));
                          })),
              Partial({kBytes, kBytes, kLong, kLong}, kBytes,
                      RowKernelWith<StringRef, StringRef, StringRef, int64_t, int64_t>(
                          [](RowOut<StringRef>& out, StringRef bytes, StringRef placed, int64_t from, int64_t count) {
                            OverlayBytes(out, bytes, placed, from, count);
                          }))});
}

}  // namespace weir
