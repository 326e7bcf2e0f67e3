#include "format/parquet/spread.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "base/bits.h"
#include "column/buffer.h"

namespace weir::parquet {
namespace {

TEST(Spread, ValidRowsGetTheirValues) {
  std::mt19937_64 random(1);
  for (const size_t width : {1u, 2u, 4u, 8u, 16u}) {
    for (int round = 0; round < 60; ++round) {
      const size_t count = random() % 200;
      const size_t offset = random() % 100;
      const unsigned rate = random() % 5;
      std::vector<uint64_t> validity(WordsForBits(offset + count) + 1);
      size_t valid = 0;
      for (size_t i = 0; i < count; ++i) {
        const bool bit = random() % 4 < rate;
        AssignBit(validity.data(), offset + i, bit);
        valid += static_cast<size_t>(bit);
      }
      const auto dense = Buffer::AllocateZeroed((valid + 1) * width);
      for (size_t i = 0; i < valid * width; ++i) dense->data()[i] = static_cast<uint8_t>(random());
      std::vector<uint8_t> out((count + 1) * width, 0xCC);
      SpreadValues(dense->data(), width, validity.data(), offset, count, out.data());
      const uint8_t* next = dense->data();
      for (size_t i = 0; i < count; ++i) {
        if (!GetBit(validity.data(), offset + i)) continue;
        ASSERT_EQ(std::memcmp(out.data() + i * width, next, width), 0) << width << " " << i;
        next += width;
      }
      for (size_t b = 0; b < width; ++b) ASSERT_EQ(out[count * width + b], 0xCC);

      if (width != 4) continue;
      std::vector<uint32_t> indices(count + 1, 77);
      const auto* from = dense->as<uint32_t>();
      SpreadIndices(from, 12345, validity.data(), offset, count, indices.data());
      for (size_t i = 0; i < count; ++i) {
        ASSERT_EQ(indices[i], GetBit(validity.data(), offset + i) ? *from++ : 12345u);
      }
      EXPECT_EQ(indices[count], 77u);
    }
  }
}

}  // namespace
}  // namespace weir::parquet
