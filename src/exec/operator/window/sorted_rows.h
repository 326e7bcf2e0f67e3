#pragma once

#include <memory>
#include <vector>

#include "algo/row_blocks.h"
#include "algo/sort.h"
#include "expr/expr.h"

namespace weir {

// Starts of consecutive runs of rows, then the number of rows.
using RunStarts = std::vector<uint32_t>;

// Follows a row through runs; moving forward is cheap.
class RunCursor {
 public:
  explicit RunCursor(const RunStarts& starts) : starts_(&starts) {}
  void MoveTo(uint32_t row);
  size_t run() const { return run_; }
  uint32_t begin() const { return (*starts_)[run_]; }
  uint32_t end() const { return (*starts_)[run_ + 1]; }
  const RunStarts& starts() const { return *starts_; }

 private:
  const RunStarts* starts_;
  size_t run_ = 0;
};

// Sorted rows of one hash partition in memory, as rows and, on demand, as columns. Preparing (the methods that are not
// const) is for one thread; then any number may read.
class SortedRows {
 public:
  // `rows` are the addresses in order; `keep` is whatever owns the memory behind them.
  SortedRows(std::shared_ptr<const SortLayout> layout, BigArray rows, size_t count, Owners strings,
             std::shared_ptr<const void> keep, std::shared_ptr<MemoryTracker> tracker);

  size_t count() const { return count_; }
  const uint8_t* const* rows() const { return rows_.as<const uint8_t*>(); }
  const SortLayout& layout() const { return *layout_; }
  const Owners& strings() const { return strings_; }
  const std::shared_ptr<MemoryTracker>& tracker() const { return tracker_; }
  ColumnPtr Gather(size_t column, size_t begin, size_t count) const {
    return layout_->rows().Gather(column, rows() + begin, count, strings_);
  }

  // The column over all rows; kept.
  const ColumnPtr& Column(size_t column);
  // The same of an input reference or a literal.
  ColumnPtr ValueOf(const ExprPtr& expr);
  // Runs of rows that are equal in the first `keys` sort keys; kept.
  const RunStarts& RunsOf(size_t keys);
  // 0, 1, 2, ...
  const std::vector<uint32_t>& Identity();

 private:
  std::shared_ptr<const SortLayout> layout_;
  BigArray rows_;
  size_t count_;
  Owners strings_;
  std::shared_ptr<const void> keep_;
  std::shared_ptr<MemoryTracker> tracker_;
  ScopedReservation reservation_;
  std::vector<ColumnPtr> columns_;
  std::vector<uint16_t> equal_keys_;  // leading keys in which a row equals the one before
  std::vector<std::unique_ptr<RunStarts>> runs_;
  std::vector<uint32_t> identity_;
};

// Those rows, out of all, that count for a call: they pass its filter, and their argument is not NULL.
class PassingRows {
 public:
  // Over `rows`, those for which `passes(row)`.
  template <typename F>
  PassingRows(SortedRows& rows, F&& passes);
  // All of them.
  explicit PassingRows(SortedRows& rows) : list_(&rows.Identity()) {}

  // Number of passing rows before `row`.
  uint32_t Before(uint32_t row) const { return before_.empty() ? row : before_[row]; }
  uint32_t operator[](uint32_t i) const { return (*list_)[i]; }
  uint32_t count() const { return static_cast<uint32_t>(list_->size()); }
  // Passing rows number [begin, end).
  RowSet Slice(uint32_t begin, uint32_t end) const { return RowSet::Of({list_->data() + begin, end - begin}); }

 private:
  const std::vector<uint32_t>* list_;
  std::unique_ptr<std::vector<uint32_t>> own_;
  std::vector<uint32_t> before_;  // empty: all pass
  ScopedReservation reservation_;
};

template <typename F>
PassingRows::PassingRows(SortedRows& rows, F&& passes) : own_(std::make_unique<std::vector<uint32_t>>()) {
  reservation_ = ScopedReservation(rows.tracker(), static_cast<int64_t>(rows.count() * 2 * sizeof(uint32_t)));
  before_.resize(rows.count() + 1);
  for (uint32_t row = 0; row < rows.count(); ++row) {
    before_[row] = static_cast<uint32_t>(own_->size());
    if (passes(row)) own_->push_back(row);
  }
  before_[rows.count()] = static_cast<uint32_t>(own_->size());
  list_ = own_.get();
}

}  // namespace weir
