#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

// The offset of the first byte that is not part of valid UTF-8 or is NUL; npos when there is none.
size_t FindInvalidUtf8(std::string_view text);

// Writes the code point (at most U+10FFFF, no surrogate) and returns how many bytes, 1 to 4.
size_t EncodeUtf8(uint32_t code_point, char* out);
void AppendCharacter(char32_t code_point, std::string& out);

}  // namespace weir
