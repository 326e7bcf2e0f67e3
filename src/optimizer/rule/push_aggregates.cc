#include "optimizer/rule/push_aggregates.h"

#include <algorithm>
#include <span>

#include "optimizer/columns.h"
#include "optimizer/map_children.h"
#include "optimizer/rule/copy_plan.h"
#include "optimizer/rule/partial_aggregates.h"
#include "optimizer/stats/cardinality.h"

namespace weir {

namespace {

constexpr double kInputRowsMin = 50'000;  // fewer are joined before anybody notices
constexpr double kGroupsPerRowMax = 0.1;  // groups that a row of the side makes at most
constexpr size_t kCopiesMin = 3;          // of each row; for fewer the groups would have to be much fewer than rows
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
    if (!std::ranges::all_of(calls, IsDecomposable)) return plan;
    for (const ExprPtr& group : groups) {
      if (group->volatility() == Volatility::kVolatile) return plan;
    }
    if (below->kind() == LogicalKind::kUnnest) {
      LogicalPtr pushed = PushBelowCopies(aggregate, groups, calls, below->as<LogicalUnnest>());
      return pushed != nullptr ? pushed : plan;
    }
    if (below->kind() != LogicalKind::kJoin) return plan;
    const auto& join = below->as<LogicalJoin>();
    if (join.null_aware || join.condition->volatility() == Volatility::kVolatile) return plan;
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
    if (!std::ranges::all_of(calls, [&](const AggregateCall& call) { return IsOver(call, own); })) return nullptr;
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
    PartialAggregates partial(context_.registry, ids_);
    std::vector<ExprPtr> results;
    for (const AggregateCall& call : calls) results.push_back(partial.Add(call));
    LogicalPtr parts = Parts(input, std::move(keys), std::move(columns), partial);
    if (estimator_.Estimate(parts).rows > rows * kGroupsPerRowMax) return nullptr;

    std::vector<LogicalPtr> sides = join.children();
    sides[side] = std::move(parts);
    const LogicalPtr above = std::make_shared<LogicalJoin>(join.join_kind, sides[0], sides[1], join.condition);
    return Whole(aggregate, above, groups, std::move(partial), std::move(results));
  }

  // Over rows that have been copied once per element of a constant list.
  LogicalPtr PushBelowCopies(const LogicalAggregate& aggregate, std::vector<ExprPtr> groups,
                             const std::vector<AggregateCall>& calls, const LogicalUnnest& unnest) {
    const LogicalPtr& input = unnest.child();
    const ColumnSet own = ColumnsOf(*input);
    if (unnest.lists.size() != 1 || !ReferencedColumns(*unnest.lists[0]).empty()) return nullptr;
    if (unnest.lists[0]->children().size() < kCopiesMin) return nullptr;
    if (!std::ranges::all_of(calls, [&](const AggregateCall& call) { return IsOver(call, own); })) return nullptr;
    if (estimator_.Estimate(input).rows < kInputRowsMin) return nullptr;
    // The largest expressions over the input that the sets' keys are made of.
    std::vector<ExprPtr> keys;
    std::vector<PlanColumn> columns;
    bool fits = true;
    const auto replace = [&](const auto& self, const ExprPtr& expr) -> ExprPtr {
      if (ReferencedColumns(*expr).empty()) return expr;
      if (!RefersOnlyTo(*expr, own)) {
        std::vector<ExprPtr> children;
        for (const ExprPtr& child : expr->children()) children.push_back(self(self, child));
        return children.empty() ? expr : expr->WithChildren(std::move(children));
      }
      fits = fits && EqualIsSame(expr->type()) && !expr->CanFail();
      for (size_t i = 0; i < keys.size(); ++i) {
        if (keys[i]->Equals(*expr)) return ToExpr(columns[i]);
      }
      keys.push_back(expr);
      columns.push_back(ids_.Make(expr->type(), expr->ToString()));
      return ToExpr(columns.back());
    };
    for (ExprPtr& group : groups) group = replace(replace, group);
    if (!fits || keys.empty() || AreGroupsOf(*input, keys)) return nullptr;
    PartialAggregates partial(context_.registry, ids_);
    std::vector<ExprPtr> results;
    for (const AggregateCall& call : calls) results.push_back(partial.Add(call));
    LogicalPtr parts = Parts(input, std::move(keys), std::move(columns), partial);
    std::vector<PlanColumn> copied = parts->columns();
    copied.insert(copied.end(), unnest.columns().begin() + static_cast<ptrdiff_t>(input->columns().size()),
                  unnest.columns().end());
    const LogicalPtr above =
        std::make_shared<LogicalUnnest>(std::move(parts), unnest.lists, std::move(copied), unnest.with_ordinality);
    return Whole(aggregate, above, groups, std::move(partial), std::move(results));
  }

  // Whether the plan's rows are groups of these keys already.
  static bool AreGroupsOf(const LogicalNode& plan, const std::vector<ExprPtr>& keys) {
    if (plan.kind() != LogicalKind::kAggregate) return false;
    const size_t groups = plan.as<LogicalAggregate>().groups.size();
    return std::ranges::all_of(std::span(plan.columns()).first(groups), [&](const PlanColumn& column) {
      return std::ranges::any_of(
          keys, [&](const ExprPtr& key) { return key->is(ExprKind::kColumn) && key->column_id() == column.id; });
    });
  }

  static bool IsOver(const AggregateCall& call, const ColumnSet& columns) {
    return std::ranges::all_of(call.args, [&](const ExprPtr& arg) { return RefersOnlyTo(*arg, columns); }) &&
           (call.filter == nullptr || RefersOnlyTo(*call.filter, columns));
  }

  static LogicalPtr Parts(const LogicalPtr& input, std::vector<ExprPtr> keys, std::vector<PlanColumn> columns,
                          const PartialAggregates& partial) {
    columns.insert(columns.end(), partial.part_columns.begin(), partial.part_columns.end());
    return std::make_shared<LogicalAggregate>(input, std::move(keys), partial.parts, std::move(columns));
  }
  // The aggregate over rows that carry the results of its parts.
  static LogicalPtr Whole(const LogicalAggregate& aggregate, const LogicalPtr& above,
                          const std::vector<ExprPtr>& groups, PartialAggregates partial, std::vector<ExprPtr> results) {
    std::vector<PlanColumn> columns(aggregate.columns().begin(),
                                    aggregate.columns().begin() + static_cast<ptrdiff_t>(groups.size()));
    std::vector<ExprPtr> exprs;
    for (const PlanColumn& column : columns) exprs.push_back(ToExpr(column));
    exprs.insert(exprs.end(), results.begin(), results.end());
    columns.insert(columns.end(), partial.total_columns.begin(), partial.total_columns.end());
    LogicalPtr whole = std::make_shared<LogicalAggregate>(above, groups, std::move(partial.totals), std::move(columns));
    return std::make_shared<LogicalProject>(std::move(whole), std::move(exprs), aggregate.columns());
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
