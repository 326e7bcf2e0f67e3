#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/error.h"

namespace weir {

using ByteSpan = std::span<const uint8_t>;

inline ByteSpan AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view AsText(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

static_assert(std::endian::native == std::endian::little, "formats are little-endian and read in place");

template <typename T>
T LoadUnaligned(const void* from) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}
template <typename T>
void StoreUnaligned(void* to, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(to, &value, sizeof(T));
}
template <typename T>
T LoadBigEndian(const void* from) {
  T value = LoadUnaligned<T>(from);
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
  return value;
}

// Appends little-endian values, LEB128 varints and length-prefixed strings to a string it owns.
class ByteWriter {
 public:
  template <typename T>
  void Put(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  void PutVarint(uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  void PutZigzag(int64_t value) { PutVarint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63)); }
  void PutString(std::string_view text) {
    PutVarint(text.size());
    out_.append(text);
  }
  void PutRaw(std::string_view bytes) { out_.append(bytes); }
  size_t size() const { return out_.size(); }
  std::string& buffer() { return out_; }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads what ByteWriter wrote. Every read is checked: past the end it throws kDataCorrupted.
// Borrows the bytes.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  template <typename T>
  T Get() {
    Need(sizeof(T));
    T value = LoadUnaligned<T>(at_);
    at_ += sizeof(T);
    return value;
  }
  uint64_t GetVarint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = Get<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    throw Error::Operational(sqlstate::kDataCorrupted, "varint longer than 64 bits");
  }
  int64_t GetZigzag() {
    const uint64_t raw = GetVarint();
    return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  }
  std::string_view GetString() { return GetRaw(GetVarint()); }
  std::string_view GetRaw(size_t size) {
    Need(size);
    const std::string_view out(at_, size);
    at_ += size;
    return out;
  }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  bool empty() const { return at_ == end_; }

 private:
  void Need(size_t size) const {
    if (remaining() < size) [[unlikely]] {
      throw Error::Operational(sqlstate::kDataCorrupted, "record ends early: {} bytes wanted, {} left", size,
                               remaining());
    }
  }

  const char* at_;
  const char* end_;
};

}  // namespace weir
