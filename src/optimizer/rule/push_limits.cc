#include "optimizer/rule/push_limits.h"

#include <algorithm>

namespace weir {

namespace {

LogicalPtr WithLimit(LogicalPtr plan, uint64_t rows) {
  return std::make_shared<LogicalLimit>(std::move(plan), rows, 0);
}

bool IsBounded(const LogicalNode& plan, uint64_t rows) {
  return plan.kind() == LogicalKind::kLimit && plan.as<LogicalLimit>().limit.value_or(UINT64_MAX) <= rows;
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
    if (limit.limit.has_value() && child->kind() == LogicalKind::kSetOperation &&
        child->as<LogicalSetOperation>().operation == SetOperationKind::kUnionAll) {
      uint64_t rows = 0;
      if (!__builtin_add_overflow(*limit.limit, limit.offset, &rows)) {
        std::vector<LogicalPtr> branches;
        for (const LogicalPtr& branch : child->children()) {
          branches.push_back(PushLimits(IsBounded(*branch, rows) ? branch : WithLimit(branch, rows), context));
        }
        return plan->WithChildren({child->WithChildren(std::move(branches))});
      }
    }
  }
  std::vector<LogicalPtr> children;
  bool changed = false;
  for (const LogicalPtr& child : plan->children()) {
    children.push_back(PushLimits(child, context));
    changed = changed || children.back() != child;
  }
  return changed ? plan->WithChildren(std::move(children)) : plan;
}

}  // namespace weir
