#include "sql/binder/binder.h"

#include <algorithm>

#include "sql/binder/expression_binder.h"

namespace weir {

Binder::Binder(const BindContext& context)
    : context_(context), registry_(*context.registry), parameter_types_(context.parameter_types) {}

BoundStatement Binder::BindQueryStatement(const ast::Query& query) {
  std::vector<std::string> names;
  std::vector<ColumnId> correlated;
  LogicalPtr plan = BindQuery(query, nullptr, names, correlated);
  // Untyped results are text for the client.
  std::vector<Type> types;
  for (const PlanColumn& column : plan->columns()) {
    types.push_back(column.type.is(TypeKind::kUnknown) ? Type(TypeKind::kVarchar) : column.type);
  }
  plan = CastColumns(std::move(plan), types);
  return Finish(std::move(plan), std::move(names));
}

ExprPtr Binder::Settle(const ExprPtr& expr, const Type& type) {
  if (!expr->is(ExprKind::kParameter) || !expr->type().is(TypeKind::kUnknown) || type.is(TypeKind::kUnknown))
    return expr;
  parameter_types_[expr->parameter_index()] = type;
  return Expr::WithPosition(Expr::Parameter(expr->parameter_index(), type), expr->position());
}

void Binder::CheckCount(size_t count, std::string_view what, int64_t position) {
  constexpr size_t kCountMax = 2000;
  if (count <= kCountMax) return;
  throw Error::User(sqlstate::kStatementTooComplex, "too many {}: {}, at most {}", what, count, kCountMax)
      .WithHint("Keep parts of the result in a temporary table.")
      .WithPosition(position);
}

void Binder::CheckDepth(const LogicalPtr& plan) {
  constexpr size_t kPlanDepthMax = 4000;
  std::vector<std::pair<const LogicalNode*, size_t>> open = {{plan.get(), 1}};
  while (!open.empty()) {
    const auto [node, depth] = open.back();
    open.pop_back();
    if (depth > kPlanDepthMax) {
      throw Error::User(sqlstate::kStatementTooComplex, "plan nested too deeply: more than {} levels", kPlanDepthMax)
          .WithHint("Keep parts of the result in a temporary table.")
          .WithPosition(0);
    }
    for (const LogicalPtr& child : node->children()) open.emplace_back(child.get(), depth + 1);
  }
}

BoundStatement Binder::Finish(LogicalPtr plan, std::vector<std::string> names) {
  CheckDepth(plan);
  plan = KeyedByJsonb(plan);
  return {std::move(plan), std::move(names), parameter_types_};
}

ExprPtr Binder::BindStandalone(const ast::Expr& expr) {
  Scope scope;
  return ExpressionBinder(*this, scope, "a constant", nullptr).Bind(expr);
}

Value Binder::BindConstant(const ast::Expr& expr, const Type& type) {
  ExprPtr bound = BindStandalone(expr);
  if (bound->is(ExprKind::kParameter) || !bound->children().empty()) {
    bool has_parameter = false;
    VisitExpr(*bound, [&](const Expr& node) {
      has_parameter = has_parameter || node.is(ExprKind::kParameter);
      return true;
    });
    // A parameter's value is not known while only its type is asked for, which is what is wanted here.
    if (has_parameter) {
      if (!type.is(TypeKind::kUnknown)) {
        Scope scope;
        ExpressionBinder(*this, scope, "a constant", nullptr).CastTo(bound, type, CastRule::kAssignment, expr.offset);
      }
      return Value::Null(type);
    }
  }
  if (!type.is(TypeKind::kUnknown)) bound = registry_.BindCast(bound, type, CastRule::kAssignment, expr.offset);
  return EvaluateConstant(bound, registry_, *context_.statement);
}

LogicalPtr Binder::OneRow() {
  return std::make_shared<LogicalValues>(std::vector<std::vector<ExprPtr>>{{}}, std::vector<PlanColumn>{});
}

LogicalPtr Binder::FlushApplies(LogicalPtr plan, std::vector<PendingApply>& pending) {
  for (PendingApply& apply : pending) {
    // Of the columns used from around, those that the plan has are this Apply's; others belong to one further out.
    std::vector<ColumnId> own;
    for (const PlanColumn& column : plan->columns()) {
      if (std::find(apply.correlated.begin(), apply.correlated.end(), column.id) != apply.correlated.end()) {
        own.push_back(column.id);
      }
    }
    apply.correlated = std::move(own);
    plan =
        std::make_shared<LogicalApply>(apply.kind, std::move(plan), std::move(apply.right), std::move(apply.correlated),
                                       std::move(apply.condition), apply.null_aware, std::move(apply.mark));
  }
  pending.clear();
  return plan;
}

LogicalPtr Binder::CastColumns(LogicalPtr plan, const std::vector<Type>& types) {
  bool same = true;
  std::vector<ExprPtr> exprs;
  std::vector<PlanColumn> columns;
  for (size_t i = 0; i < types.size(); ++i) {
    const PlanColumn& from = plan->columns()[i];
    ExprPtr expr = Expr::Column(from.id, from.type, from.name);
    if (from.type == types[i]) {
      columns.push_back(from);
    } else {
      same = false;
      expr = registry_.BindCast(expr, types[i], CastRule::kImplicit);
      columns.push_back(NewColumn(types[i], from.name));
    }
    exprs.push_back(std::move(expr));
  }
  if (same) return plan;
  return std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), std::move(columns));
}

SortKey Binder::MakeSortKey(const ast::SortItem& item, const ExprPtr& expr) const {
  bool descending = item.direction == ast::SortDirection::kDescending;
  if (!item.using_op.empty()) {
    if (item.using_op != "<" && item.using_op != ">") {
      throw Error::User(sqlstate::kWrongObjectType, "operator {} is not a valid ordering operator", item.using_op);
    }
    descending = item.using_op == ">";
  }
  // PostgreSQL: NULLs are larger than everything; MySQL: smaller.
  bool nulls_first = context_.dialect == Dialect::kMySql ? !descending : descending;
  if (item.nulls != ast::NullsOrder::kDefault) nulls_first = item.nulls == ast::NullsOrder::kFirst;
  if (expr->type().is_sketch()) {
    throw Error::User(sqlstate::kUndefinedFunction, "could not identify an ordering operator for type {}",
                      expr->type().ToString())
        .WithPosition(expr->position());
  }
  return {OrderKey(expr), descending, nulls_first};
}

}  // namespace weir
