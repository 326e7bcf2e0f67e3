#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "column/chunk.h"

namespace weir {

// Turning boolean results into lists of rows, without a branch per row.

// How many entries past the last row an output list must have room for.
inline constexpr size_t kRowListPadding = 8;

// Writes the rows of `rows` whose mask byte equals `want` (0 or 1) and, where `validity` is given, whose bit is set.
// `out` may be the list that `rows` borrows. Returns how many there are.
size_t SelectRows(const uint8_t* mask, const uint64_t* validity, uint8_t want, const RowSet& rows, uint32_t* out);

// The same for a boolean column of any encoding.
size_t SelectRows(const Column& column, uint8_t want, const RowSet& rows, uint32_t* out);

// The rows whose code `passes` has 1 for (and 0 for the others).
size_t SelectCodes(const uint32_t* codes, std::span<const uint8_t> passes, const RowSet& rows, uint32_t* out);

// The rows whose value is not NULL, or is.
size_t SelectValid(const Column& column, const RowSet& rows, uint32_t* out);
size_t SelectNull(const Column& column, const RowSet& rows, uint32_t* out);

}  // namespace weir
