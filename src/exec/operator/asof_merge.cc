#include "exec/operator/asof_merge.h"

#include <cstring>
#include <utility>

#include "algo/row_compare.h"

namespace weir {

namespace {

std::vector<ColumnPtr> TakeAll(const Chunk& from, const std::vector<size_t>& columns,
                               const std::vector<uint32_t>& rows) {
  auto indices = Buffer::Allocate(rows.size() * sizeof(uint32_t));
  std::memcpy(indices->data(), rows.data(), rows.size() * sizeof(uint32_t));
  const BufferPtr shared = std::move(indices);
  std::vector<ColumnPtr> out;
  out.reserve(columns.size());
  for (const size_t column : columns) out.push_back(Column::Take(from.column(column), shared, rows.size()));
  return out;
}

Chunk Joined(std::vector<ColumnPtr> left, std::vector<ColumnPtr> right, size_t size) {
  for (ColumnPtr& column : right) left.push_back(std::move(column));
  return {std::move(left), size};
}

}  // namespace

AsofMergeReader::AsofMergeReader(const AsofPlan& plan, std::shared_ptr<SortRuns> left, std::shared_ptr<SortRuns> right,
                                 const std::shared_ptr<MemoryTracker>& tracker)
    : plan_(plan), left_(plan.left(), std::move(left), tracker), right_(plan.right(), std::move(right), tracker) {
  for (const SortColumn& key : plan.left().layout()->keys()) {
    order_.push_back({.column = order_.size(), .descending = key.descending, .nulls_first = key.nulls_first});
  }
  groups_.assign(order_.begin(), order_.end() - 1);
}

Step AsofMergeReader::Fill(DriverContext& context, Side& side) {
  if (side.ended) return Step::kFinished;
  if (side.at < side.rows.size()) return Step::kHasOutput;
  context.query.token.ThrowIfCanceled();
  const Step step = side.reader.Pull(context, side.rows);
  side.at = 0;
  if (step == Step::kHasOutput) {
    side.keys = Chunk(side.side.KeysOf(side.rows), side.rows.size());
  } else {
    side.rows = Chunk();
    side.ended = step == Step::kFinished;
  }
  return step;
}

Step AsofMergeReader::Pull(DriverContext& context, Chunk& out) {
  for (;;) {
    if (!ready_.empty()) {
      out = std::move(ready_.front());
      ready_.pop_front();
      return Step::kHasOutput;
    }
    // A chunk's pairs go before it does.
    if (!left_.ended && left_.at == left_.rows.size()) {
      Flush();
      if (!ready_.empty()) continue;
    }
    const Step left = Fill(context, left_);
    if (left == Step::kBlocked) return left;
    const bool left_ended = left == Step::kFinished;
    if (left_ended && !plan_.keeps_right()) return Step::kFinished;
    const Step right = Fill(context, right_);
    if (right == Step::kBlocked) return right;
    const bool right_ended = right == Step::kFinished;
    if (left_ended && right_ended) {
      if (!has_nearest_) return Step::kFinished;
      TakeRight();
      Flush();
      continue;
    }
    if (left_ended || (!right_ended && IsAtOrBefore())) {
      TakeRight();
    } else {
      TakeLeft();
    }
  }
}

bool AsofMergeReader::IsAtOrBefore() const {
  const int order = CompareRows(order_, right_.keys, right_.at, left_.keys, left_.at);
  if (order != 0) return order < 0;
  return !plan_.strict();
}

// The next right row, if there is one, is the nearest from now on.
void AsofMergeReader::TakeRight() {
  if (has_nearest_ && !nearest_.matched && plan_.keeps_right()) {
    if (alone_from_.columns() != nearest_.rows.columns()) Flush();
    alone_from_ = nearest_.rows;
    alone_right_.push_back(static_cast<uint32_t>(nearest_.row));
  }
  has_nearest_ = !right_.ended;
  if (has_nearest_) nearest_ = {right_.rows, right_.keys, right_.at++, false};
}

void AsofMergeReader::TakeLeft() {
  const bool matches = has_nearest_ && CompareRows(groups_, nearest_.keys, nearest_.row, left_.keys, left_.at) == 0;
  if (matches) {
    if (pairs_with_.columns() != nearest_.rows.columns()) Flush();
    pairs_with_ = nearest_.rows;
    nearest_.matched = true;
    pair_left_.push_back(static_cast<uint32_t>(left_.at));
    pair_right_.push_back(static_cast<uint32_t>(nearest_.row));
  } else if (plan_.keeps_left()) {
    alone_left_.push_back(static_cast<uint32_t>(left_.at));
  }
  ++left_.at;
}

void AsofMergeReader::Flush() {
  if (!pair_left_.empty()) {
    ready_.push_back(Joined(TakeAll(left_.rows, plan_.left_output(), pair_left_),
                            TakeAll(pairs_with_, plan_.right_output(), pair_right_), pair_left_.size()));
  }
  if (!alone_left_.empty()) {
    ready_.push_back(Joined(TakeAll(left_.rows, plan_.left_output(), alone_left_),
                            plan_.NullColumns(/*of_right=*/true, alone_left_.size()), alone_left_.size()));
  }
  if (!alone_right_.empty()) {
    ready_.push_back(Joined(plan_.NullColumns(/*of_right=*/false, alone_right_.size()),
                            TakeAll(alone_from_, plan_.right_output(), alone_right_), alone_right_.size()));
  }
  pair_left_.clear();
  pair_right_.clear();
  alone_left_.clear();
  alone_right_.clear();
}

}  // namespace weir
