#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "algo/group_merge.h"
#include "exec/operator.h"
#include "plan/physical.h"

namespace weir {

// INTERSECT and EXCEPT, with and without ALL: all columns are the key of a group table that counts the rows of either
// side. The pipelines of both sides end in one sink; a column in front says which side a chunk is of.
class SetOperationSink final : public SinkFactory {
 public:
  SetOperationSink(SetOperationKind operation, const std::vector<Type>& types);
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;
  std::optional<size_t> PrepareStage(QueryContext& query, size_t stage) override;
  void RunTask(QueryContext& query, size_t stage, size_t task) override;

  SetOperationKind operation() const { return operation_; }
  const std::shared_ptr<const GroupLayout>& layout() const { return layout_; }
  GroupMerge& merge() { return *merge_; }
  void Take(std::unique_ptr<GroupTable> table);  // thread-safe

 private:
  const SetOperationKind operation_;
  const std::shared_ptr<const GroupLayout> layout_;
  std::mutex mutex_;  // guards tables_ while drivers hand them over
  std::vector<std::unique_ptr<GroupTable>> tables_;
  std::unique_ptr<GroupMerge> merge_;
};

// Puts a constant 0 (left) or 1 (right) in front of a side's columns.
class SideTagFactory final : public TransformFactory {
 public:
  explicit SideTagFactory(bool right) : right_(right) {}
  std::unique_ptr<TransformOperator> Make(DriverContext& context) override;

 private:
  const bool right_;
};

class SetOperationSource final : public SourceFactory {
 public:
  explicit SetOperationSource(std::shared_ptr<SetOperationSink> sink) : sink_(std::move(sink)) {}
  size_t drivers_max() const override { return sink_->merge().partition_count(); }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  friend class SetOperationReader;
  const std::shared_ptr<SetOperationSink> sink_;
  std::atomic<size_t> next_{0};
};

}  // namespace weir
