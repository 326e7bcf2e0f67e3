#pragma once

#include <string>

#include "types/text.h"
#include "types/value.h"

namespace weir {

// A SQL value as JSON, as PostgreSQL's to_json: numbers and booleans as such, lists as arrays, structs and maps as
// objects, json as it is, all else as strings; timestamps in ISO 8601.
void AppendJson(const Value& value, const TextOptions& options, std::string& out);

}  // namespace weir
