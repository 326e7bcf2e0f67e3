#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "column/column.h"
#include "column/string_heap.h"
#include "format/parquet/writer_schema.h"
#include "types/value.h"

namespace weir::parquet {

// Values of a leaf on their way into pages: words for those of fixed width up to 8 bytes, views of bytes for others.
// Views point into the column or into `scratch`.
struct StagedValues {
  std::vector<uint64_t> words;
  std::vector<std::string_view> bytes;
  std::string scratch;
  size_t size(StoredKind kind) const {
    return kind == StoredKind::kFixedBytes || kind == StoredKind::kBytes ? bytes.size() : words.size();
  }
};

inline bool HoldsBytes(StoredKind kind) {
  return kind == StoredKind::kFixedBytes || kind == StoredKind::kBytes;
}

// Reads the rows of a column of the leaf's type. Replaces what was staged. Throws 22008 for intervals that Parquet
// cannot hold.
void StageValues(const WriterLeaf& leaf, const Column& column, std::span<const uint32_t> rows, StagedValues& out);

// XXH64 of the value's PLAIN form, as bloom filters want it.
uint64_t HashWord(StoredKind kind, uint64_t word);
uint64_t HashBytesOf(std::string_view bytes);

// Distinct values with numbers in order of appearance.
class ValueDictionary {
 public:
  explicit ValueDictionary(const WriterLeaf& leaf) : leaf_(leaf) {}
  uint32_t FindOrAdd(uint64_t word);
  uint32_t FindOrAdd(std::string_view bytes);
  size_t size() const { return hashes_.size(); }
  uint64_t word(uint32_t index) const { return words_[index]; }
  std::string_view bytes(uint32_t index) const { return views_[index]; }
  // XXH64 of each.
  const std::vector<uint64_t>& hashes() const { return hashes_; }
  size_t plain_bytes() const { return plain_bytes_; }
  void Clear();

 private:
  void Grow();

  const WriterLeaf& leaf_;
  std::vector<uint32_t> table_;  // index + 1, 0 is empty
  std::vector<uint64_t> hashes_;
  std::vector<uint64_t> words_;
  std::vector<std::string_view> views_;
  StringHeap heap_;
  size_t plain_bytes_ = 0;
};

// Least and greatest of some values of a leaf, in the order that Parquet gives its type.
class MinMax {
 public:
  explicit MinMax(const WriterLeaf& leaf) : leaf_(&leaf) {}
  void Add(std::span<const uint64_t> words);
  void Add(std::span<const std::string_view> values);
  void Add(std::string_view value) { Add({&value, 1}); }
  void Add(uint64_t word) { Add({&word, 1}); }
  void Merge(const MinMax& other);
  // False when there was no value, or a NaN, which the format's bounds have no place for.
  bool has_bounds() const { return has_value_ && !has_nan_; }
  bool has_nan() const { return has_nan_; }

  // In PLAIN encoding, as statistics hold them; cut to `bytes_max` where they are longer (then not exact). A maximum
  // that cannot be cut is given up.
  struct Bound {
    std::string bytes;
    bool exact = true;
  };
  std::optional<Bound> Min(size_t bytes_max) const;
  std::optional<Bound> Max(size_t bytes_max) const;
  // The bound as a value of the leaf's type.
  Value ToValue(const Bound& bound) const;
  // Negative, 0, positive; both have bounds. Compares least with least or greatest with greatest.
  static int CompareMin(const MinMax& a, const MinMax& b);
  static int CompareMax(const MinMax& a, const MinMax& b);

 private:
  int CompareWords(uint64_t a, uint64_t b) const;
  int CompareBytes(std::string_view a, std::string_view b) const;
  std::string Plain(uint64_t word) const;

  const WriterLeaf* leaf_;
  bool has_value_ = false;
  bool has_nan_ = false;
  uint64_t min_word_ = 0;
  uint64_t max_word_ = 0;
  std::string min_bytes_;
  std::string max_bytes_;
};

// Cuts a string of more than `bytes_max` bytes so that it stays at most (Min) or becomes at least (Max) what it was.
// `is_text`: keeps whole UTF-8 characters. CutMax gives nothing when there is no such string.
std::string CutMin(std::string_view value, size_t bytes_max, bool is_text);
std::optional<std::string> CutMax(std::string_view value, size_t bytes_max, bool is_text);

// An estimate of how many different hashes were added, within some 2%.
class DistinctEstimate {
 public:
  void Add(uint64_t hash) {
    const size_t at = hash >> (64 - kBits);
    const auto rank = static_cast<uint8_t>(__builtin_clzll((hash << kBits) | (uint64_t{1} << (kBits - 1))) + 1);
    if (registers_.empty()) registers_.resize(size_t{1} << kBits);
    if (registers_[at] < rank) registers_[at] = rank;
  }
  uint64_t Count() const;

 private:
  static constexpr int kBits = 12;
  std::vector<uint8_t> registers_;
};

}  // namespace weir::parquet
