#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace weir {

// Counts distinct 64-bit hashes within about 0.8% (standard error) in at most 16 KiB. Starts sparse and is exact up to
// hash collisions there. Estimation after Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
// (2017). The serialised form is docs/formats/hll.md; sketches of any machine and version merge.
class HyperLogLog {
 public:
  static constexpr int kPrecision = 14;
  static constexpr size_t kRegisters = size_t{1} << kPrecision;

  void Add(uint64_t hash);
  void Add(const uint64_t* hashes, size_t count);
  void Merge(const HyperLogLog& other);
  double Estimate() const;
  uint64_t Count() const;  // the estimate, rounded
  bool empty() const { return registers_.empty() && sparse_.empty(); }
  void Clear();

  std::string Serialize() const;
  // Throws kDataCorrupted.
  static HyperLogLog Deserialize(std::string_view bytes);

  // The parts, for those who keep sketches elsewhere: registers (null while sparse) or hashes.
  static HyperLogLog FromRegisters(const uint8_t* registers);
  const uint8_t* registers() const { return registers_.empty() ? nullptr : registers_.data(); }
  const std::vector<uint64_t>& hashes() const { return sparse_; }

  size_t MemoryBytes() const { return sparse_.capacity() * sizeof(uint64_t) + registers_.capacity(); }

 private:
  void MakeDense();
  void Compact() const;
  void AddDense(uint64_t hash);

  // Sparse: hashes, the first sorted_ of them sorted and distinct.
  mutable std::vector<uint64_t> sparse_;
  mutable size_t sorted_ = 0;
  std::vector<uint8_t> registers_;
};

// The kernels over plain registers (kRegisters bytes), for aggregate states that live in an arena.
void HllAdd(uint8_t* registers, uint64_t hash);
void HllMerge(uint8_t* into, const uint8_t* from);
double HllEstimate(const uint8_t* registers);

}  // namespace weir
