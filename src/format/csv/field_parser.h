#pragma once

#include <cstdint>
#include <string_view>

namespace weir::csv {

// The plain forms that inference looks for, without exceptions: false for everything else. Where a column has a type
// that was declared, types/text.h reads the rest.
bool ParsePlainBoolean(std::string_view text, bool& out);     // true, false in any case
bool ParsePlainInteger(std::string_view text, int64_t& out);  // [+-]digits
bool ParsePlainDouble(std::string_view text, double& out);    // digits with . and e; nan, inf
bool ParsePlainDate(std::string_view text, int32_t& out);     // 2024-01-31
// 2024-01-31[(T| )10:00[:00[.123456]]] with an optional zone: Z, UTC, +02, +0200, +02:00. Microseconds UTC.
bool ParsePlainTimestamp(std::string_view text, int64_t& out, bool& has_zone);

}  // namespace weir::csv
