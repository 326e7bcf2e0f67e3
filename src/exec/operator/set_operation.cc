#include "exec/operator/set_operation.h"

#include <algorithm>
#include <utility>

#include "column/builder.h"
#include "expr/aggregate.h"

namespace weir {

namespace {

// Counts rows; the registry's count(*) would do, but this layer must not depend on what is registered.
class RowCount final : public AggregateOps {
 public:
  Type result_type() const override { return TypeKind::kInt64; }
  size_t state_size() const override { return sizeof(int64_t); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    input.rows.ForEach([&](size_t row) { ++*reinterpret_cast<int64_t*>(states[row]); });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    *reinterpret_cast<int64_t*>(state) += static_cast<int64_t>(input.rows.count());
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& /*arena*/) const override {
    for (size_t i = 0; i < count; ++i) {
      *reinterpret_cast<int64_t*>(to[i]) += *reinterpret_cast<const int64_t*>(from[i]);
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) out.Append(*reinterpret_cast<const int64_t*>(states[i]));
  }
  Type intermediate_type() const override { return TypeKind::kInt64; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    Finalize(states, count, out);
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& /*arena*/) const override {
    const ColumnView view(column);
    rows.ForEach([&](size_t row) { *reinterpret_cast<int64_t*>(states[row]) += view.At<int64_t>(row); });
  }
};

class SideTagger final : public TransformOperator {
 public:
  explicit SideTagger(bool right) : right_(right) {}
  Step Push(DriverContext& /*context*/, Chunk input, Chunk& out) override {
    std::vector<ColumnPtr> columns{Column::Constant(Value::Boolean(right_), input.size())};
    columns.insert(columns.end(), input.columns().begin(), input.columns().end());
    out = input.WithColumns(std::move(columns));
    return Step::kHasOutput;
  }

 private:
  const bool right_;
};

class SideCounter final : public SinkOperator {
 public:
  explicit SideCounter(SetOperationSink& shared)
      : shared_(shared), table_(std::make_unique<GroupTable>(shared.layout(), shared.info.tracker)) {}
  Step Push(DriverContext& /*context*/, Chunk input) override {
    const size_t side = input.column(0)->GetValue(input.rows()[0]).boolean() ? 1 : 0;
    table_->FindOrInsert(std::span(input.columns()).subspan(1), input.rows());
    table_->Update(side, {}, input.rows());
    return Step::kNeedInput;
  }
  Step Finish(DriverContext& /*context*/) override {
    shared_.Take(std::move(table_));
    return Step::kFinished;
  }

 private:
  SetOperationSink& shared_;
  std::unique_ptr<GroupTable> table_;
};

int64_t Copies(SetOperationKind operation, int64_t left, int64_t right) {
  switch (operation) {
    case SetOperationKind::kIntersect:
      return left > 0 && right > 0 ? 1 : 0;
    case SetOperationKind::kIntersectAll:
      return std::min(left, right);
    case SetOperationKind::kExcept:
      return left > 0 && right == 0 ? 1 : 0;
    case SetOperationKind::kExceptAll:
      return std::max<int64_t>(left - right, 0);
    case SetOperationKind::kUnionAll:
      break;
  }
  throw Error::Internal("set operation {}", static_cast<int>(operation));
}

}  // namespace

SetOperationSink::SetOperationSink(SetOperationKind operation, const std::vector<Type>& types)
    : operation_(operation),
      layout_(std::make_shared<const GroupLayout>(
          types, std::vector<std::shared_ptr<const AggregateOps>>{std::make_shared<RowCount>(),
                                                                  std::make_shared<RowCount>()})) {}

std::unique_ptr<SinkOperator> SetOperationSink::Make(DriverContext& /*context*/) {
  return std::make_unique<SideCounter>(*this);
}

void SetOperationSink::Take(std::unique_ptr<GroupTable> table) {
  const std::scoped_lock lock(mutex_);
  tables_.push_back(std::move(table));
}

std::optional<size_t> SetOperationSink::PrepareStage(QueryContext& /*query*/, size_t stage) {
  if (stage != 0) return std::nullopt;
  merge_ = std::make_unique<GroupMerge>(std::move(tables_), info.tracker);
  return merge_->table_count();
}

void SetOperationSink::RunTask(QueryContext& /*query*/, size_t /*stage*/, size_t task) {
  merge_->PartitionTable(task);
}

std::unique_ptr<TransformOperator> SideTagFactory::Make(DriverContext& /*context*/) {
  return std::make_unique<SideTagger>(right_);
}

class SetOperationReader final : public SourceOperator {
 public:
  explicit SetOperationReader(SetOperationSource& shared) : shared_(shared) {}

  Step Pull(DriverContext& context, Chunk& out) override {
    for (;;) {
      if (at_ < repeated_.size()) return PutOut(context.query.chunk_rows(), out);
      if (scan_.has_value()) {
        std::optional<Chunk> groups = scan_->Next(context.query.chunk_rows());
        if (groups.has_value()) {
          Begin(*groups);
          continue;
        }
        scan_.reset();
      }
      GroupMerge& merge = shared_.sink_->merge();
      const size_t partition = shared_.next_.fetch_add(1, std::memory_order_relaxed);
      if (partition >= merge.partition_count()) return Step::kFinished;
      scan_.emplace(merge.MergePartition(partition, GroupOutput::kFinal));
    }
  }

 private:
  void Begin(const Chunk& groups) {
    const size_t keys = groups.column_count() - 2;
    const ColumnView left(*groups.column(keys));
    const ColumnView right(*groups.column(keys + 1));
    keys_.assign(groups.columns().begin(), groups.columns().begin() + static_cast<ptrdiff_t>(keys));
    repeated_.clear();
    at_ = 0;
    for (size_t row = 0; row < groups.size(); ++row) {
      const int64_t copies = Copies(shared_.sink_->operation(), left.At<int64_t>(row), right.At<int64_t>(row));
      repeated_.insert(repeated_.end(), static_cast<size_t>(copies), static_cast<uint32_t>(row));
    }
  }

  Step PutOut(size_t rows_max, Chunk& out) {
    const size_t count = std::min(rows_max, repeated_.size() - at_);
    auto indices = Buffer::Allocate(count * sizeof(uint32_t));
    std::memcpy(indices->data(), repeated_.data() + at_, count * sizeof(uint32_t));
    at_ += count;
    std::vector<ColumnPtr> columns;
    for (const ColumnPtr& key : keys_) columns.push_back(Column::Take(key, indices, count));
    out = Chunk(std::move(columns), count);
    return Step::kHasOutput;
  }

  SetOperationSource& shared_;
  std::optional<GroupScan> scan_;
  std::vector<ColumnPtr> keys_;     // of the groups at hand
  std::vector<uint32_t> repeated_;  // their rows, as often as they come out
  size_t at_ = 0;
};

std::unique_ptr<SourceOperator> SetOperationSource::Make(DriverContext& /*context*/) {
  return std::make_unique<SetOperationReader>(*this);
}

}  // namespace weir
