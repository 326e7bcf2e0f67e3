#pragma once

#include <map>
#include <string>
#include <vector>

#include "expr/evaluator.h"
#include "plan/physical.h"

namespace weir::exec_test {

using Row = std::vector<Value>;
using Rows = std::vector<Row>;

// Runs plans one row at a time, slowly and obviously: what the engine's results are compared with. Knows the
// aggregates of the test registry.
class Reference {
 public:
  Reference(const Registry& registry, const StatementContext& statement) : registry_(registry), statement_(statement) {}
  Rows Run(const PhysicalNode& node);

 private:
  Value Evaluate(const ExprPtr& expr, const Row& row);
  bool IsTrue(const ExprPtr& expr, const Row& row);
  Rows RunScan(const PhysicalScan& node);
  Rows RunAggregate(const PhysicalHashAggregate& node);
  Value Aggregate(const AggregateCall& call, const Rows& group);
  Rows RunHashJoin(const PhysicalHashJoin& node);
  Rows RunNestedLoopJoin(const PhysicalNestedLoopJoin& node);
  Rows RunAsofJoin(const PhysicalAsofJoin& node);
  Rows RunSetOperation(const PhysicalSetOperation& node);
  Rows RunUnnest(const PhysicalUnnest& node);
  Rows Sorted(Rows rows, const std::vector<SortKey>& keys);
  // `condition` takes positions of rows and is three-valued: 1, 0, -1 for NULL.
  template <typename Condition>
  Rows Join(JoinKind kind, bool null_aware, const Rows& left, const Rows& right, size_t left_columns,
            size_t right_columns, Condition&& condition);

  const Registry& registry_;
  const StatementContext& statement_;
  std::map<CteId, Rows> ctes_;
};

std::string ToText(const Row& row);

}  // namespace weir::exec_test
