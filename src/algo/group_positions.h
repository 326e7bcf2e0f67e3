#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "column/chunk.h"

namespace weir {

// Maps key rows to small numbers without hashing: dictionary codes, offsets of narrow integers and constants,
// multiplied up. What a position means holds while the dictionaries and ranges stay; then all positions are
// forgotten and learned again. Part of GroupTable.
class GroupPositions {
 public:
  // Computes positions() of the rows, when these keys allow it and it has been paying off.
  bool Prepare(std::span<const ColumnPtr> keys, const RowSet& rows);
  const uint32_t* positions() const { return positions_.data(); }
  size_t domain() const { return groups_.size(); }
  // The group of each position, null when not known.
  uint8_t** groups() { return groups_.data(); }
  // How many of the rows were at positions not known before.
  void NoteMisses(size_t misses, size_t rows);
  void Clear() { std::fill(groups_.begin(), groups_.end(), nullptr); }
  size_t bytes() const { return groups_.capacity() * sizeof(uint8_t*) + positions_.capacity() * sizeof(uint32_t); }

 private:
  enum class Kind : uint8_t { kNone, kConstant, kDictionary, kInteger };
  struct Key {
    Kind kind = Kind::kNone;
    ColumnPtr base;     // constant, dictionary
    int64_t low = 0;    // integer: the value of code 0
    uint64_t size = 0;  // codes; for integers the last one is NULL
    uint64_t stride = 0;
  };
  bool Classify(const ColumnPtr& column, const RowSet& rows, const Key& known, bool single, Key& out) const;

  std::vector<Key> keys_;
  std::vector<uint32_t> positions_;
  std::vector<uint8_t*> groups_;
  int bad_calls_ = 0;
  int skip_calls_ = 0;
};

}  // namespace weir
