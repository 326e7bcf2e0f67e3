#pragma once

#include <string>
#include <string_view>

namespace weir {

// "text" with its quotes, escaped as JSON wants it (RFC 8259, section 7). The text is UTF-8 already.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace weir
