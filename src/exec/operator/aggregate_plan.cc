#include "exec/operator/aggregate_plan.h"

#include <algorithm>

#include "base/error.h"
#include "exec/valid_rows.h"

namespace weir {

AggregatePlan::AggregatePlan(const PhysicalHashAggregate& node) : group_count_(node.groups.size()) {
  for (const ExprPtr& group : node.groups) {
    exprs_.push_back(group);  // also when one is written twice: positions matter
    group_types_.push_back(group->type());
  }
  std::vector<std::shared_ptr<const AggregateOps>> ops;
  for (const AggregateCall& call : node.aggregates) {
    WEIR_CHECK(call.ops != nullptr, "aggregate {} without operations", call.name);
    ops.push_back(call.ops);
  }
  layout_ = std::make_shared<const GroupLayout>(group_types_, std::move(ops));
  for (size_t i = 0; i < node.aggregates.size(); ++i) {
    const AggregateCall& call = node.aggregates[i];
    const bool distinct = call.distinct && !(call.overload != nullptr && call.overload->ignores_distinct);
    const bool ordered = !call.order_by.empty() && (call.overload == nullptr || call.overload->order_sensitive);
    if (distinct || ordered) {
      AddFeed(call, i, distinct, ordered);
    } else {
      direct_.push_back({i, AddArguments(call)});
    }
  }
  for (size_t i = 0; i < feeds_.size(); ++i) {
    Feed& feed = feeds_[i];
    feed.types = group_types_;
    for (const size_t expr : argument_sets_[feed.arguments].exprs) feed.types.push_back(exprs_[expr]->type());
    for (const size_t expr : feed.order_exprs) feed.types.push_back(exprs_[expr]->type());
    if (feed.distinct) {
      feed.distinct_layout =
          std::make_shared<const GroupLayout>(feed.types, std::vector<std::shared_ptr<const AggregateOps>>());
    }
    if (feed_orders_[i].empty()) continue;
    // Group by group, so that one is complete before the next begins.
    std::vector<SortColumn> order;
    for (size_t g = 0; g < group_count_; ++g) order.push_back({.column = g});
    order.insert(order.end(), feed_orders_[i].begin(), feed_orders_[i].end());
    feed.sort_layout = std::make_shared<const SortLayout>(feed.types, std::move(order));
  }
  ShareParts(node.child()->schema().size());
}

void AggregatePlan::ShareParts(size_t input_columns) {
  std::vector<bool> always(exprs_.size());
  for (size_t i = 0; i < group_count_; ++i) always[i] = true;
  for (const ArgumentSet& set : argument_sets_) {
    if (set.filter != kNoFilter) {
      always[set.filter] = true;
      continue;
    }
    for (const size_t expr : set.exprs) always[expr] = true;
  }
  shared_.emplace(exprs_, always, input_columns);
}

size_t AggregatePlan::AddExpr(const ExprPtr& expr) {
  for (size_t i = 0; i < exprs_.size(); ++i) {
    if (exprs_[i]->Equals(*expr)) return i;
  }
  exprs_.push_back(expr);
  return exprs_.size() - 1;
}

size_t AggregatePlan::AddArguments(const AggregateCall& call) {
  ArgumentSet set;
  for (const ExprPtr& arg : call.args) set.exprs.push_back(AddExpr(arg));
  if (call.filter != nullptr && !call.filter->is_true()) set.filter = AddExpr(call.filter);
  set.skip_nulls = call.overload == nullptr || call.overload->skip_nulls;
  for (size_t i = 0; i < argument_sets_.size(); ++i) {
    const ArgumentSet& other = argument_sets_[i];
    if (other.exprs == set.exprs && other.filter == set.filter &&
        (other.skip_nulls == set.skip_nulls || set.exprs.empty())) {
      return i;
    }
  }
  argument_sets_.push_back(std::move(set));
  return argument_sets_.size() - 1;
}

void AggregatePlan::AddFeed(const AggregateCall& call, size_t aggregate, bool distinct, bool ordered) {
  Feed feed;
  feed.arguments = AddArguments(call);
  feed.distinct = distinct;
  const std::vector<size_t>& args = argument_sets_[feed.arguments].exprs;
  std::vector<SortColumn> order;
  if (ordered) {
    for (const AggregateCall::Order& key : call.order_by) {
      const size_t expr = AddExpr(key.expr);
      SortColumn column{.descending = key.descending, .nulls_first = key.nulls_first};
      const auto found = std::ranges::find(args, expr);
      if (found != args.end()) {
        column.column = group_count_ + static_cast<size_t>(found - args.begin());
      } else {
        column.column = group_count_ + args.size() + feed.order_exprs.size();
        feed.order_exprs.push_back(expr);
      }
      order.push_back(column);
    }
  }
  for (size_t i = 0; i < feeds_.size(); ++i) {
    Feed& other = feeds_[i];
    const bool same_order = std::ranges::equal(feed_orders_[i], order, [](const SortColumn& a, const SortColumn& b) {
      return a.column == b.column && a.descending == b.descending && a.nulls_first == b.nulls_first;
    });
    if (other.arguments == feed.arguments && other.distinct == distinct && same_order &&
        other.order_exprs == feed.order_exprs) {
      other.aggregates.push_back(aggregate);
      return;
    }
  }
  feed.aggregates.push_back(aggregate);
  feeds_.push_back(std::move(feed));
  feed_orders_.push_back(std::move(order));
}

ArgumentEvaluator::ArgumentEvaluator(const AggregatePlan& plan, const Registry& registry,
                                     const StatementContext& statement)
    : plan_(plan),
      add_parts_(plan.shared(), registry, statement),
      evaluator_(plan.shared().exprs(), registry, statement),
      selections_(plan.argument_sets().size()) {}

void ArgumentEvaluator::Start(const Chunk& chunk) {
  chunk_ = add_parts_(chunk);
  columns_.assign(plan_.exprs().size(), nullptr);
  filtered_.assign(plan_.exprs().size(), std::nullopt);
  arguments_.assign(plan_.argument_sets().size(), std::nullopt);
  groups_.clear();
  for (size_t i = 0; i < plan_.group_count(); ++i) {
    columns_[i] = evaluator_.Evaluate(i, chunk_);
    groups_.push_back(columns_[i]);
  }
}

const Chunk& ArgumentEvaluator::ChunkOf(size_t filter) {
  if (filter == AggregatePlan::kNoFilter) return chunk_;
  if (!filtered_[filter].has_value()) {
    SelectionPtr selection = evaluator_.Filter(filter, chunk_);
    filtered_[filter] = selection == nullptr ? chunk_ : chunk_.WithSelection(std::move(selection));
  }
  return *filtered_[filter];
}

ColumnPtr ArgumentEvaluator::ExprOf(size_t expr, size_t filter) {
  // What fails for rows that a FILTER removes must not be computed for them.
  if (filter != AggregatePlan::kNoFilter && plan_.exprs()[expr]->CanFail()) {
    return evaluator_.Evaluate(expr, ChunkOf(filter));
  }
  if (columns_[expr] == nullptr) columns_[expr] = evaluator_.Evaluate(expr, chunk_);
  return columns_[expr];
}

const ArgumentEvaluator::Arguments& ArgumentEvaluator::Get(size_t argument_set) {
  std::optional<Arguments>& arguments = arguments_[argument_set];
  if (arguments.has_value()) return *arguments;
  const AggregatePlan::ArgumentSet& set = plan_.argument_sets()[argument_set];
  arguments.emplace();
  for (const size_t expr : set.exprs) arguments->columns.push_back(ExprOf(expr, set.filter));
  arguments->rows = ChunkOf(set.filter).rows();
  if (set.skip_nulls) {
    arguments->rows = ValidRows(arguments->columns, arguments->rows, selections_[argument_set]);
  }
  return *arguments;
}

ColumnPtr ArgumentEvaluator::OrderKey(size_t argument_set, size_t expr) {
  return ExprOf(expr, plan_.argument_sets()[argument_set].filter);
}

}  // namespace weir
