#include "algo/huge_blocks.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "algo/row_blocks.h"

namespace weir {
namespace {

class HugeBlocks : public ::testing::Test {
 protected:
  void SetUp() override {
    SetHugeBlocksKeptMax(0);
    SetHugeBlocksKeptMax(16 * kHugeBlockBytes);
  }
  void TearDown() override { SetHugeBlocksKeptMax(size_t{1} << 30); }
};

TEST_F(HugeBlocks, AreAlignedAndComeBack) {
  uint8_t* block = TakeHugeBlock();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % kHugeBlockBytes, 0u);
  std::memset(block, 1, kHugeBlockBytes);
  GiveHugeBlock(block);
#ifndef __SANITIZE_ADDRESS__
  EXPECT_EQ(HugeBlocksKept(), kHugeBlockBytes);
  EXPECT_EQ(TakeHugeBlock(), block);
  GiveHugeBlock(block);
#endif
}

TEST_F(HugeBlocks, StayWithinTheirBound) {
  std::vector<uint8_t*> blocks;
  for (int i = 0; i < 40; ++i) blocks.push_back(TakeHugeBlock());
  for (uint8_t* block : blocks) {
    GiveHugeBlock(block);
    EXPECT_LE(HugeBlocksKept(), 16 * kHugeBlockBytes);
  }
  SetHugeBlocksKeptMax(2 * kHugeBlockBytes);
  EXPECT_LE(HugeBlocksKept(), 2 * kHugeBlockBytes);
}

TEST_F(HugeBlocks, ThoseThatNobodyNeedsGoInTheEnd) {
  std::vector<uint8_t*> blocks;
  for (int i = 0; i < 16; ++i) blocks.push_back(TakeHugeBlock());
  for (uint8_t* block : blocks) GiveHugeBlock(block);
  for (int i = 0; i < 8000; ++i) GiveHugeBlock(TakeHugeBlock());
  EXPECT_LE(HugeBlocksKept(), 2 * kHugeBlockBytes);
}

TEST_F(HugeBlocks, AllGoWhenNobodyCalls) {
  std::vector<uint8_t*> blocks;
  for (int i = 0; i < 16; ++i) blocks.push_back(TakeHugeBlock());
  for (uint8_t* block : blocks) GiveHugeBlock(block);
  for (int i = 0; i < 8; ++i) TrimHugeBlocks();
  EXPECT_EQ(HugeBlocksKept(), 0u);
  EXPECT_EQ(TrimHugeBlocks(), 0u);
}

TEST_F(HugeBlocks, OfTablesOfManyThreads) {
  std::vector<std::thread> threads;
  for (uint8_t t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 50; ++i) {
        const BigArray ours(kHugeBlockBytes, nullptr);
        const BigArray zeroed = BigArray::Zeroed(kHugeBlockBytes, nullptr);
        const BigArray large = BigArray::Zeroed(2 * kHugeBlockBytes + 1, nullptr);
        std::memset(ours.data(), t, ours.size());
        for (size_t at = 0; at < zeroed.size(); at += 4096) ASSERT_EQ(zeroed.data()[at], 0);
        ASSERT_EQ(large.data()[large.size() - 1], 0);
        std::memset(zeroed.data(), 1, zeroed.size());
        for (size_t at = 0; at < ours.size(); at += 4096) ASSERT_EQ(ours.data()[at], t);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace weir
