#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace weir::parquet {

// Appends values as DELTA_BINARY_PACKED: blocks of 128 in 4 miniblocks. Differences wrap around at `bits` (32 or 64),
// the width of the column's type.
void EncodeDelta(std::span<const int64_t> values, int bits, std::string& out);

}  // namespace weir::parquet
