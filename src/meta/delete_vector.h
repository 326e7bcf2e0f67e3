#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace weir {

class DeleteVector;
using DeleteVectorPtr = std::shared_ptr<const DeleteVector>;

// The positions of the rows of one segment or inline batch that are deleted: an immutable Roaring bitmap. A null
// pointer stands for the empty one. Threads: any.
class DeleteVector {
 public:
  // Positions in any order, repeats allowed.
  static DeleteVectorPtr Of(std::span<const uint32_t> positions);
  // Roaring's portable format; throws kDataCorrupted.
  static DeleteVectorPtr Deserialize(std::string_view bytes);
  static DeleteVectorPtr Union(const DeleteVectorPtr& a, const DeleteVectorPtr& b);
  static bool Intersects(const DeleteVectorPtr& a, const DeleteVectorPtr& b);
  ~DeleteVector();

  uint64_t count() const { return count_; }
  uint32_t max() const;  // of a non-empty one
  bool Contains(uint32_t position) const;
  // How many positions are in [begin, end).
  uint64_t CountInRange(uint64_t begin, uint64_t end) const;
  // Sets bits: words[i] of `words` is for position begin + i; 1 = deleted. `words` must be zeroed, (end - begin) bits.
  void ExtractRange(uint64_t begin, uint64_t end, uint64_t* words) const;
  // Calls f(position) in ascending order.
  template <typename F>
  void ForEach(F&& f) const {
    Iterate([](uint32_t position, void* to) { return (*static_cast<std::remove_reference_t<F>*>(to))(position), true; },
            &f);
  }
  std::string Serialize() const;
  size_t MemoryBytes() const;

 private:
  struct Bitmap;
  explicit DeleteVector(std::unique_ptr<Bitmap> bitmap);
  void Iterate(bool (*f)(uint32_t, void*), void* to) const;

  std::unique_ptr<Bitmap> bitmap_;
  uint64_t count_;
};

inline uint64_t DeletedRows(const DeleteVectorPtr& deletes) {
  return deletes == nullptr ? 0 : deletes->count();
}

}  // namespace weir
