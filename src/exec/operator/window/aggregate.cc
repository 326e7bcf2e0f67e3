#include <algorithm>
#include <cstring>
#include <optional>

#include "column/builder.h"
#include "exec/operator/window/evaluator.h"
#include "exec/operator/window/frame_finder.h"
#include "exec/operator/window/state_tree.h"
#include "runtime/cancellation_scope.h"

namespace weir {

namespace {

// Frames of fewer rows are aggregated row by row.
constexpr uint32_t kDirectRowsMax = 4 * StateTree::kLeafRows;

// An aggregate over frames, in the cheapest of three ways:
//
//   whole    every frame is a partition: one state for each
//   growing  frames of a partition begin together: one state takes in what is new
//   any      each frame by itself; large ones are put together from a tree of states
class AggregateEvaluator final : public WindowEvaluator {
 public:
  AggregateEvaluator(const PhysicalWindow::Call& call, SortedRows& rows, size_t range_rows)
      : ops_(*call.window.call.ops),
        type_(call.window.call.type),
        stride_(StateStride(ops_)),
        tracker_(rows.tracker()),
        frames_(call, rows) {
    for (const ExprPtr& arg : call.window.call.args) args_.push_back(rows.ValueOf(arg));
    FindPassing(call.window.call, rows);
    if (frames_.covers_partition()) {
      AggregatePartitions();
      return;
    }
    uint32_t largest = 0;
    const RunStarts& partitions = frames_.partitions();
    for (size_t i = 0; i + 1 < partitions.size(); ++i) largest = std::max(largest, partitions[i + 1] - partitions[i]);
    // A growing frame needs the tree only to begin in the middle.
    const bool needs_tree = frames_.only_grows()
                                ? largest > 4 * range_rows
                                : largest > kDirectRowsMax && frames_.rows_max().value_or(UINT64_MAX) > kDirectRowsMax;
    if (needs_tree) tree_.emplace(ops_, args_, *passing_, tracker_);
  }

  std::unique_ptr<WindowReader> ReadFrom(size_t row) const override;

 private:
  friend class PartitionReader;
  friend class FrameReader;

  void FindPassing(const AggregateCall& call, SortedRows& rows) {
    ColumnPtr filter;
    if (call.filter != nullptr && !call.filter->is_true()) filter = rows.ValueOf(call.filter);
    std::vector<ColumnView> nullable;
    if (call.overload == nullptr || call.overload->skip_nulls) {
      for (const ColumnPtr& arg : args_) {
        const ColumnView view(*arg);
        if (view.may_have_nulls()) nullable.push_back(view);
      }
    }
    if (filter == nullptr && nullable.empty()) {
      passing_.emplace(rows);
      return;
    }
    const ColumnView filter_view = filter == nullptr ? ColumnView() : ColumnView(*filter);
    passing_.emplace(rows, [&](uint32_t row) {
      if (filter != nullptr && (filter_view.IsNull(row) || filter_view.At<uint8_t>(row) == 0)) return false;
      return std::all_of(nullable.begin(), nullable.end(), [&](const ColumnView& view) { return view.IsValid(row); });
    });
  }

  void AggregatePartitions() {
    const RunStarts& partitions = frames_.partitions();
    constexpr size_t kBatch = 4096;
    StateArena arena;
    ColumnBuilder out(type_, partitions.size() - 1);
    const BigArray states(std::min(kBatch, partitions.size() - 1) * stride_, tracker_);
    std::vector<uint8_t*> pointers;
    for (size_t i = 0; i + 1 < partitions.size(); ++i) {
      uint8_t* state = states.data() + pointers.size() * stride_;
      ops_.Init(state);
      const uint32_t begin = passing_->Before(partitions[i]);
      const uint32_t end = passing_->Before(partitions[i + 1]);
      if (begin < end) ops_.UpdateSingle({args_, passing_->Slice(begin, end), arena}, state);
      pointers.push_back(state);
      if (pointers.size() < kBatch && i + 2 < partitions.size()) continue;
      ops_.Finalize(pointers.data(), pointers.size(), out);
      pointers.clear();
    }
    results_ = out.Finish();
  }

  const AggregateOps& ops_;
  const Type type_;
  const size_t stride_;
  const std::shared_ptr<MemoryTracker> tracker_;
  FramePlan frames_;
  std::vector<ColumnPtr> args_;
  std::optional<PassingRows> passing_;
  ColumnPtr results_;  // per partition, when that is all
  std::optional<StateTree> tree_;
};

class PartitionReader final : public WindowReader {
 public:
  PartitionReader(const AggregateEvaluator& shared, size_t row)
      : shared_(shared), row_(static_cast<uint32_t>(row)), partition_(shared.frames_.partitions()) {}

  ColumnPtr Next(size_t count) override {
    auto runs = Buffer::Allocate(count * sizeof(uint32_t));
    auto* out = runs->as<uint32_t>();
    for (size_t i = 0; i < count; ++i, ++row_) {
      partition_.MoveTo(row_);
      out[i] = static_cast<uint32_t>(partition_.run());
    }
    if (out[0] == out[count - 1]) return Column::ConstantOf(shared_.results_, out[0], count);
    return Column::Gather(shared_.results_, {out, count});
  }

 private:
  const AggregateEvaluator& shared_;
  uint32_t row_;
  RunCursor partition_;
};

class FrameReader final : public WindowReader {
 public:
  FrameReader(const AggregateEvaluator& shared, size_t row)
      : shared_(shared),
        ops_(shared.ops_),
        passing_(*shared.passing_),
        row_(static_cast<uint32_t>(row)),
        finder_(shared.frames_),
        grows_(shared.frames_.only_grows()) {
    if (grows_) {
      state_ = BigArray(shared.stride_, shared.tracker_);
      growing_arena_ = std::make_unique<StateArena>();
      ops_.Init(state_.data());
    }
  }

  ColumnPtr Next(size_t count) override {
    // Neighbours often have the same frame: the rows' results by number, each computed once.
    auto numbers = Buffer::Allocate(count * sizeof(uint32_t));
    ColumnBuilder out(shared_.type_, count);
    if (states_.size() < count * shared_.stride_) states_ = BigArray(count * shared_.stride_, shared_.tracker_);
    StateArena arena;
    size_t distinct = 0;
    size_t piece_count = 0;
    FrameFinder::Pieces pieces;
    pending_.clear();
    for (size_t i = 0; i < count; ++i, ++row_) {
      FrameFinder::Pieces found;
      size_t found_count = finder_.FindPieces(row_, found);
      for (size_t p = 0; p < found_count; ++p) {
        found[p] = {passing_.Before(found[p].begin), passing_.Before(found[p].end)};
      }
      if (grows_) {
        // Also empty frames belong to a partition.
        const uint32_t begin = passing_.Before(finder_.partition().begin());
        if (found_count == 0) found[0] = {begin, begin};
        found_count = 1;
      }
      const bool same = i != 0 && found_count == piece_count &&
                        std::equal(found.begin(), found.begin() + static_cast<ptrdiff_t>(found_count), pieces.begin());
      if (!same) {
        CancellationScope::Check();
        pieces = found;
        piece_count = found_count;
        if (grows_) {
          Grow(pieces[0], out);
        } else {
          uint8_t* state = NextState();
          for (size_t p = 0; p < piece_count; ++p) Add(pieces[p], state, arena);
          pending_.push_back(state);
        }
        ++distinct;
      }
      numbers->as<uint32_t>()[i] = static_cast<uint32_t>(distinct - 1);
    }
    Flush(out);
    ColumnPtr results = out.Finish();
    if (distinct == count) return results;
    return Column::Gather(results, {numbers->as<uint32_t>(), count});
  }

 private:
  uint8_t* NextState() {
    uint8_t* state = states_.data() + pending_.size() * shared_.stride_;
    ops_.Init(state);
    return state;
  }

  void Flush(ColumnBuilder& out) {
    if (!pending_.empty()) ops_.Finalize(pending_.data(), pending_.size(), out);
    pending_.clear();
  }

  void AddRows(uint32_t begin, uint32_t end, uint8_t* state, StateArena& arena) {
    if (begin < end) ops_.UpdateSingle({shared_.args_, passing_.Slice(begin, end), arena}, state);
  }

  void Add(RowRange range, uint8_t* state, StateArena& arena) {
    if (range.size() <= kDirectRowsMax || !shared_.tree_.has_value()) {
      return AddRows(range.begin, range.end, state, arena);
    }
    const StateTree::Cover cover = shared_.tree_->Find(range.begin, range.end, nodes_);
    AddRows(range.begin, cover.head, state, arena);
    if (!nodes_.empty()) {
      to_.assign(nodes_.size(), state);
      ops_.Merge(nodes_.data(), to_.data(), nodes_.size(), arena);
    }
    AddRows(cover.tail, range.end, state, arena);
  }

  void Grow(RowRange range, ColumnBuilder& out) {
    uint8_t* state = state_.data();
    if (range.begin != grown_.begin || range.end < grown_.end) {
      // What is pending has no part in the arena, or it would not be pending.
      if (growing_arena_->bytes() != 0) growing_arena_ = std::make_unique<StateArena>();
      ops_.Init(state);
      grown_ = {range.begin, range.begin};
    }
    if (grown_.end < range.end) Add({grown_.end, range.end}, state, *growing_arena_);
    grown_ = {range.begin, range.end};
    if (growing_arena_->bytes() == 0) {
      // All of the state is in the state: results of many can be made at once.
      uint8_t* copy = states_.data() + pending_.size() * shared_.stride_;
      std::memcpy(copy, state, shared_.stride_);
      pending_.push_back(copy);
      return;
    }
    Flush(out);
    ops_.Finalize(&state, 1, out);
  }

  const AggregateEvaluator& shared_;
  const AggregateOps& ops_;
  const PassingRows& passing_;
  uint32_t row_;
  FrameFinder finder_;
  const bool grows_;
  BigArray states_;
  std::vector<uint8_t*> pending_;  // states in states_ whose results are not made yet
  std::vector<uint8_t*> nodes_, to_;
  // Of growing frames: what the state has taken in.
  BigArray state_;
  std::unique_ptr<StateArena> growing_arena_;
  RowRange grown_;
};

std::unique_ptr<WindowReader> AggregateEvaluator::ReadFrom(size_t row) const {
  if (results_ != nullptr) return std::make_unique<PartitionReader>(*this, row);
  return std::make_unique<FrameReader>(*this, row);
}

}  // namespace

std::unique_ptr<WindowEvaluator> MakeAggregateEvaluator(const PhysicalWindow::Call& call, SortedRows& rows,
                                                        size_t range_rows) {
  return std::make_unique<AggregateEvaluator>(call, rows, range_rows);
}

}  // namespace weir
