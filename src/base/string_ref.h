#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/hash.h"

namespace weir {

// A 16-byte view of a string: up to 12 bytes inline, otherwise a 4-byte prefix and a pointer that the owner of the
// view keeps alive (Neumann and Freitag, "Umbra: A Disk-Based System with In-Memory Performance", CIDR 2020).
// Unused inline bytes are zero, so that equality of short strings is two 8-byte compares.
class StringRef {
 public:
  static constexpr uint32_t kInlineMax = 12;

  StringRef() : size_(0) { std::memset(inline_, 0, sizeof(inline_)); }
  // Sizes past 4 GiB are the caller's error to raise; it is checked where strings are built.
  StringRef(const char* data, uint32_t size) : size_(size) {
    if (size <= kInlineMax) {
      std::memset(inline_, 0, sizeof(inline_));
      if (size != 0) std::memcpy(inline_, data, size);
    } else {
      std::memcpy(inline_, data, 4);
      std::memcpy(inline_ + 4, static_cast<const void*>(&data), sizeof(data));
    }
  }
  explicit StringRef(std::string_view text) : StringRef(text.data(), static_cast<uint32_t>(text.size())) {}

  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool is_inline() const { return size_ <= kInlineMax; }
  // For inline strings this points into the view itself: do not keep it past the view.
  const char* data() const {
    if (is_inline()) return inline_;
    const char* pointer;
    std::memcpy(static_cast<void*>(&pointer), inline_ + 4, sizeof(pointer));
    return pointer;
  }
  std::string_view view() const { return {data(), size_}; }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)

  friend bool operator==(const StringRef& a, const StringRef& b) {
    uint64_t a_head, b_head, a_tail, b_tail;
    std::memcpy(&a_head, &a, 8);
    std::memcpy(&b_head, &b, 8);
    if (a_head != b_head) return false;  // size and prefix
    std::memcpy(&a_tail, a.inline_ + 4, 8);
    std::memcpy(&b_tail, b.inline_ + 4, 8);
    if (a_tail == b_tail) return true;  // same inline rest, or the same pointer
    return !a.is_inline() && std::memcmp(a.data() + 4, b.data() + 4, a.size_ - 4) == 0;
  }
  // Byte order, as PostgreSQL's "C" collation.
  friend std::strong_ordering operator<=>(const StringRef& a, const StringRef& b) {
    uint32_t a_prefix, b_prefix;
    std::memcpy(&a_prefix, a.inline_, 4);
    std::memcpy(&b_prefix, b.inline_, 4);
    if (a_prefix != b_prefix) {
      // Zero padding sorts a shorter string first, but "a\0" and "a" tie in the prefix and go on below.
      return __builtin_bswap32(a_prefix) <=> __builtin_bswap32(b_prefix);
    }
    const uint32_t common = a.size_ < b.size_ ? a.size_ : b.size_;
    const int order = std::memcmp(a.data(), b.data(), common);
    if (order != 0) return order <=> 0;
    return a.size_ <=> b.size_;
  }

  uint64_t Hash() const {
    if (is_inline()) {
      uint64_t head, tail;
      std::memcpy(&head, this, 8);
      std::memcpy(&tail, inline_ + 4, 8);
      return HashMix(head ^ 0x9E3779B97F4A7C15ULL, tail ^ 0xD6E8FEB86659FD93ULL);
    }
    return HashString(view());
  }

 private:
  uint32_t size_;
  char inline_[kInlineMax];  // or 4 prefix bytes and an unaligned pointer
};
static_assert(sizeof(StringRef) == 16);

}  // namespace weir
