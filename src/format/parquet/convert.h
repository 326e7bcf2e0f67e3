#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/string_ref.h"
#include "format/parquet/schema.h"
#include "types/value.h"

namespace weir::parquet {

// Turns `count` stored values of fixed width into those of leaf.type at `out`. Not for kNone. Views that
// kFixedToString makes point into `raw`.
void ConvertFixed(const Leaf& leaf, const uint8_t* raw, size_t count, uint8_t* out);

// The same from byte arrays: decimals.
void ConvertBytes(const Leaf& leaf, const StringRef* raw, size_t count, uint8_t* out);

// A value in PLAIN encoding without length prefix, as in statistics; nothing when the bytes are no such value.
std::optional<Value> ConvertPlain(const Leaf& leaf, std::string_view bytes);

// The reverse for equality: the bytes that a stored value equal to `value` has. False when there is no such value or
// not a single one. `value` has leaf.type.
bool ToPlain(const Leaf& leaf, const Value& value, std::string& out);

}  // namespace weir::parquet
