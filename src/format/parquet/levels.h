#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::parquet {

// Definition and repetition levels, a byte each, taken as bits: what follows from them is found for 64 at a time.
// Levels are below this; schemas are not that deep.
inline constexpr int kLevelEnd = 128;

// Sets the bits of `words` (as many words as `count` bits take) to whether each level is at least `least`, zero behind
// them. Returns the ones.
size_t LevelsAtLeast(const uint8_t* levels, size_t count, int least, uint64_t* words);

// Where among bits [begin, end) the one with `n` ones before it stands; `end` when there are fewer, and `n` is then
// less by those.
size_t FindOne(const uint64_t* words, size_t begin, size_t end, uint64_t& n);

// Brings the bits of `bits` at the ones of `mask` together in `out`, which gets as many words as they take, zero behind
// them. Returns how many there are. `out` may be `bits`.
size_t CompressBits(const uint64_t* bits, const uint64_t* mask, size_t words, uint64_t* out);

}  // namespace weir::parquet
