#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/string_ref.h"
#include "column/buffer.h"

namespace weir {

// Holds the bytes of long strings; handed to columns as an owner. Grows by blocks, so views stay valid.
class StringHeap {
 public:
  static constexpr size_t kStringBytesMax = 0x7FFFFFFF;

  // Copies the text unless it fits into the view itself.
  StringRef Add(std::string_view text) {
    if (text.size() <= StringRef::kInlineMax) return {text.data(), static_cast<uint32_t>(text.size())};
    char* copy = Allocate(text.size());
    std::memcpy(copy, text.data(), text.size());
    return {copy, static_cast<uint32_t>(text.size())};
  }
  // Room for exactly `bytes`, to be filled before a StringRef is made of it.
  char* Allocate(size_t bytes) {
    if (bytes > kStringBytesMax) [[unlikely]] {
      throw Error::User(sqlstate::kProgramLimitExceeded, "string longer than {} bytes: {}", kStringBytesMax, bytes);
    }
    if (bytes > left_) NewBlock(bytes);
    char* out = at_;
    at_ += bytes;
    left_ -= bytes;
    bytes_ += bytes;
    return out;
  }
  // Gives back the end of the newest allocation.
  void Shrink(size_t unused) {
    at_ -= unused;
    left_ += unused;
    bytes_ -= unused;
  }
  size_t bytes() const { return bytes_; }
  size_t allocated_bytes() const { return allocated_; }

 private:
  void NewBlock(size_t bytes) {
    const size_t size = bytes > next_block_ ? bytes : next_block_;
    if (next_block_ < size_t{1} << 20) next_block_ *= 2;
    blocks_.push_back(Buffer::Allocate(size));
    at_ = blocks_.back()->as<char>();
    left_ = size;
    allocated_ += size;
  }

  std::vector<MutableBufferPtr> blocks_;
  char* at_ = nullptr;
  size_t left_ = 0;
  size_t next_block_ = 4096;
  size_t bytes_ = 0;
  size_t allocated_ = 0;
};

}  // namespace weir
