#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "expr/aggregate.h"

namespace weir {

// A growing run of bytes in an arena, as a member of states; zeroed is empty. Outgrown memory stays in the arena.
struct ArenaBuffer {
  char* data;
  uint32_t size;
  uint32_t capacity;

  std::string_view view() const { return {data, size}; }

  void Reserve(size_t bytes, StateArena& arena) {
    if (bytes <= capacity) return;
    constexpr size_t kBytesMax = StringHeap::kStringBytesMax;
    if (bytes > kBytesMax) {
      throw Error::User(sqlstate::kProgramLimitExceeded, "aggregate state larger than {} bytes: {}", kBytesMax, bytes);
    }
    const size_t grown = std::clamp(size_t{capacity} * 2, std::max<size_t>(bytes, 16), kBytesMax);
    char* memory = arena.Allocate(grown, 16);  // as strict as any value kept in it
    if (size != 0) std::memcpy(memory, data, size);
    data = memory;
    capacity = static_cast<uint32_t>(grown);
  }
  void Append(std::string_view bytes, StateArena& arena) {
    if (bytes.empty()) return;
    Reserve(size_t{size} + bytes.size(), arena);
    std::memcpy(data + size, bytes.data(), bytes.size());
    size += static_cast<uint32_t>(bytes.size());
  }
  void Assign(std::string_view bytes, StateArena& arena) {
    size = 0;
    Append(bytes, arena);
  }
};

}  // namespace weir
