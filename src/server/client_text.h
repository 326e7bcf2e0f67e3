#pragma once

#include <string_view>

#include "base/error.h"
#include "base/utf8.h"

namespace weir {

// Text that a client sent: throws 22021 with the first byte that is not UTF-8, or is NUL.
inline void RequireUtf8(std::string_view text) {
  const size_t at = FindInvalidUtf8(text);
  if (at == std::string_view::npos) return;
  throw Error::User(sqlstate::kCharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x{:02x}",
                    static_cast<int>(static_cast<uint8_t>(text[at])));
}

}  // namespace weir
