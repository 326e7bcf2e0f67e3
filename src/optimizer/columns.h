#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "plan/logical.h"

namespace weir {

using ColumnSet = std::unordered_set<ColumnId>;
using ColumnMap = std::unordered_map<ColumnId, ExprPtr>;

ColumnSet ColumnsOf(const LogicalNode& node);
void AddReferenced(const Expr& expr, ColumnSet& out);
bool RefersOnlyTo(const Expr& expr, const ColumnSet& columns);
bool RefersToAny(const Expr& expr, const ColumnSet& columns);
ExprPtr ToExpr(const PlanColumn& column);

// The expression with columns replaced.
ExprPtr Substitute(const ExprPtr& expr, const ColumnMap& map);
AggregateCall Substitute(AggregateCall call, const ColumnMap& map);
WindowCall Substitute(WindowCall call, const ColumnMap& map);
AsofCondition Substitute(AsofCondition condition, const ColumnMap& map);

// The rows of a plan under the columns of `node`: its own, NULL for the others.
LogicalPtr WithNulls(LogicalPtr plan, const LogicalNode& node);

// Columns used anywhere in the plan that the plan itself does not make: of an Apply's right side, the correlated ones.
ColumnSet FreeColumns(const LogicalNode& plan);

// Columns of the plan that are its output or used by more than a single conjunct of one filter.
ColumnSet UsedBeyondOneFilter(const LogicalNode& plan);

// Whether computing the plan again may give other rows: random() and its like.
bool ComputesVolatile(const LogicalNode& plan);

// Values of the type that are equal are the same: unlike 0.0 and -0.0.
bool EqualIsSame(const Type& type);

// Whether the predicate is not true for every row in which all of `columns` are NULL.
bool RejectsNulls(const Expr& predicate, const ColumnSet& columns);

}  // namespace weir
