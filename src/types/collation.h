#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/type.h"

namespace weir {

// ICU's collations. A collation orders texts by keys: bytes that compare as the texts do.

// The collation of a name that every database has: "C", "POSIX", "default", "ucs_basic", "de-x-icu". Names are exact.
std::optional<Collation> FindBuiltinCollation(std::string_view name);
// All of them, by name.
std::vector<Collation> BuiltinCollations();
// Whether ICU knows the locale ("de", "en-US", "und-u-ks-level2"); its language must be one that it has data of.
bool IsIcuLocale(std::string_view locale);
// Appends the key of `text`. Deterministic: texts that compare equal but differ follow by their bytes, so that keys are
// equal only for equal texts. Throws 22023 for a locale that ICU refuses.
void AppendCollationKey(std::string_view text, const std::string& locale, bool deterministic, std::string& out);
std::string IcuVersion();

}  // namespace weir
