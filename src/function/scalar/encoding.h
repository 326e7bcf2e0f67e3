#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

// 32-bit MurmurHash3 with StarRocks' seed.
int32_t MurmurHash3(std::string_view bytes);
// Base64 on one line, and back; throws kInvalidParameterValue.
std::string ToBase64(std::string_view bytes);
std::string FromBase64(std::string_view text);

}  // namespace weir
