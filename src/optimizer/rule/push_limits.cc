#include "optimizer/rule/push_limits.h"

#include <algorithm>

#include "optimizer/columns.h"
#include "optimizer/map_children.h"
#include "optimizer/unique.h"

namespace weir {

namespace {

// The largest result of a branch that is still sorted for itself, to be sorted again above.
constexpr uint64_t kTopRowsMax = 100'000;

LogicalPtr WithLimit(LogicalPtr plan, uint64_t rows) {
  return std::make_shared<LogicalLimit>(std::move(plan), rows, 0);
}

// Whether a limit to so many rows would change nothing.
bool IsBounded(const LogicalNode& plan, uint64_t rows) {
  if (plan.kind() == LogicalKind::kLimit) return plan.as<LogicalLimit>().limit.value_or(UINT64_MAX) <= rows;
  return rows > 0 && IsUnique(plan, {});
}

bool IsUnionAll(const LogicalNode& plan) {
  return plan.kind() == LogicalKind::kSetOperation &&
         plan.as<LogicalSetOperation>().operation == SetOperationKind::kUnionAll;
}

// The side of which every row comes out at least once; -1: none.
int KeptSide(const LogicalNode& plan) {
  if (plan.kind() != LogicalKind::kJoin) return -1;
  const JoinKind kind = plan.as<LogicalJoin>().join_kind;
  if (kind == JoinKind::kLeft || kind == JoinKind::kMark || kind == JoinKind::kSingle) return 0;
  return kind == JoinKind::kRight ? 1 : -1;
}

bool IsCrossJoin(const LogicalNode& plan) {
  return plan.kind() == LogicalKind::kJoin && plan.as<LogicalJoin>().join_kind == JoinKind::kInner &&
         plan.as<LogicalJoin>().condition->is_true();
}

LogicalPtr BoundSide(const LogicalPtr& join, size_t side, LogicalPtr bounded) {
  std::vector<LogicalPtr> children = join->children();
  children[side] = std::move(bounded);
  return join->WithChildren(std::move(children));
}

// The first rows of what is below a sort; null when nothing can be bounded.
LogicalPtr BoundSorted(const LogicalPtr& plan, const std::vector<SortKey>& keys, uint64_t rows) {
  const auto first = [&](const LogicalPtr& of, const std::vector<SortKey>& by) -> LogicalPtr {
    if (IsBounded(*of, rows)) return nullptr;
    LogicalPtr deeper = BoundSorted(of, by, rows);
    return WithLimit(std::make_shared<LogicalSort>(deeper == nullptr ? of : deeper, by), rows);
  };
  const auto renamed = [&](const ColumnMap& map) {
    std::vector<SortKey> out = keys;
    for (SortKey& key : out) key.expr = Substitute(key.expr, map);
    return out;
  };
  if (const int side = KeptSide(*plan); side >= 0) {
    const LogicalPtr& kept = plan->child(static_cast<size_t>(side));
    const ColumnSet columns = ColumnsOf(*kept);
    for (const SortKey& key : keys) {
      if (!RefersOnlyTo(*key.expr, columns)) return nullptr;
    }
    LogicalPtr bounded = first(kept, keys);
    return bounded == nullptr ? nullptr : BoundSide(plan, static_cast<size_t>(side), std::move(bounded));
  }
  if (IsUnionAll(*plan)) {
    std::vector<LogicalPtr> branches;
    for (const LogicalPtr& branch : plan->children()) {
      ColumnMap map;
      for (size_t i = 0; i < plan->columns().size(); ++i) {
        map.emplace(plan->columns()[i].id, ToExpr(branch->columns()[i]));
      }
      LogicalPtr bounded = first(branch, renamed(map));
      if (bounded == nullptr) bounded = branch;
      branches.push_back(std::move(bounded));
    }
    return plan->WithChildren(std::move(branches));
  }
  if (plan->kind() == LogicalKind::kProject) {
    const auto& project = plan->as<LogicalProject>();
    ColumnMap map;
    for (size_t i = 0; i < project.exprs.size(); ++i) map.emplace(plan->columns()[i].id, project.exprs[i]);
    for (const SortKey& key : keys) {
      if (Substitute(key.expr, map)->volatility() == Volatility::kVolatile) return nullptr;
    }
    LogicalPtr below = BoundSorted(plan->child(), renamed(map), rows);
    return below == nullptr ? nullptr : plan->WithChildren({std::move(below)});
  }
  return nullptr;
}

}  // namespace

LogicalPtr PushLimits(const LogicalPtr& plan, const OptimizerContext& context) {
  if (plan->kind() == LogicalKind::kLimit) {
    const auto& limit = plan->as<LogicalLimit>();
    const LogicalPtr& child = plan->child();
    if (child->kind() == LogicalKind::kProject) {
      LogicalPtr below = std::make_shared<LogicalLimit>(child->child(), limit.limit, limit.offset);
      return child->WithChildren({PushLimits(below, context)});
    }
    // Of the rows from one limit, another takes some.
    if (child->kind() == LogicalKind::kLimit) {
      const auto& inner = child->as<LogicalLimit>();
      uint64_t offset = 0;
      if (!__builtin_add_overflow(limit.offset, inner.offset, &offset)) {
        std::optional<uint64_t> left = inner.limit;
        if (left.has_value()) left = *left - std::min(*left, limit.offset);
        if (limit.limit.has_value()) left = std::min(left.value_or(*limit.limit), *limit.limit);
        return PushLimits(std::make_shared<LogicalLimit>(child->child(), left, offset), context);
      }
    }
    uint64_t rows = 0;
    const bool bounded = limit.limit.has_value() && !__builtin_add_overflow(*limit.limit, limit.offset, &rows);
    if (bounded && IsUnionAll(*child)) {
      std::vector<LogicalPtr> branches;
      for (const LogicalPtr& branch : child->children()) {
        branches.push_back(PushLimits(IsBounded(*branch, rows) ? branch : WithLimit(branch, rows), context));
      }
      return plan->WithChildren({child->WithChildren(std::move(branches))});
    }
    if (const int side = KeptSide(*child); bounded && side >= 0) {
      const LogicalPtr& kept = child->child(static_cast<size_t>(side));
      if (!IsBounded(*kept, rows)) {
        std::vector<LogicalPtr> sides = child->children();
        sides[static_cast<size_t>(side)] = WithLimit(kept, rows);
        for (LogicalPtr& each : sides) each = PushLimits(each, context);
        return plan->WithChildren({child->WithChildren(std::move(sides))});
      }
    }
    // So many rows of each side make as many pairs, when the other has any.
    if (bounded && IsCrossJoin(*child) && !(IsBounded(*child->child(0), rows) && IsBounded(*child->child(1), rows))) {
      std::vector<LogicalPtr> sides;
      for (const LogicalPtr& side : child->children()) {
        sides.push_back(PushLimits(IsBounded(*side, rows) ? side : WithLimit(side, rows), context));
      }
      return plan->WithChildren({child->WithChildren(std::move(sides))});
    }
    if (bounded && rows <= kTopRowsMax && child->kind() == LogicalKind::kSort) {
      if (LogicalPtr below = BoundSorted(child->child(), child->as<LogicalSort>().keys, rows)) {
        return plan->WithChildren({child->WithChildren({PushLimits(below, context)})});
      }
    }
  }
  return MapChildren(plan, [&](const LogicalPtr& child) { return PushLimits(child, context); });
}

}  // namespace weir
