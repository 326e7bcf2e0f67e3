#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "env/file_system.h"

namespace weir {

// Bytes in memory as a file: for tests and fuzzers, and for objects that are there as a whole.
class MemoryFile final : public RandomAccessFile {
 public:
  explicit MemoryFile(std::string bytes, std::string path = "memory")
      : bytes_(std::move(bytes)), path_(std::move(path)) {}
  size_t Read(uint64_t offset, std::span<uint8_t> out) override {
    if (offset >= bytes_.size()) return 0;
    const size_t size = std::min<size_t>(out.size(), bytes_.size() - offset);
    std::memcpy(out.data(), bytes_.data() + offset, size);
    return size;
  }
  uint64_t size() const override { return bytes_.size(); }
  const std::string& path() const override { return path_; }

 private:
  const std::string bytes_;
  const std::string path_;
};

}  // namespace weir
