#pragma once

#include <vector>

#include "optimizer/stats/cardinality.h"
#include "plan/logical.h"

namespace weir {

// The node over what `f` makes of its children; the node itself when they stay as they are.
template <typename F>
LogicalPtr MapChildren(const LogicalPtr& plan, F&& f) {
  std::vector<LogicalPtr> children;
  children.reserve(plan->children().size());
  bool changed = false;
  for (const LogicalPtr& child : plan->children()) {
    children.push_back(f(child));
    changed = changed || children.back() != child;
  }
  return changed ? plan->WithChildren(std::move(children)) : plan;
}

// The same for passes that estimate on their way: what scans of a common table expression read is known below it.
template <typename F>
LogicalPtr MapChildren(const LogicalPtr& plan, CardinalityEstimator& estimator, F&& f) {
  size_t done = 0;
  return MapChildren(plan, [&](const LogicalPtr& child) {
    LogicalPtr out = f(child);
    if (plan->kind() == LogicalKind::kCte && done++ == 0) estimator.Define(plan->as<LogicalCte>().id, out);
    return out;
  });
}

}  // namespace weir
