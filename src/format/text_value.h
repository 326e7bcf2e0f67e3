#pragma once

#include <string_view>

#include "column/builder.h"
#include "types/text.h"
#include "types/type.h"

namespace weir {

// Appends the value of `type` that `text` is, when it has the plain form that files mostly hold; false, with nothing
// appended, otherwise. Timestamps without an offset are UTC; with `zone_is_utc` false they have no plain form.
bool AppendPlainValue(ColumnBuilder& out, const Type& type, std::string_view text, bool zone_is_utc = true);

// The same for every form that the type's input takes. False, with a NULL appended, when it is no value of the type or
// not UTF-8.
bool AppendTextValue(ColumnBuilder& out, const Type& type, std::string_view text);

}  // namespace weir
