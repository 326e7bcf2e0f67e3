#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "algo/row_bound.h"
#include "column/chunk.h"
#include "plan/physical.h"

namespace weir {

// How far rows may still come in an ORDER BY ... LIMIT: once a driver has as many rows as are wanted, rows whose first
// key comes after its last one's are wanted by nobody. The scan below drops them, and skips row groups that hold only
// such rows.
//
// Shared by the drivers of both; any thread. The bound only ever becomes tighter.
class TopNBound {
 public:
  TopNBound(bool descending, bool nulls_first) : descending_(descending), nulls_first_(nulls_first) {}
  bool descending() const { return descending_; }
  bool nulls_first() const { return nulls_first_; }

  // Rows after `key` are not wanted. Keys that are NULL say too little and are ignored.
  void Offer(const Value& key);
  bool is_set() const { return set_.load(std::memory_order_acquire); }
  // Null until it is set. Cheap.
  std::shared_ptr<const Value> key() const;

  // Those of `rows` that are still wanted; null: all.
  SelectionPtr Apply(const Column& column, const RowSet& rows) const;
  // Whether rows between these bounds (absent: unknown) with or without NULLs may be wanted.
  bool MayWant(const std::optional<Value>& min, const std::optional<Value>& max, bool has_nulls) const;

  // Types that Apply understands.
  static bool Supports(const Type& type);

 private:
  const bool descending_;
  const bool nulls_first_;
  std::atomic<bool> set_{false};
  mutable std::mutex mutex_;  // guards key_; leaf
  std::shared_ptr<const Value> key_;
};

// The same for groups of an aggregation, which are held against as many of the keys as come from its output, so that of
// most groups nothing else needs to be put out.
//
// Shared by the drivers of both; any thread. The bound only ever becomes tighter.
class TopNGroupBound {
 public:
  // `keys`: the first keys of the ordering, as columns of the aggregation's output; `is_whole`: all of them.
  TopNGroupBound(std::vector<SortColumn> keys, bool is_whole) : keys_(std::move(keys)), is_whole_(is_whole) {}
  // The bound of the TopN: of at least as many keys as its keys can be compared.
  void Offer(const RowBound& bound);
  // Null until there is a bound.
  std::shared_ptr<const RowBound> bound() const;

 private:
  const std::vector<SortColumn> keys_;
  const bool is_whole_;
  std::atomic<bool> set_{false};
  mutable std::mutex mutex_;  // guards bound_; leaf
  std::shared_ptr<const RowBound> bound_;
};

// The scan that a sort key comes from, when rows of the scan that come late in the order may be dropped there without
// changing the result's beginning: through filters, projections of plain columns, and joins that keep what their
// probe side has.
struct TopNTarget {
  const PhysicalScan* scan = nullptr;
  size_t column = 0;  // of the scan's columns
};
std::optional<TopNTarget> FindTopNTarget(const PhysicalNode& input, const ExprPtr& key);

// Likewise the aggregation that the first sort keys come from, with these as columns of its output.
struct TopNGroups {
  const PhysicalHashAggregate* aggregate = nullptr;
  std::vector<SortColumn> keys;
};
std::optional<TopNGroups> FindTopNGroups(const PhysicalNode& input, const std::vector<SortKey>& keys);

}  // namespace weir
