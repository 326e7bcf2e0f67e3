#include "column/buffer.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <new>

#include "base/error.h"
#include "column/buffer_limit.h"

namespace weir {

namespace {

constexpr size_t kCountedBytesMin = 64 << 10;

std::atomic<int64_t> limit{std::numeric_limits<int64_t>::max()};
std::atomic<int64_t> used{0};

// Counts a big buffer, or refuses it.
void Take(size_t bytes) {
  if (bytes < kCountedBytesMin) return;
  const auto wanted = static_cast<int64_t>(bytes);
  const int64_t most = limit.load(std::memory_order_relaxed);
  if (used.fetch_add(wanted, std::memory_order_relaxed) + wanted > most) {
    used.fetch_sub(wanted, std::memory_order_relaxed);
    throw Error::Operational(sqlstate::kOutOfMemory,
                             "memory limit of process exceeded: columns want {} bytes more, {} are in use", bytes,
                             used.load(std::memory_order_relaxed));
  }
}

void GiveBack(size_t bytes) {
  if (bytes >= kCountedBytesMin) used.fetch_sub(static_cast<int64_t>(bytes), std::memory_order_relaxed);
}

}  // namespace

void SetBufferLimit(int64_t bytes) {
  limit.store(bytes, std::memory_order_relaxed);
}

int64_t BufferBytes() {
  return used.load(std::memory_order_relaxed);
}

std::shared_ptr<Buffer> Buffer::Allocate(size_t bytes) {
  Take(bytes);
  uint8_t* data = nullptr;
  try {
    data = static_cast<uint8_t*>(::operator new(bytes + kPadding, std::align_val_t(kAlignment)));
  } catch (...) {
    GiveBack(bytes);
    throw;
  }
#ifdef WEIR_DEBUG
  std::memset(data, 0xAB, bytes + kPadding);
#endif
  return std::shared_ptr<Buffer>(new Buffer(data, bytes));
}

std::shared_ptr<Buffer> Buffer::AllocateZeroed(size_t bytes) {
  auto buffer = Allocate(bytes);
  std::memset(buffer->data(), 0, bytes + kPadding);
  return buffer;
}

Buffer::~Buffer() {
  GiveBack(size_);
  ::operator delete(data_, std::align_val_t(kAlignment));
}

void MergeOwners(Owners& into, const Owners& from) {
  for (const Owner& owner : from) {
    if (std::find(into.begin(), into.end(), owner) == into.end()) into.push_back(owner);
  }
}

}  // namespace weir
