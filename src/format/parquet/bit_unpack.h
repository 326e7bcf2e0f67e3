#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::parquet {

// Bytes that must be readable behind whatever these functions (and all decoders of pages) read: they load whole
// vectors. Buffer::kPadding gives it.
inline constexpr size_t kReadPadding = 64;

// Unpacks `count` values (a multiple of 8) of `width` bits each, packed from the least significant bit on. Picks the
// widest vectors of the machine at run time.
void UnpackBits(const uint8_t* in, int width, size_t count, uint32_t* out);    // width 0..32
void UnpackBits64(const uint8_t* in, int width, size_t count, uint64_t* out);  // width 0..64

// `count` bits from bit `bit_offset` on as bytes 0 or 1.
void UnpackBools(const uint8_t* in, size_t bit_offset, size_t count, uint8_t* out);

// ORs `count` bits of `in`, from `in_offset` on, into `words` from `offset` on; these were zero. Returns the ones.
// Reads whole words of `in`.
size_t AppendBits(const uint8_t* in, size_t in_offset, size_t count, uint64_t* words, size_t offset);
// Sets bits [offset, offset + count).
void SetBits(uint64_t* words, size_t offset, size_t count);

// For tests: the portable code that others fall back to.
void UnpackBitsScalar(const uint8_t* in, int width, size_t count, uint32_t* out);
void UnpackBits64Scalar(const uint8_t* in, int width, size_t count, uint64_t* out);

}  // namespace weir::parquet
