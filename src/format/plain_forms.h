#pragma once

#include <cstdint>
#include <string_view>

#include "base/int128.h"

namespace weir {

// The plain forms of values in text files, without exceptions: false for everything else. Where a column has a type
// that was declared, types/text.h reads the rest.
bool ParsePlainBoolean(std::string_view text, bool& out);     // true, false in any case
bool ParsePlainInteger(std::string_view text, int64_t& out);  // [+-]digits
bool ParsePlainInt128(std::string_view text, int128_t& out);  // the same
bool ParsePlainDouble(std::string_view text, double& out);    // digits with . and e; nan, inf
bool ParsePlainDate(std::string_view text, int32_t& out);     // 2024-01-31
// [+-]digits[.digits] with at most `scale` digits behind the point and 18 in all; the value times 10^scale.
bool ParsePlainDecimal(std::string_view text, int precision, int scale, int64_t& out);
// 2024-01-31[(T| )10:00[:00[.123456]]] with an optional zone: Z, UTC, +02, +0200, +02:00. Microseconds UTC.
bool ParsePlainTimestamp(std::string_view text, int64_t& out, bool& has_zone);

}  // namespace weir
