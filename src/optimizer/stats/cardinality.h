#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "plan/logical.h"

namespace weir {

// What is known or guessed of a column's values at one place of a plan.
struct ColumnEstimate {
  double distinct = 0;  // 0: unknown
  double null_fraction = 0;
  std::optional<Value> min;
  std::optional<Value> max;
};

struct RelationEstimate {
  double rows = 1;
  std::unordered_map<ColumnId, ColumnEstimate> columns;

  // Distinct values of an expression: of its column, or as many as there are rows.
  double DistinctOf(const Expr& expr) const;
  void Scale(double factor);
};

// Rows and distinct values of every node of a plan, from table and file statistics with the usual assumptions
// (independence, uniformity, containment of join keys). Remembers nodes by address while it lives.
class CardinalityEstimator {
 public:
  const RelationEstimate& Estimate(const LogicalPtr& plan);
  // What scans of a common table expression read; to be called before their parents are estimated.
  void Define(CteId id, const LogicalPtr& definition);
  static double Selectivity(const Expr& predicate, const RelationEstimate& input);
  // Of an inner join of two relations on a conjunction.
  static double JoinRows(const RelationEstimate& left, const RelationEstimate& right, const std::vector<ExprPtr>& on);

 private:
  RelationEstimate Compute(const LogicalPtr& plan);
  RelationEstimate OfScan(const LogicalScan& scan);
  RelationEstimate OfJoin(const LogicalJoin& join);
  std::unordered_map<const LogicalNode*, RelationEstimate> known_;
  std::unordered_map<CteId, RelationEstimate> definitions_;
  std::vector<LogicalPtr> kept_;  // addresses stay taken while they are keys
};

}  // namespace weir
