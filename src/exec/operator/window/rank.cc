#include "column/builder.h"
#include "exec/operator/window/evaluator.h"

namespace weir {

namespace {

constexpr std::string_view kInvalidArgumentForNtile = "22014";

// row_number, rank, dense_rank, percent_rank, cume_dist and ntile: they depend on places alone.
class RankEvaluator final : public WindowEvaluator {
 public:
  RankEvaluator(const PhysicalWindow::Call& call, SortedRows& rows)
      : function_(call.window.function),
        type_(call.window.call.type),
        partitions_(rows.RunsOf(call.partition_keys)),
        peers_(rows.RunsOf(call.order_keys)) {
    if (function_ != WindowFunction::kNtile) return;
    buckets_ = rows.ValueOf(call.window.call.args[0]);
  }

  std::unique_ptr<WindowReader> ReadFrom(size_t row) const override;

 private:
  friend class RankReader;
  const WindowFunction function_;
  const Type type_;
  const RunStarts& partitions_;
  const RunStarts& peers_;
  ColumnPtr buckets_;
};

class RankReader final : public WindowReader {
 public:
  RankReader(const RankEvaluator& shared, size_t row)
      : shared_(shared),
        row_(static_cast<uint32_t>(row)),
        partition_(shared.partitions_),
        peers_(shared.peers_),
        first_group_(shared.peers_) {}

  ColumnPtr Next(size_t count) override {
    switch (shared_.function_) {
      case WindowFunction::kRowNumber:
        return Fill<int64_t>(count, [&](uint32_t row) { return int64_t{row} - partition_.begin() + 1; });
      case WindowFunction::kRank:
        return Fill<int64_t>(count, [&](uint32_t row) { return Rank(row); });
      case WindowFunction::kDenseRank:
        return Fill<int64_t>(count, [&](uint32_t row) {
          peers_.MoveTo(row);
          first_group_.MoveTo(partition_.begin());
          return static_cast<int64_t>(peers_.run() - first_group_.run() + 1);
        });
      case WindowFunction::kPercentRank:
        return Fill<double>(count, [&](uint32_t row) {
          const uint32_t rows = partition_.end() - partition_.begin();
          return rows == 1 ? 0.0 : static_cast<double>(Rank(row) - 1) / (rows - 1);
        });
      case WindowFunction::kCumeDist:
        return Fill<double>(count, [&](uint32_t row) {
          peers_.MoveTo(row);
          return static_cast<double>(peers_.end() - partition_.begin()) / (partition_.end() - partition_.begin());
        });
      default:
        return Ntile(count);
    }
  }

 private:
  int64_t Rank(uint32_t row) {
    peers_.MoveTo(row);
    return int64_t{peers_.begin()} - partition_.begin() + 1;
  }

  template <typename T, typename F>
  ColumnPtr Fill(size_t count, F&& value) {
    FlatWriter<T> out(shared_.type_, count);
    for (size_t i = 0; i < count; ++i, ++row_) {
      partition_.MoveTo(row_);
      out.Set(i, value(row_));
    }
    return out.Finish();
  }

  // The first row of a partition says how many buckets it has.
  ColumnPtr Ntile(size_t count) {
    const ColumnView view(*shared_.buckets_);
    FlatWriter<int32_t> out(shared_.type_, count);
    for (size_t i = 0; i < count; ++i, ++row_) {
      partition_.MoveTo(row_);
      if (view.IsNull(partition_.begin())) {
        out.Set(i, 0);
        out.SetNull(i);
        continue;
      }
      const int32_t buckets = view.At<int32_t>(partition_.begin());
      if (buckets <= 0) {
        throw Error::User(kInvalidArgumentForNtile, "argument of ntile must be greater than zero");
      }
      const uint32_t rows = partition_.end() - partition_.begin();
      const uint32_t size = rows / static_cast<uint32_t>(buckets);
      const uint32_t larger = rows % static_cast<uint32_t>(buckets);  // buckets with a row more, which come first
      const uint32_t at = row_ - partition_.begin();
      const uint32_t in_larger = (size + 1) * larger;
      const uint32_t bucket = at < in_larger ? at / (size + 1) : larger + (at - in_larger) / size;
      out.Set(i, static_cast<int32_t>(bucket + 1));
    }
    return out.Finish();
  }

  const RankEvaluator& shared_;
  uint32_t row_;
  RunCursor partition_;
  RunCursor peers_;
  RunCursor first_group_;
};

std::unique_ptr<WindowReader> RankEvaluator::ReadFrom(size_t row) const {
  return std::make_unique<RankReader>(*this, row);
}

}  // namespace

std::unique_ptr<WindowEvaluator> MakeRankEvaluator(const PhysicalWindow::Call& call, SortedRows& rows) {
  return std::make_unique<RankEvaluator>(call, rows);
}

std::unique_ptr<WindowEvaluator> MakeWindowEvaluator(const PhysicalWindow::Call& call, SortedRows& rows,
                                                     size_t range_rows) {
  if (call.window.function == WindowFunction::kAggregate) return MakeAggregateEvaluator(call, rows, range_rows);
  if (TakesValues(call.window.function)) return MakeValueEvaluator(call, rows);
  return MakeRankEvaluator(call, rows);
}

}  // namespace weir
