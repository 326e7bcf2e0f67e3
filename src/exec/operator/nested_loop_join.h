#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "exec/operator.h"
#include "exec/operator/join_plan.h"
#include "exec/operator/materialize.h"
#include "plan/physical.h"

namespace weir {

// What the drivers of a nested loop join share: the right side, complete, and, for right and full joins, which of its
// rows found a partner (written by any thread, read when all have ended).
class NestedLoopShared {
 public:
  NestedLoopShared(const PhysicalNestedLoopJoin& node, std::shared_ptr<MaterializedRows> right);

  JoinKind kind() const { return kind_; }
  bool null_aware() const { return null_aware_; }
  const PairCondition& condition() const { return condition_; }
  bool emits_right_rows() const { return kind_ == JoinKind::kRight || kind_ == JoinKind::kFull; }
  const MaterializedRows& right() const { return *right_; }
  const std::vector<Type>& left_types() const { return left_types_; }
  const std::vector<Type>& right_types() const { return right_types_; }
  // Once, when the right side is complete; cheap for later callers.
  void PrepareMarks();
  void MarkMatched(size_t chunk, size_t row) {
    const std::atomic_ref<uint8_t> mark(marks_[chunk][row]);
    mark.store(1, std::memory_order_relaxed);
  }
  bool IsMatched(size_t chunk, size_t row) const { return marks_[chunk][row] != 0; }

 private:
  const JoinKind kind_;
  const bool null_aware_;
  const PairCondition condition_;
  const std::vector<Type> left_types_;
  const std::vector<Type> right_types_;
  const std::shared_ptr<MaterializedRows> right_;
  std::once_flag marks_made_;
  std::vector<std::vector<uint8_t>> marks_;
};

// Joins without equality keys: every left chunk meets every right row. The smaller of the two goes row by row, the
// other one chunk at a time.
class NestedLoopJoinFactory final : public TransformFactory {
 public:
  explicit NestedLoopJoinFactory(std::shared_ptr<NestedLoopShared> shared) : shared_(std::move(shared)) {}
  std::unique_ptr<TransformOperator> Make(DriverContext& context) override;
  bool wants_no_input() const override;

 private:
  const std::shared_ptr<NestedLoopShared> shared_;
};

// Right rows without a partner, when all drivers have ended.
class UnmatchedRightSource final : public SourceFactory {
 public:
  explicit UnmatchedRightSource(std::shared_ptr<NestedLoopShared> shared) : shared_(std::move(shared)) {}
  void Prepare(QueryContext& query) override;
  size_t drivers_max() const override { return shared_->right().chunks().size(); }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  friend class UnmatchedRightReader;
  const std::shared_ptr<NestedLoopShared> shared_;
  std::atomic<size_t> next_{0};
};

}  // namespace weir
