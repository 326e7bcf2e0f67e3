#include "optimizer/columns.h"

namespace weir {

ColumnSet ColumnsOf(const LogicalNode& node) {
  ColumnSet out;
  for (const PlanColumn& column : node.columns()) out.insert(column.id);
  return out;
}

void AddReferenced(const Expr& expr, ColumnSet& out) {
  VisitExpr(expr, [&](const Expr& part) {
    if (part.is(ExprKind::kColumn)) out.insert(part.column_id());
    return true;
  });
}

bool RefersOnlyTo(const Expr& expr, const ColumnSet& columns) {
  bool only = true;
  VisitExpr(expr, [&](const Expr& part) {
    if (part.is(ExprKind::kColumn) && !columns.contains(part.column_id())) only = false;
    return only;
  });
  return only;
}

bool RefersToAny(const Expr& expr, const ColumnSet& columns) {
  bool any = false;
  VisitExpr(expr, [&](const Expr& part) {
    if (part.is(ExprKind::kColumn) && columns.contains(part.column_id())) any = true;
    return !any;
  });
  return any;
}

ExprPtr ToExpr(const PlanColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

ExprPtr Substitute(const ExprPtr& expr, const ColumnMap& map) {
  if (map.empty()) return expr;
  return RewriteExpr(expr, [&](const ExprPtr& part) -> ExprPtr {
    if (!part->is(ExprKind::kColumn)) return part;
    const auto found = map.find(part->column_id());
    return found == map.end() ? part : found->second;
  });
}

AggregateCall Substitute(AggregateCall call, const ColumnMap& map) {
  for (ExprPtr& arg : call.args) arg = Substitute(arg, map);
  if (call.filter != nullptr) call.filter = Substitute(call.filter, map);
  for (auto& order : call.order_by) order.expr = Substitute(order.expr, map);
  return call;
}

WindowCall Substitute(WindowCall call, const ColumnMap& map) {
  ForEachExpr(call, [&](ExprPtr& expr) { expr = Substitute(expr, map); });
  return call;
}

AsofCondition Substitute(AsofCondition condition, const ColumnMap& map) {
  ForEachExpr(condition, [&](ExprPtr& expr) { expr = Substitute(expr, map); });
  return condition;
}

namespace {

// Calls use(expr) for every expression of this node alone.
template <typename F>
void ForEachOwnExpr(const LogicalNode& plan, F&& use) {
  switch (plan.kind()) {
    case LogicalKind::kScan:
      for (const ExprPtr& filter : plan.as<LogicalScan>().filters) use(filter);
      break;
    case LogicalKind::kValues:
      for (const auto& row : plan.as<LogicalValues>().rows) {
        for (const ExprPtr& expr : row) use(expr);
      }
      break;
    case LogicalKind::kFilter:
      use(plan.as<LogicalFilter>().predicate);
      break;
    case LogicalKind::kProject:
      for (const ExprPtr& expr : plan.as<LogicalProject>().exprs) use(expr);
      break;
    case LogicalKind::kAggregate:
      for (const ExprPtr& expr : plan.as<LogicalAggregate>().groups) use(expr);
      for (const AggregateCall& call : plan.as<LogicalAggregate>().aggregates) {
        for (const ExprPtr& arg : call.args) use(arg);
        if (call.filter != nullptr) use(call.filter);
        for (const auto& order : call.order_by) use(order.expr);
      }
      break;
    case LogicalKind::kJoin:
      use(plan.as<LogicalJoin>().condition);
      break;
    case LogicalKind::kAsofJoin:
      ForEachExpr(plan.as<LogicalAsofJoin>().condition, use);
      break;
    case LogicalKind::kApply:
      use(plan.as<LogicalApply>().condition);
      break;
    case LogicalKind::kSort:
      for (const SortKey& key : plan.as<LogicalSort>().keys) use(key.expr);
      break;
    case LogicalKind::kUnnest:
      for (const ExprPtr& list : plan.as<LogicalUnnest>().lists) use(list);
      break;
    case LogicalKind::kWindow: {
      const auto& window = plan.as<LogicalWindow>();
      for (const ExprPtr& expr : window.partition_by) use(expr);
      for (const SortKey& key : window.order_by) use(key.expr);
      for (const WindowCall& call : window.calls) ForEachExpr(call, use);
      break;
    }
    default:
      break;
  }
}

void AddUses(const LogicalNode& plan, ColumnSet& used, ColumnSet& made) {
  for (const LogicalPtr& child : plan.children()) AddUses(*child, used, made);
  for (const PlanColumn& column : plan.columns()) made.insert(column.id);
  ForEachOwnExpr(plan, [&](const ExprPtr& expr) { AddReferenced(*expr, used); });
}

void AddUsedBeyondFilter(const LogicalNode& plan, ColumnSet& tested, ColumnSet& out) {
  for (const LogicalPtr& child : plan.children()) AddUsedBeyondFilter(*child, tested, out);
  switch (plan.kind()) {
    case LogicalKind::kFilter:
      for (const ExprPtr& conjunct : SplitConjunction(plan.as<LogicalFilter>().predicate)) {
        ColumnSet own;
        AddReferenced(*conjunct, own);
        for (const ColumnId id : own) {
          if (!tested.insert(id).second) out.insert(id);
        }
      }
      return;
    case LogicalKind::kSetOperation:
    case LogicalKind::kCte:
    case LogicalKind::kRecursion:
      // By position.
      for (const LogicalPtr& child : plan.children()) {
        for (const PlanColumn& column : child->columns()) out.insert(column.id);
      }
      return;
    default:
      ForEachOwnExpr(plan, [&](const ExprPtr& expr) { AddReferenced(*expr, out); });
  }
}

}  // namespace

LogicalPtr WithNulls(LogicalPtr plan, const LogicalNode& node) {
  const ColumnSet present = ColumnsOf(*plan);
  std::vector<ExprPtr> exprs;
  for (const PlanColumn& column : node.columns()) {
    exprs.push_back(present.contains(column.id) ? ToExpr(column) : Expr::Literal(Value::Null(column.type)));
  }
  return std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), node.columns());
}

bool ComputesVolatile(const LogicalNode& plan) {
  bool found = false;
  ForEachOwnExpr(plan, [&](const ExprPtr& expr) { found = found || expr->volatility() == Volatility::kVolatile; });
  for (const LogicalPtr& child : plan.children()) found = found || ComputesVolatile(*child);
  return found;
}

ColumnSet FreeColumns(const LogicalNode& plan) {
  ColumnSet used, made;
  AddUses(plan, used, made);
  std::erase_if(used, [&](ColumnId id) { return made.contains(id); });
  return used;
}

bool EqualIsSame(const Type& type) {
  return type.is_integer() || type.is_string() || type.is(TypeKind::kDecimal) || type.is(TypeKind::kDate) ||
         type.is_timestamp() || type.is(TypeKind::kBoolean);
}

ColumnSet UsedBeyondOneFilter(const LogicalNode& plan) {
  ColumnSet tested, out;
  AddUsedBeyondFilter(plan, tested, out);
  for (const PlanColumn& column : plan.columns()) out.insert(column.id);
  return out;
}

namespace {

// Whether the value is NULL whenever all of `columns` are.
bool NullPropagates(const Expr& expr, const ColumnSet& columns) {
  switch (expr.kind()) {
    case ExprKind::kColumn:
      return columns.contains(expr.column_id());
    case ExprKind::kCast:
    case ExprKind::kNot:
    case ExprKind::kIn:
      return NullPropagates(*expr.child(0), columns);
    case ExprKind::kCall:
      if (expr.overload().nulls != NullBehavior::kPropagate) return false;
      for (const ExprPtr& child : expr.children()) {
        if (NullPropagates(*child, columns)) return true;
      }
      return false;
    default:
      return false;
  }
}

}  // namespace

bool RejectsNulls(const Expr& predicate, const ColumnSet& columns) {
  switch (predicate.kind()) {
    case ExprKind::kAnd:
      for (const ExprPtr& child : predicate.children()) {
        if (RejectsNulls(*child, columns)) return true;
      }
      return false;
    case ExprKind::kOr:
      for (const ExprPtr& child : predicate.children()) {
        if (!RejectsNulls(*child, columns)) return false;
      }
      return true;
    case ExprKind::kNot: {
      const Expr& inner = *predicate.child(0);
      if (inner.is(ExprKind::kIsNull)) return NullPropagates(*inner.child(0), columns);
      return NullPropagates(predicate, columns);
    }
    default:
      return NullPropagates(predicate, columns);
  }
}

}  // namespace weir
