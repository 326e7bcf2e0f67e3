#pragma once

#include <string>
#include <string_view>

#include "types/json_document.h"

namespace weir {

// jsonb is json of one form, kept as the text that PostgreSQL prints: keys by length and then bytes, of equal keys the
// last one, numbers without exponents, no escapes that are not needed, one space after ':' and ','.

// Throws kInvalidTextRepresentation where the text is no JSON, kUntranslatableCharacter for \u0000.
std::string NormalizeJsonb(std::string_view text);
void AppendJsonb(const JsonDocument& document, const JsonDocument::Node& node, std::string& out);

// The same of a value in that form, with numbers without zeros at their ends: equal values have equal texts.
void AppendCanonicalJsonb(const JsonDocument& document, const JsonDocument::Node& node, std::string& out);

// Bytes that sort as PostgreSQL sorts jsonb, and are equal where the values are (1.0 and 1.00 too).
void AppendJsonbSortKey(const JsonDocument& document, std::string& out);

}  // namespace weir
