#include "optimizer/rule/push_aggregates.h"

#include <algorithm>

#include "optimizer/columns.h"
#include "optimizer/map_children.h"
#include "optimizer/rule/copy_plan.h"
#include "optimizer/rule/partial_aggregates.h"
#include "optimizer/stats/cardinality.h"

namespace weir {

namespace {

constexpr double kInputRowsMin = 50'000;  // fewer are joined before anybody notices
constexpr double kGroupsPerRowMax = 0.1;  // groups that a row of the side makes at most
constexpr double kJoinedPerRowMin = 0.5;  // a join that drops more is better done first

class AggregatePusher {
 public:
  AggregatePusher(const LogicalPtr& plan, const OptimizerContext& context)
      : context_(context), ids_(*plan), estimator_(context.details) {}

  LogicalPtr Run(const LogicalPtr& plan) {
    LogicalPtr node = plan;
    if (plan->kind() == LogicalKind::kAggregate) node = Push(plan);
    return MapChildren(node, estimator_, [&](const LogicalPtr& child) { return Run(child); });
  }

 private:
  LogicalPtr Push(const LogicalPtr& plan) {
    const auto& aggregate = plan->as<LogicalAggregate>();
    if (aggregate.aggregates.empty()) return plan;
    // Over the join itself.
    std::vector<ExprPtr> groups = aggregate.groups;
    std::vector<AggregateCall> calls = aggregate.aggregates;
    LogicalPtr below = plan->child();
    while (below->kind() == LogicalKind::kProject) {
      ColumnMap map;
      for (size_t i = 0; i < below->columns().size(); ++i) {
        map.emplace(below->columns()[i].id, below->as<LogicalProject>().exprs[i]);
      }
      for (ExprPtr& group : groups) group = Substitute(group, map);
      for (AggregateCall& call : calls) call = Substitute(std::move(call), map);
      below = below->child();
    }
    if (below->kind() != LogicalKind::kJoin) return plan;
    const auto& join = below->as<LogicalJoin>();
    if (join.null_aware || join.condition->volatility() == Volatility::kVolatile) return plan;
    if (!std::ranges::all_of(calls, IsDecomposable)) return plan;
    for (const ExprPtr& group : groups) {
      if (group->volatility() == Volatility::kVolatile) return plan;
    }
    for (const size_t side : {size_t{0}, size_t{1}}) {
      const bool kept = join.join_kind == JoinKind::kInner ||
                        (side == 0 && (join.join_kind == JoinKind::kLeft || join.join_kind == JoinKind::kSemi ||
                                       join.join_kind == JoinKind::kAnti));
      if (!kept) continue;
      if (LogicalPtr pushed = PushInto(aggregate, groups, calls, join, side)) return pushed;
    }
    return plan;
  }

  LogicalPtr PushInto(const LogicalAggregate& aggregate, const std::vector<ExprPtr>& groups,
                      const std::vector<AggregateCall>& calls, const LogicalJoin& join, size_t side) {
    const LogicalPtr& input = join.child(side);
    const ColumnSet own = ColumnsOf(*input);
    for (const AggregateCall& call : calls) {
      for (const ExprPtr& arg : call.args) {
        if (!RefersOnlyTo(*arg, own)) return nullptr;
      }
      if (call.filter != nullptr && !RefersOnlyTo(*call.filter, own)) return nullptr;
    }
    const double rows = estimator_.Estimate(input).rows;
    if (rows < kInputRowsMin) return nullptr;
    const LogicalPtr joined = std::make_shared<LogicalJoin>(join);
    if (estimator_.Estimate(joined).rows < rows * kJoinedPerRowMin) return nullptr;

    // The side's columns that the join and the groups need tell its rows apart.
    ColumnSet used;
    AddReferenced(*join.condition, used);
    for (const ExprPtr& group : groups) AddReferenced(*group, used);
    std::vector<ExprPtr> keys;
    std::vector<PlanColumn> columns;
    for (const PlanColumn& column : input->columns()) {
      if (!used.contains(column.id)) continue;
      if (!EqualIsSame(column.type)) return nullptr;
      keys.push_back(ToExpr(column));
      columns.push_back(column);
    }
    if (keys.empty()) return nullptr;
    const size_t key_count = keys.size();
    std::vector<AggregateCall> partial = calls;
    for (const AggregateCall& call : calls) columns.push_back(ids_.Make(call.type, call.ToString()));
    LogicalPtr parts = std::make_shared<LogicalAggregate>(input, std::move(keys), std::move(partial), columns);
    if (estimator_.Estimate(parts).rows > rows * kGroupsPerRowMax) return nullptr;

    std::vector<LogicalPtr> sides = join.children();
    sides[side] = std::move(parts);
    const LogicalPtr above = std::make_shared<LogicalJoin>(join.join_kind, sides[0], sides[1], join.condition);
    PartialTotals totals(context_.registry, ids_);
    std::vector<ExprPtr> results;
    std::vector<PlanColumn> total_columns(aggregate.columns().begin(),
                                          aggregate.columns().begin() + static_cast<ptrdiff_t>(groups.size()));
    for (const PlanColumn& column : total_columns) results.push_back(ToExpr(column));
    for (size_t i = 0; i < calls.size(); ++i) results.push_back(totals.Add(calls[i], ToExpr(columns[key_count + i])));
    total_columns.insert(total_columns.end(), totals.columns.begin(), totals.columns.end());
    LogicalPtr whole =
        std::make_shared<LogicalAggregate>(above, groups, std::move(totals.calls), std::move(total_columns));
    return std::make_shared<LogicalProject>(std::move(whole), std::move(results), aggregate.columns());
  }

  const OptimizerContext& context_;
  FreshIds ids_;
  CardinalityEstimator estimator_;
};

}  // namespace

LogicalPtr PushAggregates(const LogicalPtr& plan, const OptimizerContext& context) {
  return AggregatePusher(plan, context).Run(plan);
}

}  // namespace weir
