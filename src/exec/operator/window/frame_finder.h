#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "exec/operator/window/sorted_rows.h"
#include "plan/physical.h"

namespace weir {

// Rows [begin, end).
struct RowRange {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool empty() const { return begin >= end; }
  uint32_t size() const { return empty() ? 0 : end - begin; }
  bool operator==(const RowRange&) const = default;
};

// What the frames of a call need of the sorted rows. Immutable once made.
class FramePlan {
 public:
  FramePlan(const PhysicalWindow::Call& call, SortedRows& rows);

  const WindowFrame& frame() const { return *frame_; }
  const RunStarts& partitions() const { return *partitions_; }
  const RunStarts& peers() const { return *peers_; }
  // Every frame is its row's whole partition.
  bool covers_partition() const;
  // Frames of one partition begin where it begins, and have no holes.
  bool only_grows() const;
  // Rows that a frame has at most, when that is known before looking at any.
  std::optional<uint64_t> rows_max() const;

 private:
  friend class FrameFinder;
  const WindowFrame* frame_;
  const RunStarts* partitions_;
  const RunStarts* peers_;
  size_t row_count_;
  ColumnPtr start_distance_, end_distance_;
  ColumnPtr start_value_, end_value_, range_key_;
  ColumnView start_distance_view_, end_distance_view_;
  ColumnView start_view_, end_view_, key_view_;
  using Compare = int (*)(const FramePlan& plan, const ColumnPtr& values, const ColumnView& view, size_t key_row,
                          size_t value_row);
  Compare compare_ = nullptr;  // a row's key with a row's bound
};

// Finds the frames of rows, best in ascending order. One per thread.
class FrameFinder {
 public:
  explicit FrameFinder(const FramePlan& plan);

  // The frame before exclusion.
  RowRange Find(uint32_t row);
  // The frame's rows as up to three ranges in order (empty ones left out).
  using Pieces = std::array<RowRange, 3>;
  size_t FindPieces(uint32_t row, Pieces& out);
  // Of the row found last.
  const RunCursor& partition() const { return partition_; }
  const RunCursor& peers() const { return peers_; }

 private:
  uint32_t Edge(const WindowFrame::Bound& bound, bool is_end, uint32_t row);
  uint32_t RowsEdge(const WindowFrame::Bound& bound, bool is_end, uint32_t row) const;
  uint32_t GroupsEdge(const WindowFrame::Bound& bound, bool is_end, uint32_t row) const;
  uint32_t RangeEdge(const WindowFrame::Bound& bound, bool is_end, uint32_t row);
  uint64_t DistanceOf(bool is_end, uint32_t row) const;
  void CheckRangeDistance(bool is_end, uint32_t row) const;
  void EnterPartition();

  const FramePlan& plan_;
  RunCursor partition_;
  RunCursor peers_;
  size_t first_group_ = 0;  // of the partition, among all peers
  size_t end_group_ = 0;
  uint32_t not_null_begin_ = 0;
  uint32_t not_null_end_ = 0;
  uint32_t start_at_ = 0;
  uint32_t end_at_ = 0;
  bool entered_ = false;
  size_t entered_run_ = 0;
};

}  // namespace weir
