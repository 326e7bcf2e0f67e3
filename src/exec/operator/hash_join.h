#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "algo/join_table.h"
#include "exec/operator.h"
#include "exec/operator/join_plan.h"
#include "exec/runtime_filter/runtime_filter.h"

namespace weir {

// The build side: drivers collect rows, the sink's stages make the table and then the runtime filters. Complete, it is
// read by the probes and, for right, full and right semi/anti joins, by the source of build rows.
class HashJoinBuild final : public SinkFactory {
 public:
  HashJoinBuild(const PhysicalHashJoin& node, std::shared_ptr<MemoryTracker> tracker);
  // The table will fill the slot from a key, before it is complete.
  void AddRuntimeFilter(size_t key, std::shared_ptr<RuntimeFilterSlot> slot) {
    filters_.push_back({key, std::move(slot), nullptr});
  }

  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;
  std::optional<size_t> PrepareStage(QueryContext& query, size_t stage) override;
  void RunTask(QueryContext& query, size_t stage, size_t task) override;

  const HashJoinPlan& plan() const { return plan_; }
  JoinTable& table() { return *table_; }
  // There is a build row, maybe one that the table did not keep because its key is NULL.
  bool has_rows() const { return !table_->empty() || table_->has_null_key(); }

 private:
  struct Filter {
    size_t key;
    std::shared_ptr<RuntimeFilterSlot> slot;
    std::unique_ptr<RuntimeFilterBuilder> builder;
  };
  const HashJoinPlan plan_;
  std::unique_ptr<JoinTable> table_;
  std::vector<Filter> filters_;
};

class HashJoinProbe final : public TransformFactory {
 public:
  explicit HashJoinProbe(std::shared_ptr<HashJoinBuild> build) : build_(std::move(build)) {}
  std::unique_ptr<TransformOperator> Make(DriverContext& context) override;
  bool wants_no_input() const override;

 private:
  const std::shared_ptr<HashJoinBuild> build_;
};

// Build rows without a partner (right, full, right anti) or with one (right semi), when all probes have ended.
class BuildRowsSource final : public SourceFactory {
 public:
  explicit BuildRowsSource(std::shared_ptr<HashJoinBuild> build) : build_(std::move(build)) {}
  size_t drivers_max() const override { return build_->table().block_count(); }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  friend class BuildRowsReader;
  const std::shared_ptr<HashJoinBuild> build_;
  std::atomic<size_t> next_block_{0};
};

}  // namespace weir
