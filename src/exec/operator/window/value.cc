#include <optional>

#include "column/builder.h"
#include "exec/operator/window/evaluator.h"
#include "exec/operator/window/frame_finder.h"

namespace weir {

namespace {

constexpr std::string_view kInvalidArgumentForNthValue = "22016";

// lag, lead, first_value, last_value and nth_value: the argument's value in another row, taken from the rows in memory.
class ValueEvaluator final : public WindowEvaluator {
 public:
  ValueEvaluator(const PhysicalWindow::Call& call, SortedRows& rows)
      : function_(call.window.function),
        rows_(rows),
        column_(call.window.call.args[0]->input_index()),
        type_(call.window.call.type),
        partitions_(rows.RunsOf(call.partition_keys)) {
    const std::vector<ExprPtr>& args = call.window.call.args;
    const bool by_offset = function_ == WindowFunction::kLag || function_ == WindowFunction::kLead;
    if (!by_offset) frames_.emplace(call, rows);
    if (args.size() > 1) offset_ = rows.ValueOf(args[1]);
    if (args.size() > 2 && !(args[2]->is(ExprKind::kLiteral) && args[2]->literal().is_null())) {
      default_ = rows.ValueOf(args[2]);
    }
    if (call.window.ignore_nulls) {
      passing_.emplace(rows, [&](uint32_t row) { return !rows.layout().rows().IsNull(rows.rows()[row], column_); });
    } else {
      passing_.emplace(rows);
    }
    ignore_nulls_ = call.window.ignore_nulls;
  }

  std::unique_ptr<WindowReader> ReadFrom(size_t row) const override;

 private:
  friend class ValueReader;
  const WindowFunction function_;
  const SortedRows& rows_;
  const size_t column_;
  const Type type_;
  const RunStarts& partitions_;
  std::optional<FramePlan> frames_;
  ColumnPtr offset_;   // of lag and lead (bigint); n of nth_value
  ColumnPtr default_;  // or null
  std::optional<PassingRows> passing_;
  bool ignore_nulls_ = false;
};

class ValueReader final : public WindowReader {
 public:
  ValueReader(const ValueEvaluator& shared, size_t row)
      : shared_(shared), passing_(*shared.passing_), row_(static_cast<uint32_t>(row)), partition_(shared.partitions_) {
    if (shared.frames_.has_value()) finder_.emplace(*shared.frames_);
    if (shared.offset_ != nullptr) offset_ = ColumnView(*shared.offset_);
  }

  ColumnPtr Next(size_t count) override {
    from_.assign(count, nullptr);
    missing_.clear();
    const uint8_t* const* rows = shared_.rows_.rows();
    for (size_t i = 0; i < count; ++i, ++row_) {
      const std::optional<uint32_t> at = Target(row_, i);
      if (at.has_value()) from_[i] = rows[*at];
    }
    ColumnPtr values =
        shared_.rows_.layout().rows().Gather(shared_.column_, from_.data(), count, shared_.rows_.strings());
    if (shared_.default_ == nullptr || missing_.empty()) return values;
    ColumnBuilder out(shared_.type_, count);
    size_t next = 0;
    for (size_t i = 0; i < count; ++i) {
      if (next < missing_.size() && missing_[next] == i) {
        ++next;
        out.AppendRow(*shared_.default_, row_ - count + i);
      } else {
        out.AppendRow(*values, i);
      }
    }
    return out.Finish();
  }

 private:
  // The row whose value it is; nothing: NULL. Rows for which lag's default stands are noted.
  std::optional<uint32_t> Target(uint32_t row, size_t i) {
    switch (shared_.function_) {
      case WindowFunction::kLag:
      case WindowFunction::kLead:
        return Neighbour(row, i);
      case WindowFunction::kFirstValue:
        return Nth(row, 1);
      case WindowFunction::kLastValue:
        return Last(row);
      default: {
        if (offset_.IsNull(row)) return std::nullopt;
        const int64_t n = offset_.At<int64_t>(row);
        if (n <= 0) {
          throw Error::User(kInvalidArgumentForNthValue, "argument of nth_value must be greater than zero");
        }
        return Nth(row, static_cast<uint64_t>(n));
      }
    }
  }

  std::optional<uint32_t> Neighbour(uint32_t row, size_t i) {
    int64_t distance = 1;
    if (shared_.offset_ != nullptr) {
      if (offset_.IsNull(row)) return std::nullopt;
      distance = offset_.At<int64_t>(row);
    }
    if (distance == 0) return row;
    partition_.MoveTo(row);
    if (shared_.function_ == WindowFunction::kLag) distance = -distance;
    // Counted in passing rows: backwards from the first at or after the row, forwards from the one before.
    const int64_t low = passing_.Before(partition_.begin());
    const int64_t high = passing_.Before(partition_.end());
    const int64_t from = distance < 0 ? int64_t{passing_.Before(row)} : int64_t{passing_.Before(row + 1)} - 1;
    int64_t at = 0;
    if (__builtin_add_overflow(from, distance, &at) || at < low || at >= high) {
      missing_.push_back(i);
      return std::nullopt;
    }
    return passing_[static_cast<uint32_t>(at)];
  }

  std::optional<uint32_t> Nth(uint32_t row, uint64_t n) {
    const size_t count = finder_->FindPieces(row, pieces_);
    for (size_t p = 0; p < count; ++p) {
      const uint32_t begin = passing_.Before(pieces_[p].begin);
      const uint32_t size = passing_.Before(pieces_[p].end) - begin;
      if (n <= size) return passing_[begin + static_cast<uint32_t>(n - 1)];
      n -= size;
    }
    return std::nullopt;
  }

  std::optional<uint32_t> Last(uint32_t row) {
    for (size_t p = finder_->FindPieces(row, pieces_); p-- > 0;) {
      const uint32_t end = passing_.Before(pieces_[p].end);
      if (end > passing_.Before(pieces_[p].begin)) return passing_[end - 1];
    }
    return std::nullopt;
  }

  const ValueEvaluator& shared_;
  const PassingRows& passing_;
  uint32_t row_;
  RunCursor partition_;
  std::optional<FrameFinder> finder_;
  FrameFinder::Pieces pieces_;
  ColumnView offset_;
  std::vector<const uint8_t*> from_;
  std::vector<size_t> missing_;
};

std::unique_ptr<WindowReader> ValueEvaluator::ReadFrom(size_t row) const {
  return std::make_unique<ValueReader>(*this, row);
}

}  // namespace

std::unique_ptr<WindowEvaluator> MakeValueEvaluator(const PhysicalWindow::Call& call, SortedRows& rows) {
  return std::make_unique<ValueEvaluator>(call, rows);
}

}  // namespace weir
