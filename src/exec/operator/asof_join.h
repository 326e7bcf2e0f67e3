#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "exec/operator.h"
#include "exec/operator/asof_plan.h"
#include "exec/operator/asof_table.h"
#include "exec/operator/external_sort.h"

namespace weir {

// The right side of an ASOF join: its drivers sort runs, which are put together in an AsofTable. Left rows then look
// their nearest up as they come, in any number of drivers.
//
// When the right rows do not fit they go to disk, and the left ones after them; a last pipeline reads both in order
// (AsofMergeReader).
class AsofBuild final : public SinkFactory {
 public:
  AsofBuild(const PhysicalAsofJoin& node, SpillArea* spill, std::shared_ptr<MemoryTracker> tracker)
      : plan_(node),
        right_runs_(std::make_shared<SortRuns>(plan_.right().layout(), spill)),
        left_runs_(std::make_shared<SortRuns>(plan_.left().layout(), spill)),
        table_(plan_, std::move(tracker)) {}
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;
  std::optional<size_t> PrepareStage(QueryContext& query, size_t stage) override;
  void RunTask(QueryContext& query, size_t stage, size_t task) override;

  const AsofPlan& plan() const { return plan_; }
  const std::shared_ptr<SortRuns>& right_runs() const { return right_runs_; }
  const std::shared_ptr<SortRuns>& left_runs() const { return left_runs_; }
  // ---- complete only
  bool has_spilled() const { return has_spilled_; }
  const AsofTable& table() const { return table_; }
  bool can_match() const { return has_spilled_ || table_.row_count() != 0; }

 private:
  const AsofPlan plan_;
  const std::shared_ptr<SortRuns> right_runs_;
  const std::shared_ptr<SortRuns> left_runs_;
  AsofTable table_;
  bool has_spilled_ = false;
};

class AsofProbe final : public TransformFactory {
 public:
  explicit AsofProbe(std::shared_ptr<AsofBuild> build) : build_(std::move(build)) {}
  std::unique_ptr<TransformOperator> Make(DriverContext& context) override;
  bool wants_no_input() const override { return !build_->can_match() && !build_->plan().keeps_left(); }

 private:
  const std::shared_ptr<AsofBuild> build_;
};

// What is left when all left rows have come: right rows that are nearest to none, or everything that went to disk.
class AsofRest final : public SourceFactory {
 public:
  explicit AsofRest(std::shared_ptr<AsofBuild> build) : build_(std::move(build)) {}
  size_t drivers_max() const override;
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;
  void ReportTo(obs::ProfileNode& profile) override;

 private:
  friend class AsofRightRows;
  const std::shared_ptr<AsofBuild> build_;
  std::atomic<size_t> next_{0};  // range of the table
};

}  // namespace weir
