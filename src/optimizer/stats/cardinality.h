#pragma once

#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "optimizer/stats/scan_details.h"
#include "plan/logical.h"

namespace weir {

// What is known or guessed of a column's values at one place of a plan.
struct ColumnEstimate {
  double distinct = 0;  // 0: unknown
  double null_fraction = 0;
  std::optional<Value> min;
  std::optional<Value> max;
  ColumnDistributionPtr distribution;  // of the values before anything was filtered by them; null: unknown
};

struct RelationEstimate {
  double rows = 1;
  std::unordered_map<ColumnId, ColumnEstimate> columns;

  // Distinct values of an expression: of its column, or as many as there are rows.
  double DistinctOf(const Expr& expr) const;
  void Scale(double factor);
  // What is left when the predicate has been applied.
  void Filter(const Expr& predicate);
};

// The column that an expression is, but for casts, which do not change how many values there are; or null.
const ColumnEstimate* FindColumn(const RelationEstimate& relation, const Expr& expr);
// A value on a line, for interpolation; nothing for texts and the like.
std::optional<double> PositionOf(const Value& value);

// Rows and distinct values of every node of a plan, from table and file statistics with the usual assumptions
// (independence, uniformity, containment of join keys). Remembers nodes by address while it lives.
class CardinalityEstimator {
 public:
  explicit CardinalityEstimator(const ScanDetails* details = nullptr) : details_(details) {}
  const RelationEstimate& Estimate(const LogicalPtr& plan);
  // What scans of a common table expression read; to be called before their parents are estimated.
  void Define(CteId id, const LogicalPtr& definition);
  static double Selectivity(const Expr& predicate, const RelationEstimate& input);
  // Of an inner join of two relations on a conjunction.
  double JoinRows(const RelationEstimate& left, const RelationEstimate& right, const std::vector<ExprPtr>& on);
  // Of a join of any kind on a conjunction; the mark of a mark join is left out.
  RelationEstimate Join(JoinKind kind, const RelationEstimate& left, const RelationEstimate& right,
                        const std::vector<ExprPtr>& on);

 private:
  RelationEstimate Compute(const LogicalPtr& plan);
  RelationEstimate OfScan(const LogicalScan& scan);
  RelationEstimate OfJoin(const LogicalJoin& join);
  double EqualitySelectivity(const ColumnEstimate& left, const ColumnEstimate& right);
  const ScanDetails* details_;
  std::unordered_map<const LogicalNode*, RelationEstimate> known_;
  std::unordered_map<CteId, RelationEstimate> definitions_;
  // Of equalities between two columns with common values, which takes a comparison of each with each.
  std::map<std::pair<const ColumnDistribution*, const ColumnDistribution*>, double> common_joins_;
  std::vector<LogicalPtr> kept_;  // addresses stay taken while they are keys
};

}  // namespace weir
