#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sql/parser/arena.h"

namespace weir {

// Collects the items of a list whose length is not known yet; the first few need no allocation.
template <typename T>
class ListBuilder {
 public:
  explicit ListBuilder(ast::Arena& arena) : arena_(arena) {}
  ListBuilder(const ListBuilder&) = delete;
  ListBuilder& operator=(const ListBuilder&) = delete;

  void Add(const T& item) {
    if (size_ < kInline) {
      inline_[size_] = item;
    } else {
      if (size_ == kInline) more_.assign(inline_, inline_ + kInline);
      more_.push_back(item);
    }
    ++size_;
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const T> items() const {
    return size_ <= kInline ? std::span<const T>(inline_, size_) : std::span<const T>(more_);
  }
  ast::List<T> Finish() const { return arena_.CopyList(items()); }

 private:
  static constexpr size_t kInline = sizeof(T) > 64 ? 1 : 6;

  ast::Arena& arena_;
  size_t size_ = 0;
  T inline_[kInline] = {};
  std::vector<T> more_;
};

}  // namespace weir
