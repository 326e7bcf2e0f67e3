// ASOF joins: for each left row the one right row that is nearest by an order, among those equal in the keys. The rows
// of both sides are put into one sequence per key, where the last right row before a left row is the one.
#include <algorithm>
#include <set>

#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

struct AsofCondition {
  std::vector<std::pair<ExprPtr, ExprPtr>> keys;  // left, right
  ExprPtr left;
  ExprPtr right;
  std::string op;  // left op right
};

ExprPtr ColumnOf(const PlanColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

bool UsesOnly(const Expr& expr, const LogicalNode& plan) {
  std::set<ColumnId> columns;
  for (const PlanColumn& column : plan.columns()) columns.insert(column.id);
  bool only = true;
  VisitExpr(expr, [&](const Expr& part) {
    if (part.is(ExprKind::kColumn) && !columns.contains(part.column_id())) only = false;
    return only;
  });
  return only;
}

std::string Flipped(const std::string& op) {
  if (op == ">=") return "<=";
  if (op == "<=") return ">=";
  if (op == ">") return "<";
  return ">";
}

AsofCondition Split(const ExprPtr& condition, const LogicalNode& left, const LogicalNode& right, int64_t position) {
  const auto refuse = [&] {
    throw Error::User(sqlstate::kSyntaxError,
                      "an ASOF join's condition is one inequality and any number of equalities between its sides")
        .WithHint("Write ON a.key = b.key AND a.ts >= b.ts; further conditions belong into WHERE.")
        .WithPosition(position);
  };
  AsofCondition out;
  for (const ExprPtr& conjunct : SplitConjunction(condition)) {
    if (conjunct->is_true()) continue;
    if (!conjunct->is(ExprKind::kCall) || conjunct->children().size() != 2) refuse();
    ExprPtr a = conjunct->child(0), b = conjunct->child(1);
    std::string op(conjunct->name());
    const bool is_order = op == ">=" || op == "<=" || op == ">" || op == "<";
    if (!is_order && op != "=") refuse();
    if (!UsesOnly(*a, left) || !UsesOnly(*b, right)) {
      std::swap(a, b);
      if (is_order) op = Flipped(op);
    }
    if (!UsesOnly(*a, left) || !UsesOnly(*b, right)) refuse();
    if (!is_order) {
      out.keys.emplace_back(std::move(a), std::move(b));
      continue;
    }
    if (out.left != nullptr) refuse();
    out.left = std::move(a);
    out.right = std::move(b);
    out.op = std::move(op);
  }
  if (out.left == nullptr) refuse();
  return out;
}

}  // namespace

Binder::Bound Binder::BindAsof(const ast::JoinedTable& join, JoinKind kind, Bound left, Bound right) {
  if (kind != JoinKind::kInner && kind != JoinKind::kLeft) {
    throw Error::Unsupported("Swap the sides and use ASOF LEFT JOIN.", "ASOF {} joins are not available",
                             JoinKindName(kind))
        .WithPosition(join.offset);
  }
  ExprPtr condition;
  if (!join.using_columns.empty()) {
    std::vector<ExprPtr> parts;
    for (const ast::Name& name : join.using_columns) {
      const ast::Name path[] = {name};
      const auto a = left.scope.FindHere(path, join.offset);
      const auto b = right.scope.FindHere(path, join.offset);
      if (!a.has_value() || !b.has_value()) {
        throw Error::User(sqlstate::kUndefinedColumn,
                          "column \"{}\" specified in USING clause does not exist in {} table", name,
                          a.has_value() ? "right" : "left")
            .WithPosition(join.offset);
      }
      // The last one is the order.
      const std::string_view op = parts.size() + 1 == join.using_columns.size() ? ">=" : "=";
      std::vector<ExprPtr> sides;
      for (const ScopeColumn& side : {*a, *b}) sides.push_back(Expr::Column(side.id, side.type, side.name));
      parts.push_back(registry_.BindCall(op, std::move(sides), join.offset));
    }
    condition = CombineConjunction(std::move(parts));
    for (ScopeColumn& column : right.scope.columns()) {
      if (std::ranges::find(join.using_columns, column.name) != join.using_columns.end()) column.hidden = true;
    }
  } else {
    Scope both;
    both.Add(left.scope);
    both.Add(right.scope);
    condition = ExpressionBinder(*this, both, "JOIN/ON", nullptr).BindPredicate(*join.on);
  }
  const AsofCondition asof = Split(condition, *left.plan, *right.plan, join.offset);

  // The right side's columns travel as one value; its first field says that there is one.
  std::vector<ExprPtr> fields = {Expr::Literal(Value::String("0")), Expr::Literal(Value::Boolean(true))};
  for (size_t i = 0; i < right.plan->columns().size(); ++i) {
    ExprPtr value = ColumnOf(right.plan->columns()[i]);
    if (value->type().is(TypeKind::kUnknown))
      value = registry_.BindCast(value, TypeKind::kVarchar, CastRule::kImplicit);
    fields.push_back(Expr::Literal(Value::String(std::to_string(i + 1))));
    fields.push_back(std::move(value));
  }
  const ExprPtr packed = registry_.BindCall("named_struct", std::move(fields), join.offset);

  // Columns of both branches: the left's, the keys, the order, the side, the packed right row. Rows of the side that
  // comes first among equals are 0.
  const bool strict = asof.op == ">" || asof.op == "<";
  const auto branch = [&](const Bound& side, bool is_left) {
    LogicalPtr plan = side.plan;
    std::vector<ExprPtr> exprs;
    for (const PlanColumn& column : left.plan->columns()) {
      exprs.push_back(is_left ? ColumnOf(column) : Expr::Literal(Value::Null(column.type)));
    }
    std::vector<ExprPtr> present;
    for (const auto& [a, b] : asof.keys) exprs.push_back(is_left ? a : b);
    exprs.push_back(is_left ? asof.left : asof.right);
    if (!is_left) {
      // NULL is near to nothing.
      for (size_t i = left.plan->columns().size(); i < exprs.size(); ++i) {
        present.push_back(Expr::Not(Expr::IsNull(exprs[i])));
      }
      plan = std::make_shared<LogicalFilter>(std::move(plan), CombineConjunction(std::move(present)));
    }
    exprs.push_back(Expr::Literal(Value::Int32(is_left == strict ? 0 : 1)));
    exprs.push_back(is_left ? Expr::Literal(Value::Null(packed->type())) : packed);
    std::vector<PlanColumn> columns;
    for (const ExprPtr& expr : exprs) columns.push_back(NewColumn(expr->type(), "asof"));
    return std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), std::move(columns));
  };
  std::vector<LogicalPtr> branches = {branch(left, true), branch(right, false)};
  std::vector<PlanColumn> columns;
  const size_t left_width = left.plan->columns().size();
  for (size_t i = 0; i < branches[0]->columns().size(); ++i) {
    columns.push_back(
        NewColumn(branches[0]->columns()[i].type, i < left_width ? left.plan->columns()[i].name : "asof"));
  }
  LogicalPtr plan = std::make_shared<LogicalSetOperation>(SetOperationKind::kUnionAll, std::move(branches), columns);

  std::vector<ExprPtr> partition;
  for (size_t i = 0; i < asof.keys.size(); ++i) partition.push_back(ColumnOf(columns[left_width + i]));
  const size_t order_at = left_width + asof.keys.size();
  const bool descending = asof.op == "<" || asof.op == "<=";
  // Left rows without an order come before all right rows.
  std::vector<SortKey> order = {{ColumnOf(columns[order_at]), descending, true},
                                {ColumnOf(columns[order_at + 1]), false, false}};
  WindowCall last;
  last.function = WindowFunction::kLastValue;
  last.call.name = "last_value";
  last.call.args = {ColumnOf(columns[order_at + 2])};
  last.call.type = packed->type();
  last.ignore_nulls = true;
  last.frame.unit = FrameUnit::kRows;
  const PlanColumn found = NewColumn(packed->type(), "asof");
  plan = std::make_shared<LogicalWindow>(std::move(plan), std::move(partition), std::move(order),
                                         std::vector<WindowCall>{std::move(last)}, std::vector<PlanColumn>{found});
  std::vector<ExprPtr> kept = {registry_.BindCall(
      "=", {ColumnOf(columns[order_at + 1]), Expr::Literal(Value::Int32(strict ? 0 : 1))}, join.offset)};
  const auto field = [&](size_t i) {
    return registry_.BindCall("struct_extract", {ColumnOf(found), Expr::Literal(Value::String(std::to_string(i)))},
                              join.offset);
  };
  if (kind == JoinKind::kInner) kept.push_back(Expr::Not(Expr::IsNull(field(0))));
  plan = std::make_shared<LogicalFilter>(std::move(plan), CombineConjunction(std::move(kept)));

  std::map<ColumnId, PlanColumn> renamed;
  std::vector<ExprPtr> exprs;
  std::vector<PlanColumn> output;
  for (size_t i = 0; i < left_width; ++i) {
    exprs.push_back(ColumnOf(columns[i]));
    output.push_back(columns[i]);
    renamed.emplace(left.plan->columns()[i].id, columns[i]);
  }
  for (size_t i = 0; i < right.plan->columns().size(); ++i) {
    exprs.push_back(field(i + 1));
    output.push_back(NewColumn(exprs.back()->type(), right.plan->columns()[i].name));
    renamed.emplace(right.plan->columns()[i].id, output.back());
  }
  Bound out{std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), std::move(output)),
            std::move(left.scope)};
  out.scope.Add(right.scope);
  for (const ColumnId id : right.scope.correlated()) out.scope.AddCorrelated(id);
  for (ScopeColumn& column : out.scope.columns()) {
    const PlanColumn& now = renamed.at(column.id);
    column.id = now.id;
    column.type = now.type;
  }
  return out;
}

}  // namespace weir
