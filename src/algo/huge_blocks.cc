#include "algo/huge_blocks.h"

#include <sys/mman.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

#include "base/bits.h"

namespace weir {

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr size_t kKeptBytesDefault = 0;  // so that use after the end is seen
#else
constexpr size_t kKeptBytesDefault = size_t{1} << 30;
#endif
// So often it is looked how many blocks were never needed since the last time; half of them go.
constexpr size_t kLookEvery = 1024;

struct Kept {
  std::mutex mutex;  // guards the below; leaf
  std::vector<uint8_t*> blocks;
  size_t blocks_max = kKeptBytesDefault / kHugeBlockBytes;
  size_t calls = 0;
  size_t unused = 0;  // the fewest that were there since the last look

  // What the caller is to unmap, without the lock.
  std::vector<uint8_t*> TakeSurplusLocked() {
    size_t surplus = blocks.size() - std::min(blocks.size(), blocks_max);
    if (++calls >= kLookEvery) {
      surplus = std::max(surplus, (unused + 1) / 2);
      calls = 0;
      unused = blocks.size() - surplus;
    }
    // The oldest: those that were used last may still be in cache.
    const auto end = blocks.begin() + static_cast<ptrdiff_t>(surplus);
    std::vector<uint8_t*> out(blocks.begin(), end);
    blocks.erase(blocks.begin(), end);
    unused = std::min(unused, blocks.size());
    return out;
  }
};

// Never destroyed: threads may outlive static objects.
Kept& Shared() {
  static auto* const kept = new Kept;
  return *kept;
}

void Unmap(const std::vector<uint8_t*>& blocks) noexcept {
  for (uint8_t* block : blocks) munmap(block, kHugeBlockBytes);
}

}  // namespace

uint8_t* MapHugePages(size_t bytes) {
  const size_t size = RoundUp(bytes, kHugeBlockBytes);
  // A huge page more, so that an aligned part can be cut out.
  void* mapped = mmap(nullptr, size + kHugeBlockBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t aligned = RoundUp<uintptr_t>(begin, kHugeBlockBytes);
  // NOLINTBEGIN(performance-no-int-to-ptr): parts of what was mapped
  if (aligned != begin) munmap(mapped, aligned - begin);
  const uintptr_t end = begin + size + kHugeBlockBytes;
  if (end != aligned + size) munmap(reinterpret_cast<void*>(aligned + size), end - aligned - size);
  auto* out = reinterpret_cast<uint8_t*>(aligned);
  // NOLINTEND(performance-no-int-to-ptr)
  // Only advice: without huge pages everything works, slower.
  madvise(out, size, MADV_HUGEPAGE);
  return out;
}

uint8_t* TakeHugeBlock() {
  Kept& kept = Shared();
  {
    const std::scoped_lock lock(kept.mutex);
    ++kept.calls;
    if (!kept.blocks.empty()) {
      uint8_t* block = kept.blocks.back();
      kept.blocks.pop_back();
      kept.unused = std::min(kept.unused, kept.blocks.size());
      return block;
    }
  }
  return MapHugePages(kHugeBlockBytes);
}

void GiveHugeBlock(uint8_t* block) noexcept {
  Kept& kept = Shared();
  std::vector<uint8_t*> surplus;
  try {
    const std::scoped_lock lock(kept.mutex);
    kept.blocks.push_back(block);
    block = nullptr;
    surplus = kept.TakeSurplusLocked();
  } catch (...) {
    // No memory for the lists; the surplus will be seen next time.
    if (block != nullptr) munmap(block, kHugeBlockBytes);
  }
  Unmap(surplus);
}

void SetHugeBlocksKeptMax(size_t bytes) {
  Kept& kept = Shared();
  std::vector<uint8_t*> surplus;
  {
    const std::scoped_lock lock(kept.mutex);
    kept.blocks_max = std::min(bytes, kKeptBytesDefault) / kHugeBlockBytes;
    surplus = kept.TakeSurplusLocked();
  }
  Unmap(surplus);
}

size_t TrimHugeBlocks() {
  Kept& kept = Shared();
  std::vector<uint8_t*> surplus;
  {
    const std::scoped_lock lock(kept.mutex);
    kept.calls = kLookEvery;
    surplus = kept.TakeSurplusLocked();
  }
  Unmap(surplus);
  return surplus.size() * kHugeBlockBytes;
}

size_t HugeBlocksKept() {
  Kept& kept = Shared();
  const std::scoped_lock lock(kept.mutex);
  return kept.blocks.size() * kHugeBlockBytes;
}

}  // namespace weir
