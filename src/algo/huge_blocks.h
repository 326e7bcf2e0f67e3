#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

// Memory in blocks of one huge page, for large tables of rows: whoever is done with one gives it back, and the next
// takes it, as a fresh one costs a page fault and zeroing. (The allocator needs twice the addresses for an aligned
// block, and comes back to other halves of them each time.)
//
// Blocks that nobody has needed for a while go back to the system, so do those beyond a bound. Not counted by
// trackers: users reserve what they hold. Threads: any.
constexpr size_t kHugeBlockBytes = size_t{2} << 20;

// Contents undefined. Throws std::bad_alloc.
uint8_t* TakeHugeBlock();
void GiveHugeBlock(uint8_t* block) noexcept;

// Bytes that are kept for the next.
size_t HugeBlocksKept();
// Gives back half of what nobody has needed since the last look, of which every so many calls make one; for when there
// are no calls. Returns the bytes.
size_t TrimHugeBlocks();
// No more than these, and than the 1 GiB that are the bound without this.
void SetHugeBlocksKeptMax(size_t bytes);

// At least `bytes` of fresh zeroes, aligned to a huge page and a multiple of it, which costs nothing until it is
// touched.
uint8_t* MapHugePages(size_t bytes);

}  // namespace weir
