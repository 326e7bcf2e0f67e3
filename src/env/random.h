#pragma once

#include <array>
#include <cstdint>

#include "base/hash.h"
#include "base/int128.h"

namespace weir {

// Where randomness comes from. Implementations: PosixRandom (the system's), Xoshiro256 (seeded). Threads: see each.
class Random {
 public:
  virtual ~Random() = default;
  // 64 uniform bits.
  virtual uint64_t Next() = 0;

  // Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound) { return static_cast<uint64_t>((static_cast<uint128_t>(Next()) * bound) >> 64); }
  // Uniform in [low, high].
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  // Uniform in [0, 1).
  double Fraction() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  bool Chance(double probability) { return Fraction() < probability; }
};

// The same sequence for the same seed, everywhere: xoshiro256**. One thread.
class Xoshiro256 final : public Random {
 public:
  explicit Xoshiro256(uint64_t seed) {
    for (uint64_t& word : state_) {
      // splitmix64
      seed += 0x9E3779B97F4A7C15ULL;
      uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
      mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
      word = mixed ^ (mixed >> 31);
    }
  }
  uint64_t Next() override {
    const auto rotate = [](uint64_t value, int by) { return (value << by) | (value >> (64 - by)); };
    const uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace weir
