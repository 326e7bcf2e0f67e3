#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

class Roaring64Map;

namespace weir {

// A set of unsigned 64-bit integers: a Roaring bitmap, kept in SQL values as varbinary in the portable form of 64-bit
// Roaring bitmaps. Empty bytes are the empty set. A value type; not thread-safe.
class Bitmap64 {
 public:
  Bitmap64();
  ~Bitmap64();
  Bitmap64(Bitmap64&&) noexcept;
  Bitmap64& operator=(Bitmap64&&) noexcept;

  // Every container is checked first, so any bytes may be given; throws kInvalidBinaryRepresentation.
  static Bitmap64 Deserialize(std::string_view bytes);
  std::string Serialize() const;
  // "1, 2,3": empty when the text is anything but numbers of 64 bits and commas.
  static std::optional<Bitmap64> FromText(std::string_view text);
  std::string ToText() const;  // "1,2,3"

  void Add(uint64_t value);
  void AddMany(const uint64_t* values, size_t count);
  void Remove(uint64_t value);
  bool Contains(uint64_t value) const;
  uint64_t Count() const;
  bool empty() const;
  uint64_t Min() const;  // not of the empty set
  uint64_t Max() const;
  void Or(const Bitmap64& other);
  void And(const Bitmap64& other);
  void AndNot(const Bitmap64& other);
  void Xor(const Bitmap64& other);
  std::vector<uint64_t> Values() const;  // ascending

 private:
  std::unique_ptr<Roaring64Map> set_;
};

}  // namespace weir
