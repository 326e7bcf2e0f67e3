#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "algo/bloom_filter.h"
#include "algo/join_table.h"
#include "column/chunk.h"
#include "plan/physical.h"

namespace weir {

// Which values one key of a join's build side has: exactly, as a bitmap over the range of an integer key that is not
// too wide; as nothing but the range, when nearly all of it is there; else a bloom filter, with the range when the key
// is an integer. Rows whose value is not in it, and NULLs,
// have no partner. Immutable once made; any number of threads may probe.
class RuntimeFilter {
 public:
  // Of one driver: results for the dictionary that keeps coming.
  struct Scratch {
    ColumnPtr dictionary;
    std::vector<uint8_t> passes;
    std::vector<uint64_t> hashes;
    std::vector<uint32_t> rows;
  };

  bool nothing_passes() const { return rows_ == 0; }
  // Bounds of the values, of the key's type, when it is an integer kind.
  const std::optional<Value>& min() const { return min_value_; }
  const std::optional<Value>& max() const { return max_value_; }
  // All values, when they are few; empty otherwise.
  const std::vector<Value>& values() const { return values_; }
  // About which part of the values between `min` and `max` (absent: unknown) passes, 0 to 1.
  double PassingPart(const std::optional<Value>& min, const std::optional<Value>& max) const;

  // Those of `rows` that may have a partner, appended to `out`.
  void Apply(const ColumnPtr& column, const RowSet& rows, Scratch& scratch, Selection& out) const;

 private:
  friend class RuntimeFilterBuilder;
  friend class StreamedFilterBuilder;
  void ApplyFlat(const Column& column, const RowSet& rows, Scratch& scratch, Selection& out) const;

  Type type_;
  size_t rows_ = 0;
  bool is_integer_ = false;
  int64_t min_ = INT64_MAX, max_ = INT64_MIN;
  std::optional<Value> min_value_, max_value_;
  std::vector<Value> values_;
  bool range_only_ = false;
  BigArray bitmap_;  // a bit per value from min_ to max_
  uint64_t bits_set_ = 0;
  std::optional<BloomFilter> bloom_;
};

// Where a join puts its filter and scans find it. Written before, and read after, the completion of the join's build
// (the graph orders the two).
struct RuntimeFilterSlot {
  RuntimeFilterId id;
  std::shared_ptr<const RuntimeFilter> filter;
};

// Makes the filter of one key of a finished join table, in parallel by block:
//   FindRange(block) for all blocks; Allocate(); Fill(block) for all blocks; Finish().
class RuntimeFilterBuilder {
 public:
  RuntimeFilterBuilder(const JoinTable& table, size_t key, std::shared_ptr<MemoryTracker> tracker);
  void FindRange(size_t block);  // thread-safe
  void Allocate();
  void Fill(size_t block);  // thread-safe
  std::shared_ptr<const RuntimeFilter> Finish();

 private:
  template <typename F>
  void ForEachBatch(size_t block, F&& f) const;

  const JoinTable& table_;
  const size_t key_;
  const std::shared_ptr<MemoryTracker> tracker_;
  std::shared_ptr<RuntimeFilter> filter_;
  std::mutex mutex_;  // guards the filter's range and values
};

}  // namespace weir
