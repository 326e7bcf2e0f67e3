#pragma once

#include <string>
#include <string_view>

namespace weir {

// In double quotes unless it is lower-case letters, digits and underscores and no reserved word.
std::string QuoteIdentifier(std::string_view name);
// In single quotes; with backslashes as E'...'.
std::string QuoteLiteral(std::string_view text);

}  // namespace weir
