#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir {

constexpr size_t kBitsPerWord = 64;

constexpr size_t WordsForBits(size_t bits) {
  return (bits + kBitsPerWord - 1) / kBitsPerWord;
}
constexpr bool GetBit(const uint64_t* words, size_t i) {
  return (words[i / 64] >> (i % 64)) & 1;
}
constexpr void SetBit(uint64_t* words, size_t i) {
  words[i / 64] |= uint64_t{1} << (i % 64);
}
constexpr void ClearBit(uint64_t* words, size_t i) {
  words[i / 64] &= ~(uint64_t{1} << (i % 64));
}
constexpr void AssignBit(uint64_t* words, size_t i, bool value) {
  words[i / 64] = (words[i / 64] & ~(uint64_t{1} << (i % 64))) | (static_cast<uint64_t>(value) << (i % 64));
}

// Set bits among the first `bits`; bits past the end of the last word do not count.
constexpr size_t CountBits(const uint64_t* words, size_t bits) {
  size_t count = 0;
  for (size_t i = 0; i < bits / 64; ++i) count += static_cast<size_t>(std::popcount(words[i]));
  if (bits % 64 != 0)
    count += static_cast<size_t>(std::popcount(words[bits / 64] & ((uint64_t{1} << (bits % 64)) - 1)));
  return count;
}

template <typename T>
constexpr T RoundUp(T value, T multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace weir

// Compiles a plain loop several times and picks the widest that the machine has when the program is loaded.
// For hot loops that the compiler vectorises by itself; hand-written kernels dispatch through Highway.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define WEIR_SIMD_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define WEIR_SIMD_CLONES
#endif
