#include "algo/row_blocks.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "algo/huge_blocks.h"
#include "base/bits.h"

namespace weir {

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kFirstBlockBytes = 4096;
constexpr size_t kBlockBytesMax = kHugeBlockBytes;

}  // namespace

size_t BigArray::ReservedBytes(size_t bytes) {
  return RoundUp(std::max<size_t>(bytes, 1), bytes >= kHugeBlockBytes ? kHugeBlockBytes : kAlignment);
}

BigArray::BigArray(size_t bytes, const std::shared_ptr<MemoryTracker>& tracker)
    : BigArray(bytes, tracker == nullptr ? ScopedReservation()
                                         : ScopedReservation(tracker, static_cast<int64_t>(ReservedBytes(bytes)))) {}

BigArray::BigArray(size_t bytes, ScopedReservation reserved) : reservation_(std::move(reserved)) {
  const bool huge = bytes >= kHugeBlockBytes;
  const size_t allocated = ReservedBytes(bytes);
  if (allocated == kHugeBlockBytes) {
    data_ = TakeHugeBlock();
    mapped_ = allocated;
  } else {
    data_ = static_cast<uint8_t*>(std::aligned_alloc(huge ? kHugeBlockBytes : kAlignment, allocated));
    if (data_ == nullptr) throw std::bad_alloc();
    // Only advice: without huge pages everything works, slower.
    if (huge) madvise(data_, allocated, MADV_HUGEPAGE);
  }
  size_ = bytes;
}

BigArray BigArray::Zeroed(size_t bytes, const std::shared_ptr<MemoryTracker>& tracker) {
  if (ReservedBytes(bytes) <= kHugeBlockBytes) {
    BigArray out(bytes, tracker);
    std::memset(out.data_, 0, bytes);
    return out;
  }
  BigArray out;
  const size_t allocated = ReservedBytes(bytes);
  if (tracker != nullptr) out.reservation_ = ScopedReservation(tracker, static_cast<int64_t>(allocated));
  out.data_ = MapHugePages(allocated);
  out.size_ = bytes;
  out.mapped_ = allocated;
  return out;
}

BigArray& BigArray::operator=(BigArray&& other) noexcept {
  if (this != &other) {
    Free();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    mapped_ = std::exchange(other.mapped_, 0);
    reservation_ = std::move(other.reservation_);
  }
  return *this;
}

void BigArray::Free() noexcept {
  if (mapped_ == kHugeBlockBytes) {
    GiveHugeBlock(data_);
  } else if (mapped_ != 0) {
    munmap(data_, mapped_);
  } else {
    std::free(data_);
  }
}

BigArray::~BigArray() {
  Free();
}

RowBlocks::RowBlocks(size_t row_bytes, std::shared_ptr<MemoryTracker> tracker)
    : row_bytes_(std::max<size_t>(row_bytes, 1)), tracker_(std::move(tracker)) {}

void RowBlocks::NewBlock() {
  // Blocks double with the whole, so that small tables stay small and large ones get huge pages.
  const size_t wanted = std::clamp(std::bit_ceil(bytes_ + 1), kFirstBlockBytes, kBlockBytesMax);
  const size_t rows = std::max<size_t>(wanted / row_bytes_, 1);
  // All of what was wanted, though rows may not fill it: less than a huge page would not get one.
  Block block{BigArray(std::max(wanted, rows * row_bytes_), tracker_), 0};
  at_ = block.memory.data();
  bytes_ += block.memory.size();
  blocks_.push_back(std::move(block));
  left_ = rows;
}

void RowBlocks::Adopt(RowBlocks&& other) {
  for (Block& block : other.blocks_) blocks_.push_back(std::move(block));
  size_ += other.size_;
  bytes_ += other.bytes_;
  // The last block must be the one that at_ points into.
  at_ = other.at_;
  left_ = other.left_;
  other.Clear();
}

void RowBlocks::Truncate(size_t size) {
  while (size_ > size) {
    Block& last = blocks_.back();
    const size_t taken = std::min(last.rows, size_ - size);
    last.rows -= taken;
    size_ -= taken;
    if (last.rows == 0) {
      bytes_ -= last.memory.size();
      blocks_.pop_back();
    }
  }
  if (blocks_.empty()) return Clear();
  const Block& last = blocks_.back();
  at_ = last.memory.data() + last.rows * row_bytes_;
  left_ = last.memory.size() / row_bytes_ - last.rows;
}

void RowBlocks::Clear() {
  blocks_.clear();
  at_ = nullptr;
  left_ = 0;
  size_ = 0;
  bytes_ = 0;
}

}  // namespace weir
