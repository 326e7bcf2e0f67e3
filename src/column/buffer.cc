#include "column/buffer.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace weir {

std::shared_ptr<Buffer> Buffer::Allocate(size_t bytes) {
  auto* data = static_cast<uint8_t*>(::operator new(bytes + kPadding, std::align_val_t(kAlignment)));
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
  ::operator delete(data_, std::align_val_t(kAlignment));
}

void MergeOwners(Owners& into, const Owners& from) {
  for (const Owner& owner : from) {
    if (std::find(into.begin(), into.end(), owner) == into.end()) into.push_back(owner);
  }
}

}  // namespace weir
