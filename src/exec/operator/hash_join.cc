#include "exec/operator/hash_join.h"

#include <utility>

#include "exec/operator/hash_join_probe.h"
#include "expr/evaluator.h"

namespace weir {

HashJoinBuild::HashJoinBuild(const PhysicalHashJoin& node, std::shared_ptr<MemoryTracker> tracker)
    : plan_(node), table_(std::make_unique<JoinTable>(plan_.TableSpec(), std::move(tracker))) {}

namespace {

class Collecting final : public SinkOperator {
 public:
  Collecting(HashJoinBuild& shared, const QueryContext& query)
      : shared_(shared),
        keys_(shared.plan().build_keys(), query.registry(), query.statement),
        collector_(shared.table().MakeCollector()) {}

  Step Push(DriverContext& /*context*/, Chunk input) override {
    std::vector<ColumnPtr> keys;
    for (size_t i = 0; i < keys_.size(); ++i) keys.push_back(keys_.Evaluate(i, input));
    std::vector<ColumnPtr> payload;
    for (const size_t column : shared_.plan().payload()) payload.push_back(input.column(column));
    collector_->Append(keys, payload, input.rows());
    return Step::kNeedInput;
  }
  Step Finish(DriverContext& /*context*/) override {
    shared_.table().AddCollector(std::move(collector_));
    return Step::kFinished;
  }

 private:
  HashJoinBuild& shared_;
  Evaluator keys_;
  std::unique_ptr<JoinTable::Collector> collector_;
};

}  // namespace

std::unique_ptr<SinkOperator> HashJoinBuild::Make(DriverContext& context) {
  return std::make_unique<Collecting>(*this, context.query);
}

std::optional<size_t> HashJoinBuild::PrepareStage(QueryContext& /*query*/, size_t stage) {
  switch (stage) {
    case 0:
      table_->PrepareBuild();
      return table_->build_task_count();
    case 1:
      if (filters_.empty()) break;
      for (Filter& filter : filters_) {
        filter.builder = std::make_unique<RuntimeFilterBuilder>(*table_, filter.key, info.tracker);
      }
      return filters_.size() * table_->block_count();
    case 2:
      if (filters_.empty()) break;
      for (Filter& filter : filters_) filter.builder->Allocate();
      return filters_.size() * table_->block_count();
    case 3:
      for (Filter& filter : filters_) {
        filter.slot->filter = filter.builder->Finish();
        filter.builder.reset();
      }
      break;
    default:
      break;
  }
  // Stage 1 ends here without filters.
  return std::nullopt;
}

void HashJoinBuild::RunTask(QueryContext& /*query*/, size_t stage, size_t task) {
  if (stage == 0) return table_->RunBuildTask(task);
  RuntimeFilterBuilder& builder = *filters_[task / table_->block_count()].builder;
  const size_t block = task % table_->block_count();
  if (stage == 1) {
    builder.FindRange(block);
  } else {
    builder.Fill(block);
  }
}

std::unique_ptr<TransformOperator> HashJoinProbe::Make(DriverContext& context) {
  return MakeHashJoinProbe(*build_, context.query);
}

bool HashJoinProbe::wants_no_input() const {
  switch (build_->plan().kind()) {
    case HashJoinKind::kInner:
    case HashJoinKind::kRight:
    case HashJoinKind::kSemi:
    case HashJoinKind::kRightSemi:
    case HashJoinKind::kRightAnti:
      return build_->table().empty();
    default:
      return false;
  }
}

class BuildRowsReader final : public SourceOperator {
 public:
  explicit BuildRowsReader(BuildRowsSource& shared) : shared_(shared) {}

  Step Pull(DriverContext& context, Chunk& out) override {
    const HashJoinPlan& plan = shared_.build_->plan();
    const JoinTable& table = shared_.build_->table();
    while (at_ == rows_.size()) {
      const size_t block = shared_.next_block_.fetch_add(1, std::memory_order_relaxed);
      if (block >= table.block_count()) return Step::kFinished;
      rows_.clear();
      at_ = 0;
      table.RowsOf(block, /*matched=*/plan.kind() == HashJoinKind::kRightSemi, rows_);
    }
    const size_t count = std::min(context.query.chunk_rows(), rows_.size() - at_);
    std::vector<ColumnPtr> columns;
    for (const size_t column : plan.probe_output()) {
      columns.push_back(Column::ConstantNull(plan.probe_types()[column], count));
    }
    for (const size_t column : plan.build_output()) {
      columns.push_back(plan.BuildColumn(table, column, rows_.data() + at_, count));
    }
    at_ += count;
    out = Chunk(std::move(columns), count);
    return Step::kHasOutput;
  }

 private:
  BuildRowsSource& shared_;
  std::vector<const uint8_t*> rows_;
  size_t at_ = 0;
};

std::unique_ptr<SourceOperator> BuildRowsSource::Make(DriverContext& /*context*/) {
  return std::make_unique<BuildRowsReader>(*this);
}

}  // namespace weir
