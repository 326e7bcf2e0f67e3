#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::ast {

// A run of nodes or values in the arena.
template <typename T>
using List = std::span<const T>;

// Owns the nodes, lists and texts of one parsed SQL text: everything in it is trivially destructible and goes at
// once, so that a tree of any depth is released without recursion. Written by the parser only; immutable and
// therefore free to share between threads afterwards.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  template <typename T, typename... Args>
  T* New(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    return new (Allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }

  template <typename T>
  List<T> CopyList(std::span<const T> items) {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    if (items.empty()) return {};
    T* out = static_cast<T*>(Allocate(items.size() * sizeof(T), alignof(T)));
    std::uninitialized_copy(items.begin(), items.end(), out);
    return {out, items.size()};
  }
  template <typename T>
  List<T> CopyList(const std::vector<T>& items) {
    return CopyList(std::span<const T>(items));
  }

  std::string_view CopyText(std::string_view text) {
    if (text.empty()) return {};
    char* out = AllocateText(text.size());
    std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }
  char* AllocateText(size_t size) { return static_cast<char*>(Allocate(size, 1)); }

  size_t allocated_bytes() const { return allocated_bytes_; }

 private:
  static constexpr size_t kFirstBlock = 4096;
  static constexpr size_t kLargestBlock = 1024 * 1024;

  void* Allocate(size_t size, size_t alignment) {
    const size_t padding = (alignment - (reinterpret_cast<uintptr_t>(next_) & (alignment - 1))) & (alignment - 1);
    if (size + padding > left_) [[unlikely]]
      return AllocateInNewBlock(size);
    char* out = next_ + padding;
    next_ = out + size;
    left_ -= size + padding;
    return out;
  }

  void* AllocateInNewBlock(size_t size) {
    const bool own_block = size > kLargestBlock / 4;
    const size_t block_size = own_block ? size : std::max(next_block_, size);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_size));
    allocated_bytes_ += block_size;
    char* out = blocks_.back().get();
    if (own_block) return out;  // keep filling the current block
    next_ = out + size;
    left_ = block_size - size;
    next_block_ = std::min(next_block_ * 2, kLargestBlock);
    return out;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t next_block_ = kFirstBlock;
  size_t allocated_bytes_ = 0;
};

}  // namespace weir::ast
