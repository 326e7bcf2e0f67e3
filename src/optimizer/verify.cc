#include <unordered_map>

#include "optimizer/columns.h"
#include "optimizer/optimizer.h"

namespace weir {

namespace {

using Visible = std::unordered_map<ColumnId, Type>;

void CheckExpr(const Expr& expr, const Visible& visible, const LogicalNode& node, std::string_view after) {
  VisitExpr(expr, [&](const Expr& part) {
    if (!part.is(ExprKind::kColumn)) return true;
    const auto found = visible.find(part.column_id());
    if (found == visible.end()) {
      throw Error::Internal("plan after {}: column {} ({}) is not an input of: {}", after, part.name(),
                            part.column_id(), node.ToString());
    }
    if (!(found->second == part.type())) {
      throw Error::Internal("plan after {}: column {} has type {}, used as {} in: {}", after, part.name(),
                            found->second.ToString(), part.type().ToString(), node.ToString());
    }
    return true;
  });
}

void CheckCalls(const std::vector<AggregateCall>& calls, const Visible& visible, const LogicalNode& node,
                std::string_view after) {
  for (const AggregateCall& call : calls) {
    for (const ExprPtr& arg : call.args) CheckExpr(*arg, visible, node, after);
    if (call.filter != nullptr) CheckExpr(*call.filter, visible, node, after);
    for (const auto& order : call.order_by) CheckExpr(*order.expr, visible, node, after);
  }
}

[[noreturn]] void Malformed(const LogicalNode& node, std::string_view after, std::string_view what) {
  throw Error::Internal("plan after {}: {} in: {}", after, what, node.ToString());
}

// The columns that a node puts out are those of its expressions and children.
void CheckShape(const LogicalNode& node, const Visible& visible, std::string_view after) {
  switch (node.kind()) {
    case LogicalKind::kProject: {
      const auto& exprs = node.as<LogicalProject>().exprs;
      if (exprs.size() != node.columns().size()) Malformed(node, after, "not a column per expression");
      for (size_t i = 0; i < exprs.size(); ++i) {
        if (!(exprs[i]->type() == node.columns()[i].type)) Malformed(node, after, "a column of another type");
      }
      return;
    }
    case LogicalKind::kAggregate: {
      const auto& aggregate = node.as<LogicalAggregate>();
      const size_t groups = aggregate.groups.size();
      if (node.columns().size() != groups + aggregate.aggregates.size()) {
        Malformed(node, after, "not a column per key and call");
      }
      for (size_t i = 0; i < groups; ++i) {
        if (!(aggregate.groups[i]->type() == node.columns()[i].type)) {
          Malformed(node, after, "a key's column of another type");
        }
      }
      return;
    }
    case LogicalKind::kValues:
      for (const auto& row : node.as<LogicalValues>().rows) {
        if (row.size() != node.columns().size()) Malformed(node, after, "not a value per column");
      }
      return;
    case LogicalKind::kJoin: {
      const auto& join = node.as<LogicalJoin>();
      if ((join.join_kind == JoinKind::kMark) != join.mark.has_value()) Malformed(node, after, "a mark out of place");
      if (!join.condition->type().is(TypeKind::kBoolean)) Malformed(node, after, "a condition that is not boolean");
      ColumnSet left = ColumnsOf(*join.child(0));
      for (const PlanColumn& column : join.child(1)->columns()) {
        if (left.contains(column.id)) Malformed(node, after, "a column of both sides");
      }
      return;
    }
    case LogicalKind::kAsofJoin: {
      const AsofCondition& condition = node.as<LogicalAsofJoin>().condition;
      const ColumnSet sides[] = {ColumnsOf(*node.child(0)), ColumnsOf(*node.child(1))};
      if (condition.left_keys.size() != condition.right_keys.size() ||
          condition.left_keys.size() != condition.null_safe.size()) {
        Malformed(node, after, "keys that are no pairs");
      }
      const auto pair = [&](const ExprPtr& left, const ExprPtr& right) {
        if (!(left->type() == right->type())) Malformed(node, after, "a pair of two types");
        if (!RefersOnlyTo(*left, sides[0]) || !RefersOnlyTo(*right, sides[1])) {
          Malformed(node, after, "an expression over the wrong side");
        }
      };
      pair(condition.left_order, condition.right_order);
      for (size_t i = 0; i < condition.left_keys.size(); ++i) pair(condition.left_keys[i], condition.right_keys[i]);
      return;
    }
    case LogicalKind::kFilter:
    case LogicalKind::kSort:
    case LogicalKind::kLimit:
      for (const PlanColumn& column : node.columns()) {
        if (!visible.contains(column.id)) Malformed(node, after, "a column that no input has");
      }
      return;
    case LogicalKind::kSetOperation:
      for (const LogicalPtr& child : node.children()) {
        if (child->columns().size() < node.columns().size()) Malformed(node, after, "a branch with fewer columns");
        for (size_t i = 0; i < node.columns().size(); ++i) {
          if (!(child->columns()[i].type == node.columns()[i].type)) {
            Malformed(node, after, "a branch with a column of another type");
          }
        }
      }
      return;
    default:
      return;
  }
}

}  // namespace

void VerifyLogical(const LogicalNode& plan, std::string_view after) {
  Visible visible;
  for (const LogicalPtr& child : plan.children()) {
    // Before unnesting, an Apply's right side sees the left; what it refers to is checked by the Apply's conversion.
    if (plan.kind() == LogicalKind::kApply && child == plan.child(1)) continue;
    VerifyLogical(*child, after);
  }
  for (const LogicalPtr& child : plan.children()) {
    for (const PlanColumn& column : child->columns()) visible.emplace(column.id, column.type);
  }
  const auto check = [&](const ExprPtr& expr) { CheckExpr(*expr, visible, plan, after); };
  CheckShape(plan, visible, after);
  switch (plan.kind()) {
    case LogicalKind::kScan: {
      for (const PlanColumn& column : plan.columns()) visible.emplace(column.id, column.type);
      for (const ExprPtr& filter : plan.as<LogicalScan>().filters) check(filter);
      return;
    }
    case LogicalKind::kFilter:
      return check(plan.as<LogicalFilter>().predicate);
    case LogicalKind::kProject:
      for (const ExprPtr& expr : plan.as<LogicalProject>().exprs) check(expr);
      return;
    case LogicalKind::kAggregate:
      for (const ExprPtr& expr : plan.as<LogicalAggregate>().groups) check(expr);
      return CheckCalls(plan.as<LogicalAggregate>().aggregates, visible, plan, after);
    case LogicalKind::kJoin:
      return check(plan.as<LogicalJoin>().condition);
    case LogicalKind::kAsofJoin:
      return ForEachExpr(plan.as<LogicalAsofJoin>().condition, check);
    case LogicalKind::kSort:
      for (const SortKey& key : plan.as<LogicalSort>().keys) check(key.expr);
      return;
    case LogicalKind::kUnnest:
      for (const ExprPtr& list : plan.as<LogicalUnnest>().lists) check(list);
      return;
    case LogicalKind::kWindow: {
      const auto& window = plan.as<LogicalWindow>();
      for (const ExprPtr& expr : window.partition_by) check(expr);
      for (const SortKey& key : window.order_by) check(key.expr);
      for (const WindowCall& call : window.calls) ForEachExpr(call, check);
      return;
    }
    default:
      return;
  }
}

}  // namespace weir
