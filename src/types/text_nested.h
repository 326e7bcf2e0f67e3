#pragma once

#include <string>
#include <string_view>

#include "types/text.h"
#include "types/value.h"

namespace weir {

// Text of lists, structs and maps; called by AppendValue and ParseValue.
void AppendNested(const Value& value, std::string& out, const TextOptions& options);
Value ParseNested(const Type& type, std::string_view text, const TextOptions& options);

}  // namespace weir
