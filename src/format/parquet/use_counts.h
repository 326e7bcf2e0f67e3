#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::parquet {

// How often keys were asked for of late, roughly: a count-min sketch of small counters that are halved now and then, so
// that what was wanted long ago is forgotten. Not thread-safe.
class UseCounts {
 public:
  static constexpr uint8_t kMax = 15;

  void Add(uint64_t hash) {
    for (size_t i = 0; i < kRows; ++i) {
      uint8_t& count = rows_[i][At(hash, i)];
      if (count < kMax) ++count;
    }
    ++added_;
  }
  uint8_t Of(uint64_t hash) const {
    uint8_t out = kMax;
    for (size_t i = 0; i < kRows; ++i) out = std::min(out, rows_[i][At(hash, i)]);
    return out;
  }
  // How many were added since the last time.
  size_t added() const { return added_; }
  void Halve() {
    for (auto& row : rows_) {
      for (uint8_t& count : row) count /= 2;
    }
    added_ = 0;
  }

 private:
  static constexpr size_t kRows = 2;
  static constexpr size_t kWidth = 4096;
  static size_t At(uint64_t hash, size_t row) { return hash >> (row * 16) & (kWidth - 1); }

  std::array<std::array<uint8_t, kWidth>, kRows> rows_{};
  size_t added_ = 0;
};

}  // namespace weir::parquet
