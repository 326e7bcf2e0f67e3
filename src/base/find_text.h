#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

// Where `part` first occurs in `text` at or after byte `from` (at most the text's size), or npos; an empty part occurs
// at `from`. Made for many short texts: memmem prepares a table of 256 bytes at each call.
size_t FindText(std::string_view text, std::string_view part, size_t from = 0);

}  // namespace weir
