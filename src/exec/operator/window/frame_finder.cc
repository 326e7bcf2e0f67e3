#include "exec/operator/window/frame_finder.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace weir {

namespace {

bool HasDistance(const WindowFrame::Bound& bound) {
  return bound.edge == FrameEdge::kPreceding || bound.edge == FrameEdge::kFollowing;
}

constexpr std::string_view kInvalidPrecedingOrFollowingSize = "22013";

Error NullDistance(bool is_end) {
  return Error::User(sqlstate::kNullValueNotAllowed, "frame {} offset must not be null",
                     is_end ? "ending" : "starting");
}

}  // namespace

FramePlan::FramePlan(const PhysicalWindow::Call& call, SortedRows& rows)
    : frame_(&call.window.frame),
      partitions_(&rows.RunsOf(call.partition_keys)),
      peers_(&rows.RunsOf(call.order_keys)),
      row_count_(rows.count()) {
  const auto distance = [&](const WindowFrame::Bound& bound, ColumnPtr& column, ColumnView& view) {
    if (bound.distance == nullptr) return;
    column = rows.ValueOf(bound.distance);
    view = ColumnView(*column);
  };
  distance(frame_->start, start_distance_, start_distance_view_);
  distance(frame_->end, end_distance_, end_distance_view_);
  if (frame_->unit != FrameUnit::kRange || frame_->range_key == nullptr) return;
  range_key_ = rows.ValueOf(frame_->range_key);
  key_view_ = ColumnView(*range_key_);
  const auto value = [&](const WindowFrame::Bound& bound, ColumnPtr& column, ColumnView& view) {
    if (bound.value == nullptr) return;
    column = rows.ValueOf(bound.value);
    view = ColumnView(*column);
  };
  value(frame_->start, start_value_, start_view_);
  value(frame_->end, end_value_, end_view_);
  compare_ = VisitPhysical(range_key_->type().physical(), []<typename T>() -> Compare {
    if constexpr (std::is_integral_v<T> || std::is_same_v<T, int128_t>) {
      return [](const FramePlan& plan, const ColumnPtr&, const ColumnView& view, size_t key_row, size_t value_row) {
        const T key = plan.key_view_.At<T>(key_row);
        const T bound = view.At<T>(value_row);
        return key < bound ? -1 : key > bound ? 1 : 0;
      };
    } else {
      return [](const FramePlan& plan, const ColumnPtr& values, const ColumnView&, size_t key_row, size_t value_row) {
        return CompareValues(*plan.range_key_, key_row, *values, value_row);
      };
    }
  });
}

bool FramePlan::covers_partition() const {
  if (frame_->exclusion != FrameExclusion::kNoOthers) return false;
  const bool all_peers = frame_->unit != FrameUnit::kRows && partitions_ == peers_;
  const auto at = [&](FrameEdge edge, FrameEdge unbounded) {
    return edge == unbounded || (all_peers && edge == FrameEdge::kCurrentRow);
  };
  return at(frame_->start.edge, FrameEdge::kUnboundedPreceding) && at(frame_->end.edge, FrameEdge::kUnboundedFollowing);
}

bool FramePlan::only_grows() const {
  return frame_->exclusion == FrameExclusion::kNoOthers && frame_->start.edge == FrameEdge::kUnboundedPreceding;
}

std::optional<uint64_t> FramePlan::rows_max() const {
  if (frame_->unit != FrameUnit::kRows || row_count_ == 0) return std::nullopt;
  int64_t low = 0, high = 0;
  const auto add = [&](const WindowFrame::Bound& bound, const ColumnPtr& column, const ColumnView& view, int64_t& to) {
    if (bound.edge == FrameEdge::kCurrentRow) return true;
    if (!HasDistance(bound) || !column->is_constant() || view.IsNull(0)) return false;
    const int64_t distance = view.At<int64_t>(0);
    if (distance < 0 || distance > INT32_MAX) return false;
    to = bound.edge == FrameEdge::kPreceding ? -distance : distance;
    return true;
  };
  if (!add(frame_->start, start_distance_, start_distance_view_, low) ||
      !add(frame_->end, end_distance_, end_distance_view_, high)) {
    return std::nullopt;
  }
  return high < low ? 0 : static_cast<uint64_t>(high - low + 1);
}

FrameFinder::FrameFinder(const FramePlan& plan) : plan_(plan), partition_(*plan.partitions_), peers_(*plan.peers_) {}

// Only for frames by RANGE or GROUPS with distances.
void FrameFinder::EnterPartition() {
  entered_ = true;
  entered_run_ = partition_.run();
  const RunStarts& peers = *plan_.peers_;
  const auto group_of = [&](uint32_t start) {
    return static_cast<size_t>(std::lower_bound(peers.begin(), peers.end(), start) - peers.begin());
  };
  first_group_ = group_of(partition_.begin());
  end_group_ = group_of(partition_.end());
  if (plan_.range_key_ == nullptr) return;
  not_null_begin_ = partition_.begin();
  not_null_end_ = partition_.end();
  // NULLs are peers: a group at one end.
  if (plan_.key_view_.IsNull(not_null_begin_) && (plan_.frame_->range_nulls_first || first_group_ + 1 == end_group_)) {
    not_null_begin_ = peers[first_group_ + 1];
  } else if (plan_.key_view_.IsNull(not_null_end_ - 1)) {
    not_null_end_ = peers[end_group_ - 1];
  }
  start_at_ = not_null_begin_;
  end_at_ = not_null_begin_;
}

uint64_t FrameFinder::DistanceOf(bool is_end, uint32_t row) const {
  const ColumnView& view = is_end ? plan_.end_distance_view_ : plan_.start_distance_view_;
  if (view.IsNull(row)) throw NullDistance(is_end);
  const int64_t distance = view.At<int64_t>(row);
  if (distance < 0) {
    throw Error::User(kInvalidPrecedingOrFollowingSize, "frame {} offset must not be negative",
                      is_end ? "ending" : "starting");
  }
  return static_cast<uint64_t>(distance);
}

uint32_t FrameFinder::RowsEdge(const WindowFrame::Bound& bound, bool is_end, uint32_t row) const {
  if (bound.edge == FrameEdge::kCurrentRow) return is_end ? row + 1 : row;
  const uint64_t distance = DistanceOf(is_end, row);
  if (bound.edge == FrameEdge::kPreceding) {
    const uint64_t before = row - partition_.begin();
    if (distance > before) return partition_.begin();
    return row - static_cast<uint32_t>(distance) + (is_end ? 1 : 0);
  }
  const uint64_t after = partition_.end() - row - 1;
  if (distance > after) return partition_.end();
  return row + static_cast<uint32_t>(distance) + (is_end ? 1 : 0);
}

uint32_t FrameFinder::GroupsEdge(const WindowFrame::Bound& bound, bool is_end, uint32_t row) const {
  const uint64_t distance = DistanceOf(is_end, row);
  const RunStarts& peers = *plan_.peers_;
  const size_t group = peers_.run();
  if (bound.edge == FrameEdge::kPreceding) {
    if (distance > group - first_group_) return partition_.begin();
    return peers[group - distance + (is_end ? 1 : 0)];
  }
  if (distance > end_group_ - group - 1) return partition_.end();
  return peers[group + distance + (is_end ? 1 : 0)];
}

void FrameFinder::CheckRangeDistance(bool is_end, uint32_t row) const {
  const ColumnView& view = is_end ? plan_.end_distance_view_ : plan_.start_distance_view_;
  if (view.IsNull(row)) throw NullDistance(is_end);
  const bool negative = VisitPhysical(view.base().type().physical(), [&]<typename T>() -> bool {
    if constexpr (std::is_same_v<T, Interval>) {
      return view.At<Interval>(row).NormalizedMicros() < 0;
    } else if constexpr (std::is_floating_point_v<T>) {
      return !(view.At<T>(row) >= 0);
    } else if constexpr (std::is_integral_v<T> || std::is_same_v<T, int128_t>) {
      return view.At<T>(row) < 0;
    } else {
      return false;
    }
  });
  if (negative) {
    throw Error::User(kInvalidPrecedingOrFollowingSize, "invalid preceding or following size in window function");
  }
}

uint32_t FrameFinder::RangeEdge(const WindowFrame::Bound& bound, bool is_end, uint32_t row) {
  CheckRangeDistance(is_end, row);
  // A NULL's frame is the other NULLs.
  if (plan_.key_view_.IsNull(row)) return is_end ? peers_.end() : peers_.begin();
  const ColumnPtr& values = is_end ? plan_.end_value_ : plan_.start_value_;
  const ColumnView& view = is_end ? plan_.end_view_ : plan_.start_view_;
  const bool preceding = bound.edge == FrameEdge::kPreceding;
  if (view.IsNull(row)) return preceding ? not_null_begin_ : not_null_end_;
  if (values->type().physical() == PhysicalType::kDouble && std::isnan(view.At<double>(row)) &&
      !std::isnan(plan_.key_view_.At<double>(row))) {
    // Infinity less infinity: beyond all keys, but for NaN.
    const auto is_nan = [&](uint32_t at) { return std::isnan(plan_.key_view_.At<double>(at)); };
    uint32_t begin = not_null_begin_, end = not_null_end_;
    while (is_nan(begin)) ++begin;
    while (is_nan(end - 1)) --end;
    return preceding ? begin : end;
  }
  // Whether the key of `at` comes before the edge.
  const bool descending = plan_.frame_->range_descending;
  const auto before = [&](uint32_t at) {
    const int order = plan_.compare_(plan_, values, view, at, row);
    const int forward = descending ? -order : order;
    return is_end ? forward <= 0 : forward < 0;
  };
  uint32_t& at = is_end ? end_at_ : start_at_;
  while (at > not_null_begin_ && !before(at - 1)) --at;
  while (at < not_null_end_ && before(at)) ++at;
  return at;
}

uint32_t FrameFinder::Edge(const WindowFrame::Bound& bound, bool is_end, uint32_t row) {
  if (bound.edge == FrameEdge::kUnboundedPreceding) return partition_.begin();
  if (bound.edge == FrameEdge::kUnboundedFollowing) return partition_.end();
  if (plan_.frame_->unit == FrameUnit::kRows) return RowsEdge(bound, is_end, row);
  if (bound.edge == FrameEdge::kCurrentRow) return is_end ? peers_.end() : peers_.begin();
  if (!entered_ || entered_run_ != partition_.run()) EnterPartition();
  return plan_.frame_->unit == FrameUnit::kGroups ? GroupsEdge(bound, is_end, row) : RangeEdge(bound, is_end, row);
}

RowRange FrameFinder::Find(uint32_t row) {
  partition_.MoveTo(row);
  peers_.MoveTo(row);
  const uint32_t begin = Edge(plan_.frame_->start, false, row);
  const uint32_t end = Edge(plan_.frame_->end, true, row);
  return begin < end ? RowRange{begin, end} : RowRange{begin, begin};
}

size_t FrameFinder::FindPieces(uint32_t row, Pieces& out) {
  const RowRange frame = Find(row);
  size_t count = 0;
  const auto add = [&](uint32_t begin, uint32_t end) {
    begin = std::max(begin, frame.begin);
    end = std::min(end, frame.end);
    if (begin < end) out[count++] = {begin, end};
  };
  switch (plan_.frame_->exclusion) {
    case FrameExclusion::kNoOthers:
      add(frame.begin, frame.end);
      break;
    case FrameExclusion::kCurrentRow:
      add(frame.begin, row);
      add(row + 1, frame.end);
      break;
    case FrameExclusion::kGroup:
      add(frame.begin, peers_.begin());
      add(peers_.end(), frame.end);
      break;
    case FrameExclusion::kTies:
      add(frame.begin, peers_.begin());
      add(row, row + 1);
      add(peers_.end(), frame.end);
      break;
  }
  return count;
}

}  // namespace weir
