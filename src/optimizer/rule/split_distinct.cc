#include "optimizer/rule/split_distinct.h"

#include <algorithm>

#include "optimizer/columns.h"
#include "optimizer/map_children.h"
#include "optimizer/rule/partial_aggregates.h"
#include "optimizer/stats/cardinality.h"

namespace weir {

namespace {

constexpr double kGroupsMin = 50'000;   // so many sets are many allocations
constexpr double kValuesMin = 200'000;  // groups of (keys, argument) that pay when there are no other calls

class DistinctSplitter {
 public:
  DistinctSplitter(const LogicalPtr& plan, const OptimizerContext& context)
      : context_(context), ids_(*plan), estimator_(context.details) {}

  LogicalPtr Run(const LogicalPtr& plan) {
    const LogicalPtr node = MapChildren(plan, estimator_, [&](const LogicalPtr& child) { return Run(child); });
    return node->kind() == LogicalKind::kAggregate ? Split(node) : node;
  }

 private:
  // The argument that all distinct calls have, when the others can be computed from parts; or null.
  static ExprPtr CommonArgument(const LogicalAggregate& aggregate) {
    constexpr std::string_view kNames[] = {"count", "sum", "avg", "min", "max"};
    ExprPtr argument;
    for (const AggregateCall& call : aggregate.aggregates) {
      if (!call.distinct) {
        if (!IsDecomposable(call)) return nullptr;
        continue;
      }
      if (std::ranges::find(kNames, std::string_view(call.name)) == std::end(kNames) || call.args.size() != 1 ||
          call.filter != nullptr || !call.order_by.empty()) {
        return nullptr;
      }
      const ExprPtr& own = call.args[0];
      if (own->volatility() == Volatility::kVolatile || !EqualIsSame(own->type()) || own->is(ExprKind::kLiteral)) {
        return nullptr;
      }
      if (argument != nullptr && !argument->Equals(*own)) return nullptr;
      argument = own;
    }
    return argument;
  }

  LogicalPtr Split(const LogicalPtr& plan) {
    const auto& aggregate = plan->as<LogicalAggregate>();
    const size_t width = aggregate.groups.size();
    // Without keys there is a single set, and a row for no input.
    if (width == 0) return plan;
    const ExprPtr argument = CommonArgument(aggregate);
    if (argument == nullptr) return plan;
    for (const ExprPtr& group : aggregate.groups) {
      if (group->volatility() == Volatility::kVolatile || group->Equals(*argument)) return plan;
    }
    std::vector<ExprPtr> keys = aggregate.groups;
    std::vector<PlanColumn> columns;
    columns.reserve(width + 1 + aggregate.aggregates.size());
    for (const ExprPtr& group : aggregate.groups) columns.push_back(ids_.Make(group->type(), group->ToString()));
    keys.push_back(argument);
    columns.push_back(ids_.Make(argument->type(), argument->ToString()));
    const ExprPtr value = ToExpr(columns.back());
    PartialAggregates partial(context_.registry, ids_);
    std::vector<ExprPtr> total_of(aggregate.aggregates.size());
    for (size_t i = 0; i < aggregate.aggregates.size(); ++i) {
      if (!aggregate.aggregates[i].distinct) total_of[i] = partial.Add(aggregate.aggregates[i]);
    }
    const bool is_pure = partial.parts.empty();
    columns.insert(columns.end(), partial.part_columns.begin(), partial.part_columns.end());
    LogicalPtr below = std::make_shared<LogicalAggregate>(aggregate.child(), std::move(keys), partial.parts, columns);
    const bool pays =
        estimator_.Estimate(plan).rows >= kGroupsMin || (is_pure && estimator_.Estimate(below).rows >= kValuesMin);
    if (!pays) return plan;

    std::vector<ExprPtr> groups, results;
    std::vector<PlanColumn> group_columns;
    for (size_t i = 0; i < width; ++i) {
      groups.push_back(ToExpr(columns[i]));
      group_columns.push_back(plan->columns()[i]);
      results.push_back(ToExpr(plan->columns()[i]));
    }
    for (size_t i = 0; i < aggregate.aggregates.size(); ++i) {
      const AggregateCall& call = aggregate.aggregates[i];
      if (!call.distinct) {
        results.push_back(total_of[i]);
        continue;
      }
      AggregateCall over = call;
      over.distinct = false;
      over.args = {value};
      partial.total_columns.push_back(ids_.Make(over.type, over.ToString()));
      partial.totals.push_back(std::move(over));
      results.push_back(ToExpr(partial.total_columns.back()));
    }
    group_columns.insert(group_columns.end(), partial.total_columns.begin(), partial.total_columns.end());
    LogicalPtr above = std::make_shared<LogicalAggregate>(std::move(below), std::move(groups),
                                                          std::move(partial.totals), std::move(group_columns));
    return std::make_shared<LogicalProject>(std::move(above), std::move(results), plan->columns());
  }

  const OptimizerContext& context_;
  FreshIds ids_;
  CardinalityEstimator estimator_;
};

}  // namespace

LogicalPtr SplitDistinct(const LogicalPtr& plan, const OptimizerContext& context) {
  return DistinctSplitter(plan, context).Run(plan);
}

}  // namespace weir
