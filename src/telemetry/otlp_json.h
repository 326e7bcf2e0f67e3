#pragma once

#include <string_view>

#include "telemetry/row_builder.h"

namespace weir {

// Reads an export request in OTLP/JSON into `rows`: names in camelCase (snake_case is taken as well), ids in hex,
// 64-bit integers as strings or numbers, enumerators as numbers or names. Throws kInvalidJsonText.
void ReadOtlpJson(Signal signal, std::string_view body, RowBuilder& rows);

}  // namespace weir
