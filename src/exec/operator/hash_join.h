#pragma once

#include <memory>
#include <vector>

#include "algo/join_table.h"
#include "exec/operator.h"
#include "exec/operator/hash_join_probe.h"
#include "exec/operator/join_plan.h"
#include "exec/operator/join_spill.h"
#include "exec/runtime_filter/runtime_filter.h"

namespace weir {

// The build side: drivers collect rows, the sink's stages make the table and then the runtime filters. Complete, it is
// read by the probes and then by the source of the rest (join_rest.h).
class HashJoinBuild final : public SinkFactory {
 public:
  HashJoinBuild(const PhysicalHashJoin& node, const QueryContext& query, std::shared_ptr<MemoryTracker> tracker);
  // The table will fill the slot from a key, before it is complete.
  void AddRuntimeFilter(size_t key, std::shared_ptr<RuntimeFilterSlot> slot) {
    if (spill_ != nullptr) spill_->AddFilter(key);
    filters_.push_back({key, std::move(slot), nullptr});
  }

  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;
  std::optional<size_t> PrepareStage(QueryContext& query, size_t stage) override;
  void RunTask(QueryContext& query, size_t stage, size_t task) override;

  const HashJoinPlan& plan() const { return plan_; }
  JoinTable& table() { return *table_; }
  const JoinTable& table() const { return *table_; }
  // Null when all must fit in memory.
  const std::shared_ptr<JoinSpill>& spill() const { return spill_; }

  // ---- when complete
  bool has_spilled() const { return spill_ != nullptr && spill_->has_spilled(); }
  // No build row has been kept, in memory or on disk.
  bool empty() const { return row_count_ == 0; }
  // What a probe of a table with some of the rows looks into.
  JoinProbeTarget Target(const JoinTable& table) const;
  // When nobody looks into the table any more.
  void ReleaseTable() { table_->Clear(); }

 private:
  enum class Phase : uint8_t { kEvict, kBuild, kStream, kFindRange, kFill, kDone };
  struct Filter {
    size_t key;
    std::shared_ptr<RuntimeFilterSlot> slot;
    std::unique_ptr<RuntimeFilterBuilder> builder;
  };
  void AllocateFilters();
  void StreamBlock(size_t filter, size_t block);
  size_t FilterTasks() const { return filters_.size() * table_->block_count(); }

  const HashJoinPlan plan_;
  std::shared_ptr<JoinTable> table_;
  std::shared_ptr<JoinSpill> spill_;
  std::vector<Filter> filters_;
  Phase phase_ = Phase::kEvict;
  size_t row_count_ = 0;
  bool has_null_key_ = false;
};

class HashJoinProbe final : public TransformFactory {
 public:
  explicit HashJoinProbe(std::shared_ptr<HashJoinBuild> build) : build_(std::move(build)) {}
  std::unique_ptr<TransformOperator> Make(DriverContext& context) override;
  bool wants_no_input() const override;

 private:
  const std::shared_ptr<HashJoinBuild> build_;
};

}  // namespace weir
