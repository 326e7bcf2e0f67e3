#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::parquet {

// Parquet stores no values for NULLs; these spread the dense ones over the valid rows among `count`, whose validity
// bits are [offset, offset + count). `dense` needs kReadPadding behind its values. Vectorised at run time.

// Values of `width` bytes: 1, 2, 4, 8 or 16. Other rows get values that are readable, and zero or some neighbour's; one
// value behind the dense ones must be readable as one.
void SpreadValues(const uint8_t* dense, size_t width, const uint64_t* validity, size_t offset, size_t count,
                  uint8_t* out);
// Other rows get `null_index`.
void SpreadIndices(const uint32_t* dense, uint32_t null_index, const uint64_t* validity, size_t offset, size_t count,
                   uint32_t* out);

}  // namespace weir::parquet
