#include "exec/operator/window/sorted_rows.h"

#include <algorithm>
#include <numeric>

namespace weir {

namespace {

constexpr size_t kAhead = 8;

}  // namespace

void RunCursor::MoveTo(uint32_t row) {
  if (row >= begin()) {
    // Usually the same run or the next one.
    for (int i = 0; i < 4; ++i) {
      if (row < end()) return;
      ++run_;
    }
    if (row < end()) return;
  }
  run_ = static_cast<size_t>(std::upper_bound(starts_->begin(), starts_->end() - 1, row) - starts_->begin()) - 1;
}

SortedRows::SortedRows(std::shared_ptr<const SortLayout> layout, BigArray rows, size_t count, Owners strings,
                       std::shared_ptr<const void> keep, std::shared_ptr<MemoryTracker> tracker)
    : layout_(std::move(layout)),
      rows_(std::move(rows)),
      count_(count),
      strings_(std::move(strings)),
      keep_(std::move(keep)),
      tracker_(std::move(tracker)),
      reservation_(tracker_),
      columns_(layout_->types().size()) {}

const ColumnPtr& SortedRows::Column(size_t column) {
  if (columns_[column] == nullptr) {
    columns_[column] = Gather(column, 0, count_);
    reservation_.Grow(static_cast<int64_t>(count_ * PhysicalWidth(columns_[column]->type().physical())));
  }
  return columns_[column];
}

ColumnPtr SortedRows::ValueOf(const ExprPtr& expr) {
  if (expr->is(ExprKind::kLiteral)) return Column::Constant(expr->literal(), count_);
  return Column(expr->input_index());
}

const RunStarts& SortedRows::RunsOf(size_t keys) {
  const std::vector<SortColumn>& columns = layout_->keys();
  if (equal_keys_.empty()) {
    reservation_.Grow(static_cast<int64_t>(count_ * sizeof(uint16_t)));
    equal_keys_.resize(count_);
    const uint8_t* const* all = rows();
    for (size_t i = 1; i < count_; ++i) {
      if (i + kAhead < count_) __builtin_prefetch(all[i + kAhead]);
      equal_keys_[i] = static_cast<uint16_t>(layout_->EqualKeys(all[i - 1], all[i]));
    }
  }
  runs_.resize(columns.size() + 1);
  std::unique_ptr<RunStarts>& runs = runs_[keys];
  if (runs == nullptr) {
    runs = std::make_unique<RunStarts>();
    runs->push_back(0);
    if (keys != 0) {
      for (size_t i = 1; i < count_; ++i) {
        if (equal_keys_[i] < keys) runs->push_back(static_cast<uint32_t>(i));
      }
    }
    runs->push_back(static_cast<uint32_t>(count_));
    reservation_.Grow(static_cast<int64_t>(runs->capacity() * sizeof(uint32_t)));
  }
  return *runs;
}

const std::vector<uint32_t>& SortedRows::Identity() {
  if (identity_.size() != count_) {
    reservation_.Grow(static_cast<int64_t>(count_ * sizeof(uint32_t)));
    identity_.resize(count_);
    std::iota(identity_.begin(), identity_.end(), 0);
  }
  return identity_;
}

}  // namespace weir
