#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace weir::parquet {

// Snappy's raw format (google/snappy, "format_description.txt"). The library as distributions build it spends half of
// its time in calls of memmove; this decoder does the same work with vector copies of its own. False when the input is
// malformed or does not fill `out` exactly; never reads or writes outside of the two.
bool SnappyDecode(ByteSpan in, std::span<uint8_t> out);

}  // namespace weir::parquet
