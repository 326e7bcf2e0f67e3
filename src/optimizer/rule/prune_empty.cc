#include "optimizer/rule/prune_empty.h"

#include <algorithm>

#include "optimizer/columns.h"
#include "optimizer/map_children.h"

namespace weir {

namespace {

bool IsEmpty(const LogicalNode& plan) {
  return plan.kind() == LogicalKind::kValues && plan.as<LogicalValues>().rows.empty();
}

LogicalPtr Empty(const LogicalNode& plan) {
  return std::make_shared<LogicalValues>(std::vector<std::vector<ExprPtr>>{}, plan.columns());
}

bool IsNever(const ExprPtr& predicate) {
  const std::vector<ExprPtr> conjuncts = SplitConjunction(predicate);
  return std::any_of(conjuncts.begin(), conjuncts.end(), [](const ExprPtr& each) { return each->is_false(); });
}

LogicalPtr PruneJoin(const LogicalPtr& plan) {
  const auto& join = plan->as<LogicalJoin>();
  const bool left = IsEmpty(*join.child(0));
  const bool never = !join.null_aware && IsNever(join.condition);
  const bool right = IsEmpty(*join.child(1));
  switch (join.join_kind) {
    case JoinKind::kInner:
    case JoinKind::kSemi:
      return left || right || never ? Empty(join) : plan;
    case JoinKind::kLeft:
    case JoinKind::kSingle:
      if (left) return Empty(join);
      return right || never ? WithNulls(join.child(0), join) : plan;
    case JoinKind::kRight:
      if (right) return Empty(join);
      return left || never ? WithNulls(join.child(1), join) : plan;
    case JoinKind::kFull:
      if (left && right) return Empty(join);
      if (right) return WithNulls(join.child(0), join);
      return left ? WithNulls(join.child(1), join) : plan;
    case JoinKind::kAnti:
      if (left) return Empty(join);
      return right || never ? join.child(0) : plan;
    case JoinKind::kMark: {
      if (left) return Empty(join);
      if (!right) return plan;
      std::vector<ExprPtr> exprs;
      for (const PlanColumn& column : join.child(0)->columns()) exprs.push_back(ToExpr(column));
      exprs.push_back(Expr::Literal(Value::Boolean(false)));
      return std::make_shared<LogicalProject>(join.child(0), std::move(exprs), join.columns());
    }
  }
  return plan;
}

// A branch under the columns of its set operation.
LogicalPtr Renamed(const LogicalNode& operation, const LogicalPtr& branch) {
  std::vector<ExprPtr> exprs;
  exprs.reserve(operation.columns().size());
  for (size_t i = 0; i < operation.columns().size(); ++i) exprs.push_back(ToExpr(branch->columns()[i]));
  return std::make_shared<LogicalProject>(branch, std::move(exprs), operation.columns());
}

LogicalPtr PruneSetOperation(const LogicalPtr& plan) {
  const auto& children = plan->children();
  switch (plan->as<LogicalSetOperation>().operation) {
    case SetOperationKind::kUnionAll: {
      std::vector<LogicalPtr> kept;
      for (const LogicalPtr& child : children) {
        if (!IsEmpty(*child)) kept.push_back(child);
      }
      if (kept.size() == children.size()) return plan;
      if (kept.empty()) return Empty(*plan);
      return kept.size() == 1 ? Renamed(*plan, kept[0]) : plan->WithChildren(std::move(kept));
    }
    case SetOperationKind::kIntersect:
    case SetOperationKind::kIntersectAll:
      return IsEmpty(*children[0]) || IsEmpty(*children[1]) ? Empty(*plan) : plan;
    case SetOperationKind::kExcept:
      return IsEmpty(*children[0]) ? Empty(*plan) : plan;
    case SetOperationKind::kExceptAll:
      if (IsEmpty(*children[0])) return Empty(*plan);
      return IsEmpty(*children[1]) ? Renamed(*plan, children[0]) : plan;
  }
  return plan;
}

LogicalPtr PruneAsofJoin(const LogicalPtr& plan) {
  const JoinKind kind = plan->as<LogicalAsofJoin>().join_kind;
  const bool keeps[] = {kind == JoinKind::kLeft || kind == JoinKind::kFull,
                        kind == JoinKind::kRight || kind == JoinKind::kFull};
  for (size_t side = 0; side < 2; ++side) {
    if (!IsEmpty(*plan->child(side))) continue;
    return keeps[1 - side] ? WithNulls(plan->child(1 - side), *plan) : Empty(*plan);
  }
  return plan;
}

}  // namespace

LogicalPtr PruneEmpty(const LogicalPtr& plan, const OptimizerContext& context) {
  LogicalPtr node = MapChildren(plan, [&](const LogicalPtr& child) { return PruneEmpty(child, context); });
  switch (node->kind()) {
    case LogicalKind::kScan: {
      const auto& filters = node->as<LogicalScan>().filters;
      return std::any_of(filters.begin(), filters.end(), IsNever) ? Empty(*node) : node;
    }
    case LogicalKind::kFilter:
      return IsEmpty(*node->child()) || IsNever(node->as<LogicalFilter>().predicate) ? Empty(*node) : node;
    case LogicalKind::kLimit:
      return IsEmpty(*node->child()) || node->as<LogicalLimit>().limit == 0 ? Empty(*node) : node;
    case LogicalKind::kProject:
    case LogicalKind::kSort:
    case LogicalKind::kWindow:
    case LogicalKind::kUnnest:
      return IsEmpty(*node->child()) ? Empty(*node) : node;
    case LogicalKind::kAggregate:
      // Without keys there is a row all the same.
      return !node->as<LogicalAggregate>().groups.empty() && IsEmpty(*node->child()) ? Empty(*node) : node;
    case LogicalKind::kCte:
      return IsEmpty(*node->child(1)) && !HasChange(*node->child(0)) ? Empty(*node) : node;
    case LogicalKind::kJoin:
      return PruneJoin(node);
    case LogicalKind::kAsofJoin:
      return PruneAsofJoin(node);
    case LogicalKind::kSetOperation:
      return PruneSetOperation(node);
    default:
      return node;
  }
}

}  // namespace weir
