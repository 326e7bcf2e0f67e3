#pragma once

#include <string_view>

namespace weir::parquet {

bool IsAscii(std::string_view text);
// Well-formed: no overlong forms, no surrogates, nothing cut. Zero bytes pass.
bool IsUtf8(std::string_view text);

}  // namespace weir::parquet
