#pragma once

#include <cstdint>

#include "column/chunk.h"
#include "env/random.h"

namespace weir {

// Hands out the same rows in other clothes, at random by a seed: for tests that every operator and kernel reads every
// encoding. Columns become dictionaries (with entries that no row uses, NULLs and extreme values among them, and with
// values that are there twice) or, where all rows are alike, constants; between the rows come others that are not
// selected; parts of lists, maps and structs are dressed in the same way. One per driver.
class ChunkDisguise {
 public:
  explicit ChunkDisguise(uint64_t seed) : random_(seed) {}
  Chunk operator()(const Chunk& chunk);

 private:
  // `rows` are rows of `column` in order; kNobody stands for a row that nobody selects.
  static constexpr uint32_t kNobody = UINT32_MAX;
  ColumnPtr Dress(const ColumnPtr& column, const std::vector<uint32_t>& rows);
  ColumnPtr Dictionary(const ColumnPtr& column, const std::vector<uint32_t>& rows);
  ColumnPtr DressParts(const ColumnPtr& flat);

  Xoshiro256 random_;
};

}  // namespace weir
