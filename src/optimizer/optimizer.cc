#include "optimizer/optimizer.h"

#include "optimizer/join_order/order_joins.h"
#include "optimizer/rule/answer_from_statistics.h"
#include "optimizer/rule/filter_ctes.h"
#include "optimizer/rule/infer_filters.h"
#include "optimizer/rule/inline_rows.h"
#include "optimizer/rule/limit_windows.h"
#include "optimizer/rule/merge_conditions.h"
#include "optimizer/rule/prune_empty.h"
#include "optimizer/rule/push_aggregates.h"
#include "optimizer/rule/push_filters.h"
#include "optimizer/rule/push_limits.h"
#include "optimizer/rule/read_json_once.h"
#include "optimizer/rule/read_shredded.h"
#include "optimizer/rule/reduce_groups.h"
#include "optimizer/rule/remove_joins.h"
#include "optimizer/rule/remove_self_joins.h"
#include "optimizer/rule/remove_sorts.h"
#include "optimizer/rule/share_subplans.h"
#include "optimizer/rule/simplify.h"
#include "optimizer/rule/simplify_patterns.h"
#include "optimizer/rule/split_distinct.h"
#include "optimizer/rule/split_sums.h"
#include "optimizer/rule/unnest.h"

namespace weir {

namespace {

constexpr OptimizerPass kPasses[] = {
    {"rewrite", "simplify", "constants folded and conditions in conjunctive form give the later passes more to see",
     false, SimplifyPlan},
    {"rewrite", "simplify_patterns", "a pattern without wildcards is an equality, a regular expression often a LIKE",
     false, SimplifyPatterns},
    {"rewrite", "unnest", "correlated subqueries become joins; no operator runs a subplan per row", true,
     UnnestSubqueries},
    {"rewrite", "read_shredded", "an entry of a map that is a column of its own is read, and pruned by, as that column",
     false, ReadShredded},
    {"filters", "push_filters", "rows go as early as they can, and joins get their conditions", false, PushFilters},
    {"filters", "infer_filters", "what holds for one side of an equality holds for the other", false, InferFilters},
    {"filters", "merge_conditions", "of several conditions on a value what they say together is tested, or never true",
     false, MergeConditions},
    {"filters", "filter_ctes", "what no reader of a common table expression keeps is not computed", false, FilterCtes},
    {"reduce", "prune_empty", "what is known to have no rows is not computed", false, PruneEmpty},
    {"reduce", "remove_joins", "a join that adds neither rows nor columns that are used is left out", false,
     RemoveJoins},
    {"reduce", "remove_self_joins",
     "rows that are looked up among themselves, and groups joined with themselves, are there", false, RemoveSelfJoins},
    {"reduce", "remove_sorts", "an order that nobody sees need not be made", false, RemoveSorts},
    {"reduce", "reduce_groups", "keys that follow from other keys need not be hashed and compared", false,
     ReduceGroups},
    {"reduce", "split_sums", "sums of a column plus constants are one sum and one count", false, SplitSums},
    {"reduce", "answer_from_statistics", "counts and bounds that are known need no rows to be read", false,
     AnswerFromStatistics},
    {"reduce", "inline_rows", "a join with one row of constants is a condition with constants", false, InlineRows},
    {"joins", "order_joins", "the fewest intermediate rows, by dynamic programming over the join graph", false,
     OrderJoins},
    {"joins", "split_distinct", "distinct values by many keys are groups of keys and value, not a set per group", false,
     SplitDistinct},
    {"joins", "push_aggregates", "rows that a join only carries along are summed up before it", false, PushAggregates},
    {"joins", "push_filters_again", "the new joins hand their one-sided conditions down", false, PushFilters},
    {"shape", "limit_windows", "the first rows of each partition are found without sorting the rest", false,
     LimitWindows},
    {"shape", "push_limits", "a limit below projections and into joins and unions stops scans early", false,
     PushLimits},
    {"shape", "share_subplans", "what occurs twice is computed once", false, ShareSubplans},
    {"shape", "read_json_once", "several parts of a JSON text are found in one pass over it", false, ReadJsonOnce},
};

}  // namespace

std::span<const OptimizerPass> OptimizerPasses() {
  return kPasses;
}

LogicalPtr Optimize(LogicalPtr plan, const OptimizerContext& context, std::vector<PassTrace>* trace) {
  for (const OptimizerPass& pass : kPasses) {
    if (!pass.required && (context.disabled.contains(pass.name) || context.disabled.contains("all"))) continue;
    const int64_t start = context.now ? context.now() : 0;
    LogicalPtr next = pass.run(plan, context);
    const int64_t end = context.now ? context.now() : 0;
#ifdef WEIR_DEBUG
    constexpr bool kAlwaysVerify = true;
#else
    constexpr bool kAlwaysVerify = false;
#endif
    if (kAlwaysVerify || context.verify) VerifyLogical(*next, pass.name);
    if (trace != nullptr) {
      const bool changed = next != plan && ExplainLogical(next) != ExplainLogical(plan);
      trace->push_back({pass.name, end - start, changed});
    }
    plan = std::move(next);
  }
  return plan;
}

}  // namespace weir
