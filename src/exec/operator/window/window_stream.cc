#include "exec/operator/window/window_stream.h"

#include <algorithm>
#include <utility>

#include "algo/row_compare.h"
#include "exec/operator/window/state_tree.h"

namespace weir {

namespace {

// lag and lead look so far at most, for they keep what is between.
constexpr int64_t kOffsetMax = 1 << 16;

// A value in a chunk that may be gone otherwise.
struct HeldValue {
  ColumnPtr column;
  size_t row = 0;
};

ColumnPtr ColumnOf(const ExprPtr& expr, const Chunk& chunk) {
  if (expr->is(ExprKind::kLiteral)) return Column::Constant(expr->literal(), chunk.size());
  return chunk.column(expr->input_index());
}

bool Starts(const StreamedRows& rows, size_t row, size_t keys) {
  return (row == 0 && rows.first) || rows.equal_keys[row] < keys;
}

// lag and lead by a constant; nothing when it is none.
std::optional<int64_t> OffsetOf(const WindowCall& call) {
  int64_t offset = 1;
  if (call.call.args.size() > 1) {
    const ExprPtr& arg = call.call.args[1];
    if (!arg->is(ExprKind::kLiteral) || arg->literal().is_null()) return std::nullopt;
    offset = arg->literal().integer();
  }
  if (offset < -kOffsetMax || offset > kOffsetMax) return std::nullopt;
  return call.function == WindowFunction::kLag ? -offset : offset;
}

// Up to which row a frame that begins with the partition goes.
enum class FrameUntil : uint8_t { kRow, kPeers, kPartition };

std::optional<FrameUntil> UntilOf(const PhysicalWindow::Call& call) {
  const WindowFrame& frame = call.window.frame;
  if (frame.exclusion != FrameExclusion::kNoOthers || frame.start.edge != FrameEdge::kUnboundedPreceding) {
    return std::nullopt;
  }
  if (frame.end.edge == FrameEdge::kUnboundedFollowing) return FrameUntil::kPartition;
  if (frame.end.edge != FrameEdge::kCurrentRow) return std::nullopt;
  return frame.unit == FrameUnit::kRows ? FrameUntil::kRow : FrameUntil::kPeers;
}

// row_number, rank and dense_rank.
class StreamedRank final : public StreamedCall {
 public:
  explicit StreamedRank(const PhysicalWindow::Call& call) : StreamedCall(call.window.call.type), call_(call) {}

  void Add(const StreamedRows& rows) override {
    FlatWriter<int64_t> out(type(), rows.chunk.size());
    for (size_t i = 0; i < rows.chunk.size(); ++i) {
      if (Starts(rows, i, call_.partition_keys)) {
        number_ = rank_ = dense_rank_ = 1;
      } else {
        ++number_;
        if (Starts(rows, i, call_.order_keys)) {
          rank_ = number_;
          ++dense_rank_;
        }
      }
      out.Set(i, call_.window.function == WindowFunction::kRowNumber ? number_
                 : call_.window.function == WindowFunction::kRank    ? rank_
                                                                     : dense_rank_);
    }
    Put(out.Finish());
  }

 private:
  const PhysicalWindow::Call& call_;
  int64_t number_ = 0, rank_ = 0, dense_rank_ = 0;
};

// A value some rows before: `offset` of them, at least one, are kept; or the row's own.
class StreamedLag final : public StreamedCall {
 public:
  StreamedLag(const PhysicalWindow::Call& call, int64_t offset)
      : StreamedCall(call.window.call.type), call_(call), offset_(static_cast<size_t>(offset)) {}

  void Add(const StreamedRows& rows) override {
    const std::vector<ExprPtr>& args = call_.window.call.args;
    const ColumnPtr values = ColumnOf(args[0], rows.chunk);
    if (offset_ == 0) return Put(values);
    const ColumnPtr defaults = args.size() > 2 ? ColumnOf(args[2], rows.chunk) : nullptr;
    ColumnBuilder out(type(), rows.chunk.size());
    for (size_t i = 0; i < rows.chunk.size(); ++i) {
      if (Starts(rows, i, call_.partition_keys)) before_.clear();
      if (before_.size() == offset_) {
        out.AppendRow(*before_.front().column, before_.front().row);
      } else if (defaults != nullptr) {
        out.AppendRow(*defaults, i);
      } else {
        out.AppendNull();
      }
      if (call_.window.ignore_nulls && values->IsNull(i)) continue;
      before_.push_back({values, i});
      if (before_.size() > offset_) before_.pop_front();
    }
    Put(out.Finish());
  }

 private:
  const PhysicalWindow::Call& call_;
  const size_t offset_;
  std::deque<HeldValue> before_;
};

// A value some rows behind, which rows wait for.
class StreamedLead final : public StreamedCall {
 public:
  StreamedLead(const PhysicalWindow::Call& call, int64_t offset)
      : StreamedCall(call.window.call.type), call_(call), offset_(static_cast<size_t>(offset)) {}

  void Add(const StreamedRows& rows) override {
    const std::vector<ExprPtr>& args = call_.window.call.args;
    const ColumnPtr values = ColumnOf(args[0], rows.chunk);
    const ColumnPtr defaults =
        args.size() > 2 ? ColumnOf(args[2], rows.chunk) : Column::ConstantNull(type(), rows.chunk.size());
    ColumnBuilder out(type(), rows.chunk.size());
    for (size_t i = 0; i < rows.chunk.size(); ++i) {
      if (Starts(rows, i, call_.partition_keys)) GiveDefaults(out);
      waiting_.push_back({defaults, i});
      if (waiting_.size() > offset_) {
        out.AppendRow(*values, i);
        waiting_.pop_front();
      }
    }
    Put(out.Finish());
  }
  void End() override {
    ColumnBuilder out(type(), waiting_.size());
    GiveDefaults(out);
    Put(out.Finish());
  }

 private:
  void GiveDefaults(ColumnBuilder& out) {
    for (const HeldValue& value : std::exchange(waiting_, {})) out.AppendRow(*value.column, value.row);
  }

  const PhysicalWindow::Call& call_;
  const size_t offset_;
  std::deque<HeldValue> waiting_;  // the defaults of the rows that wait
};

// Something that takes in row after row of a partition and says something at the end of each frame.
class StreamedFrames : public StreamedCall {
 public:
  void Add(const StreamedRows& rows) final {
    Begin(rows.chunk);
    ColumnBuilder out(type(), rows.chunk.size());
    const size_t keys = until_ == FrameUntil::kPartition ? call_.partition_keys : call_.order_keys;
    size_t taken = 0;
    for (size_t i = 0; i < rows.chunk.size(); ++i) {
      const bool new_partition = Starts(rows, i, call_.partition_keys);
      if (until_ == FrameUntil::kRow ? i != 0 : Starts(rows, i, keys)) {
        TakeIn(taken, i);
        taken = i;
        Say(out);
      }
      if (new_partition) Reset();
      ++pending_;
    }
    TakeIn(taken, rows.chunk.size());
    if (until_ == FrameUntil::kRow) Say(out);
    Put(out.Finish());
  }
  void End() final {
    ColumnBuilder out(type(), pending_);
    Say(out);
    Put(out.Finish());
  }

 protected:
  StreamedFrames(const PhysicalWindow::Call& call, FrameUntil until)
      : StreamedCall(call.window.call.type), call_(call), until_(until) {}
  // The chunk that rows of are taken in.
  virtual void Begin(const Chunk& chunk) = 0;
  virtual void Reset() = 0;
  virtual void TakeIn(size_t begin, size_t end) = 0;
  // The result for all rows so far, `count` times.
  virtual void Result(size_t count, ColumnBuilder& out) = 0;
  const PhysicalWindow::Call& call() const { return call_; }

 private:
  void Say(ColumnBuilder& out) {
    if (pending_ != 0) Result(pending_, out);
    pending_ = 0;
  }

  const PhysicalWindow::Call& call_;
  const FrameUntil until_;
  size_t pending_ = 0;  // rows of the frame whose end has not come
};

class StreamedAggregate final : public StreamedFrames {
 public:
  StreamedAggregate(const PhysicalWindow::Call& call, FrameUntil until, std::shared_ptr<MemoryTracker> tracker)
      : StreamedFrames(call, until),
        ops_(*call.window.call.ops),
        state_(StateStride(ops_), tracker),
        arena_bytes_(std::move(tracker)) {
    StreamedAggregate::Reset();
  }

 protected:
  void Begin(const Chunk& chunk) override {
    const AggregateCall& aggregate = call().window.call;
    args_.clear();
    for (const ExprPtr& arg : aggregate.args) args_.push_back(ColumnOf(arg, chunk));
    ColumnPtr filter;
    if (aggregate.filter != nullptr && !aggregate.filter->is_true()) filter = ColumnOf(aggregate.filter, chunk);
    std::vector<ColumnView> nullable;
    if (aggregate.overload == nullptr || aggregate.overload->skip_nulls) {
      for (const ColumnPtr& arg : args_) nullable.emplace_back(*arg);
    }
    const ColumnView filter_view = filter == nullptr ? ColumnView() : ColumnView(*filter);
    passing_.clear();
    for (size_t row = 0; row < chunk.size(); ++row) {
      if (filter != nullptr && (filter_view.IsNull(row) || filter_view.At<uint8_t>(row) == 0)) continue;
      if (std::ranges::all_of(nullable, [&](const ColumnView& view) { return view.IsValid(row); })) {
        passing_.push_back(static_cast<uint32_t>(row));
      }
    }
    next_ = 0;
  }
  void Reset() override {
    arena_ = std::make_unique<StateArena>();
    ops_.Init(state_.data());
  }
  void TakeIn(size_t /*begin*/, size_t end) override {
    const size_t from = next_;
    while (next_ < passing_.size() && passing_[next_] < end) ++next_;
    if (from == next_) return;
    ops_.UpdateSingle({args_, RowSet::Of({passing_.data() + from, next_ - from}), *arena_}, state_.data());
    if (arena_bytes_.tracker() != nullptr) arena_bytes_.Resize(static_cast<int64_t>(arena_->bytes()));
  }
  void Result(size_t count, ColumnBuilder& out) override {
    uint8_t* state = state_.data();
    if (count == 1) return ops_.Finalize(&state, 1, out);
    ColumnBuilder one(type(), 1);
    ops_.Finalize(&state, 1, one);
    const ColumnPtr value = one.Finish();
    out.AppendRows(*Column::ConstantOf(value, 0, count), RowSet::All(count));
  }

 private:
  const AggregateOps& ops_;
  BigArray state_;
  std::unique_ptr<StateArena> arena_;
  ScopedReservation arena_bytes_;
  std::vector<ColumnPtr> args_;
  std::vector<uint32_t> passing_;
  size_t next_ = 0;  // of those
};

// first_value and last_value.
class StreamedValue final : public StreamedFrames {
 public:
  StreamedValue(const PhysicalWindow::Call& call, FrameUntil until) : StreamedFrames(call, until) {}

 protected:
  void Begin(const Chunk& chunk) override { values_ = ColumnOf(call().window.call.args[0], chunk); }
  void Reset() override { held_.reset(); }
  void TakeIn(size_t begin, size_t end) override {
    const bool first = call().window.function == WindowFunction::kFirstValue;
    if (first && held_.has_value()) return;
    for (size_t i = begin; i < end; ++i) {
      const size_t row = first ? i : end - 1 - (i - begin);
      if (call().window.ignore_nulls && values_->IsNull(row)) continue;
      held_ = {values_, row};
      return;
    }
  }
  void Result(size_t count, ColumnBuilder& out) override {
    for (size_t i = 0; i < count; ++i) {
      if (held_.has_value()) {
        out.AppendRow(*held_->column, held_->row);
      } else {
        out.AppendNull();
      }
    }
  }

 private:
  ColumnPtr values_;
  std::optional<HeldValue> held_;
};

bool CanStream(const PhysicalWindow::Call& call) {
  switch (call.window.function) {
    case WindowFunction::kRowNumber:
    case WindowFunction::kRank:
    case WindowFunction::kDenseRank:
      return true;
    case WindowFunction::kLag:
    case WindowFunction::kLead: {
      const std::optional<int64_t> offset = OffsetOf(call.window);
      return offset.has_value() && (*offset <= 0 || !call.window.ignore_nulls);
    }
    case WindowFunction::kFirstValue:
    case WindowFunction::kLastValue:
      return UntilOf(call).has_value();
    case WindowFunction::kAggregate:
      return UntilOf(call).has_value() && !call.window.call.distinct && call.window.call.order_by.empty();
    default:
      return false;
  }
}

std::unique_ptr<StreamedCall> MakeStreamed(const PhysicalWindow::Call& call,
                                           const std::shared_ptr<MemoryTracker>& tracker) {
  switch (call.window.function) {
    case WindowFunction::kLag:
    case WindowFunction::kLead: {
      const int64_t offset = *OffsetOf(call.window);
      if (offset <= 0) return std::make_unique<StreamedLag>(call, -offset);
      return std::make_unique<StreamedLead>(call, offset);
    }
    case WindowFunction::kFirstValue:
    case WindowFunction::kLastValue:
      return std::make_unique<StreamedValue>(call, *UntilOf(call));
    case WindowFunction::kAggregate:
      return std::make_unique<StreamedAggregate>(call, *UntilOf(call), tracker);
    default:
      return std::make_unique<StreamedRank>(call);
  }
}

size_t BytesOf(const Chunk& chunk) {
  size_t bytes = 0;
  for (const ColumnPtr& column : chunk.columns()) bytes += column->MemoryBytes();
  return bytes;
}

}  // namespace

// ---- StreamedCall

void StreamedCall::Put(ColumnPtr results) {
  if (results->size() == 0) return;
  ready_ += results->size();
  results_.push_back(std::move(results));
}

ColumnPtr StreamedCall::Take(size_t count) {
  ready_ -= count;
  if (taken_ == 0 && results_.front()->size() == count) {
    ColumnPtr all = std::move(results_.front());
    results_.pop_front();
    return all;
  }
  ColumnBuilder out(type_, count);
  while (out.size() < count) {
    const ColumnPtr& from = results_.front();
    for (; taken_ < from->size() && out.size() < count; ++taken_) out.AppendRow(*from, taken_);
    if (taken_ < from->size()) continue;
    taken_ = 0;
    results_.pop_front();
  }
  return out.Finish();
}

// ---- WindowStream

bool WindowStream::Can(const PhysicalWindow& node) {
  return std::ranges::all_of(node.calls, CanStream);
}

WindowStream::WindowStream(const PhysicalWindow& node, std::shared_ptr<MemoryTracker> tracker) : node_(node) {
  for (const PhysicalWindow::Call& call : node.calls) calls_.push_back(MakeStreamed(call, tracker));
  bytes_ = ScopedReservation(std::move(tracker));
}

void WindowStream::Add(Chunk rows) {
  StreamedRows streamed{std::move(rows), {}, last_.empty()};
  const Chunk& chunk = streamed.chunk;
  streamed.equal_keys.resize(chunk.size());
  for (size_t row = 0; row < chunk.size(); ++row) {
    const Chunk& before = row == 0 ? last_ : chunk;
    if (before.empty()) continue;
    const size_t before_row = row == 0 ? before.size() - 1 : row - 1;
    uint16_t equal = 0;
    while (equal < node_.keys.size() && SameValue(*before.column(node_.keys[equal].column), before_row,
                                                  *chunk.column(node_.keys[equal].column), row)) {
      ++equal;
    }
    streamed.equal_keys[row] = equal;
  }
  for (const auto& call : calls_) call->Add(streamed);
  last_ = chunk;
  // The one that is read anyway is counted where it comes from.
  const int64_t bytes = waiting_.empty() || bytes_.tracker() == nullptr ? 0 : static_cast<int64_t>(BytesOf(chunk));
  bytes_.Grow(bytes);
  waiting_.push_back({chunk, bytes});
}

void WindowStream::End() {
  for (const auto& call : calls_) call->End();
}

std::optional<Chunk> WindowStream::Next() {
  if (waiting_.empty()) return std::nullopt;
  const size_t count = waiting_.front().rows.size();
  if (std::ranges::any_of(calls_, [&](const auto& call) { return call->ready() < count; })) return std::nullopt;
  const Chunk chunk = std::move(waiting_.front().rows);
  bytes_.Grow(-waiting_.front().bytes);
  waiting_.pop_front();
  std::vector<ColumnPtr> columns;
  for (const size_t column : node_.output) columns.push_back(chunk.column(column));
  for (const auto& call : calls_) columns.push_back(call->Take(count));
  return Chunk(std::move(columns), count);
}

}  // namespace weir
