#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "algo/group_table.h"
#include "algo/sort.h"
#include "exec/shared_exprs.h"
#include "expr/evaluator.h"
#include "expr/expr.h"
#include "plan/physical.h"

namespace weir {

// How the calls of an aggregation are computed, found out once per query:
//
//   direct    rows go straight into the group's state
//   distinct  (groups, arguments) go through a table of their own first, which leaves one row of each
//   ordered   (groups, arguments, keys) are sorted first
//
// Calls with equal arguments, filter, order and distinctness share the work: a "feed". Immutable; shared by drivers.
class AggregatePlan {
 public:
  // A FILTER, or none.
  static constexpr size_t kNoFilter = SIZE_MAX;

  // Arguments of one or more calls: expressions evaluated for the rows that pass a filter, without rows in which one
  // of them is NULL when the aggregates skip those.
  struct ArgumentSet {
    std::vector<size_t> exprs;  // positions in exprs()
    size_t filter = kNoFilter;  // position in exprs()
    bool skip_nulls = true;
  };
  struct DirectCall {
    size_t aggregate;
    size_t arguments;  // in argument_sets()
  };
  // Rows that do not go straight into states. Their chunks: groups, arguments, order keys.
  struct Feed {
    size_t arguments;  // in argument_sets()
    bool distinct = false;
    std::vector<size_t> order_exprs;  // positions in exprs()
    std::vector<size_t> aggregates;   // the calls that it feeds
    std::vector<Type> types;          // of its rows
    std::shared_ptr<const GroupLayout> distinct_layout;
    std::shared_ptr<const SortLayout> sort_layout;  // by groups, then keys; null: not ordered
  };

  explicit AggregatePlan(const PhysicalHashAggregate& node);

  // Groups first, then whatever arguments, filters and order keys need, each once.
  const std::vector<ExprPtr>& exprs() const { return exprs_; }
  // The same over chunks with their common parts added.
  const SharedExprs& shared() const { return *shared_; }
  size_t group_count() const { return group_count_; }
  const std::shared_ptr<const GroupLayout>& layout() const { return layout_; }
  const std::vector<ArgumentSet>& argument_sets() const { return argument_sets_; }
  const std::vector<DirectCall>& direct_calls() const { return direct_; }
  const std::vector<Feed>& feeds() const { return feeds_; }

 private:
  size_t AddExpr(const ExprPtr& expr);
  size_t AddArguments(const AggregateCall& call);
  void AddFeed(const AggregateCall& call, size_t aggregate, bool distinct, bool ordered);

  void ShareParts(size_t input_columns);

  std::vector<ExprPtr> exprs_;
  std::optional<SharedExprs> shared_;
  size_t group_count_;
  std::vector<Type> group_types_;
  std::shared_ptr<const GroupLayout> layout_;
  std::vector<ArgumentSet> argument_sets_;
  std::vector<DirectCall> direct_;
  std::vector<Feed> feeds_;
  std::vector<std::vector<SortColumn>> feed_orders_;  // per feed
};

// The columns and rows of a plan's argument sets for one chunk at a time. One per driver.
class ArgumentEvaluator {
 public:
  ArgumentEvaluator(const AggregatePlan& plan, const Registry& registry, const StatementContext& statement);

  void Start(const Chunk& chunk);
  std::span<const ColumnPtr> groups() const { return groups_; }
  struct Arguments {
    std::vector<ColumnPtr> columns;
    RowSet rows = RowSet::All(0);
  };
  // Valid until the next Start.
  const Arguments& Get(size_t argument_set);
  // An order key for the rows of an argument set.
  ColumnPtr OrderKey(size_t argument_set, size_t expr);

 private:
  const Chunk& ChunkOf(size_t filter);
  ColumnPtr ExprOf(size_t expr, size_t filter);

  const AggregatePlan& plan_;
  SharedPartEvaluator add_parts_;
  Evaluator evaluator_;
  Chunk chunk_;  // with the parts
  std::vector<ColumnPtr> groups_;
  // Per expression: its column without filter.
  std::vector<ColumnPtr> columns_;
  // Per filter expression: the chunk narrowed by it.
  std::vector<std::optional<Chunk>> filtered_;
  std::vector<std::optional<Arguments>> arguments_;
  std::vector<Selection> selections_;  // what the rows of arguments_ borrow
};

}  // namespace weir
