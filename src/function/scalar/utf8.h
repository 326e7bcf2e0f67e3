#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace weir {

// UTF-8 by code points. Texts are valid UTF-8; on invalid bytes the results are odd but nothing is read out of bounds.

inline bool IsUtf8Continuation(char c) {
  return (static_cast<uint8_t>(c) & 0xC0) == 0x80;
}

inline size_t Utf8Width(char lead) {
  const auto byte = static_cast<uint8_t>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

bool IsAscii(std::string_view text);
size_t CountCharacters(std::string_view text);
// The byte offset of character `index` counted from 0, or the size of the text when it has fewer.
size_t OffsetOfCharacter(std::string_view text, size_t index);
// Decodes the character at `at` and moves behind it.
char32_t NextCharacter(std::string_view text, size_t& at);

// Full Unicode mapping, independent of any locale.
void AppendUpper(std::string_view text, std::string& out);
void AppendLower(std::string_view text, std::string& out);
// The first letter of every word upper case, the rest lower.
void AppendInitcap(std::string_view text, std::string& out);
// Lower case for comparing without regard to case.
std::string FoldCase(std::string_view text);

}  // namespace weir
