#include "function/scalar/utf8.h"

#include <cstring>

#include <utf8proc.h>

#include "base/bytes.h"

namespace weir {

bool IsAscii(std::string_view text) {
  size_t i = 0;
  uint64_t bits = 0;
  for (; i + 8 <= text.size(); i += 8) bits |= LoadUnaligned<uint64_t>(text.data() + i);
  for (; i < text.size(); ++i) bits |= static_cast<uint8_t>(text[i]);
  return (bits & 0x8080808080808080ULL) == 0;
}

size_t CountCharacters(std::string_view text) {
  size_t count = 0, i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    const auto word = LoadUnaligned<uint64_t>(text.data() + i);
    // Continuation bytes have the top bit set and the next one clear.
    const uint64_t continuations = (word >> 7) & ~(word >> 6) & 0x0101010101010101ULL;
    count += 8 - static_cast<size_t>(__builtin_popcountll(continuations));
  }
  for (; i < text.size(); ++i) count += IsUtf8Continuation(text[i]) ? 0 : 1;
  return count;
}

size_t OffsetOfCharacter(std::string_view text, size_t index) {
  size_t at = 0;
  while (index > 0 && at < text.size()) {
    at += Utf8Width(text[at]);
    --index;
  }
  return at < text.size() ? at : text.size();
}

char32_t NextCharacter(std::string_view text, size_t& at) {
  const auto lead = static_cast<uint8_t>(text[at]);
  const size_t width = Utf8Width(text[at]);
  if (width == 1 || at + width > text.size()) {
    ++at;
    return lead;
  }
  char32_t character = lead & (0x7F >> width);
  for (size_t i = 1; i < width; ++i) character = character << 6 | (static_cast<uint8_t>(text[at + i]) & 0x3F);
  at += width;
  return character;
}

namespace {

template <typename Map>
void AppendMapped(std::string_view text, std::string& out, Map map) {
  for (size_t at = 0; at < text.size();) AppendCharacter(static_cast<char32_t>(map(NextCharacter(text, at))), out);
}

}  // namespace

void AppendUpper(std::string_view text, std::string& out) {
  AppendMapped(text, out, [](char32_t c) {
    constexpr char32_t kSharpS = 0xDF;  // its capital is not in common use: PostgreSQL leaves it
    return c == kSharpS ? static_cast<utf8proc_int32_t>(c) : utf8proc_toupper(static_cast<utf8proc_int32_t>(c));
  });
}

void AppendLower(std::string_view text, std::string& out) {
  AppendMapped(text, out, [](char32_t c) { return utf8proc_tolower(static_cast<utf8proc_int32_t>(c)); });
}

void AppendInitcap(std::string_view text, std::string& out) {
  bool in_word = false;
  AppendMapped(text, out, [&](char32_t character) {
    const auto c = static_cast<utf8proc_int32_t>(character);
    const int category = utf8proc_category(c);
    const bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
    const bool digit = category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
    const utf8proc_int32_t mapped = in_word ? utf8proc_tolower(c) : utf8proc_toupper(c);
    in_word = letter || digit;
    return mapped;
  });
}

std::string FoldCase(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  if (IsAscii(text)) {
    for (const char c : text) out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  } else {
    AppendLower(text, out);
  }
  return out;
}

}  // namespace weir
