// ASOF joins: for each left row the one right row that is nearest by an order, among those equal in the keys. The rows
// of both sides are put into one sequence per key, where the last right row before a left row is the one.
#include <algorithm>
#include <set>

#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

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

}  // namespace

struct Binder::AsofCondition {
  std::vector<std::pair<ExprPtr, ExprPtr>> keys;  // left, right
  ExprPtr left;
  ExprPtr right;
  std::string op;  // left op right
};

Binder::AsofCondition Binder::SplitAsof(const ExprPtr& condition, const LogicalNode& left, const LogicalNode& right,
                                        int64_t position) {
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

// The plan's columns are the left's and `wanted`, some of the right's; each keeps its id.
LogicalPtr Binder::MakeAsof(const AsofCondition& asof, bool keep_left, const LogicalPtr& left, const LogicalPtr& right,
                            const std::vector<PlanColumn>& wanted) {
  // Each right column travels in a struct of its own, so that a NULL in it differs from a row that is none, and so that
  // those that nobody uses stay behind.
  std::vector<ExprPtr> packed;
  for (const PlanColumn& column : wanted) {
    ExprPtr value = ColumnOf(column);
    if (value->type().is(TypeKind::kUnknown))
      value = registry_.BindCast(value, TypeKind::kVarchar, CastRule::kImplicit);
    packed.push_back(registry_.BindCall("named_struct", {Expr::Literal(Value::String("v")), std::move(value)}));
  }
  packed.push_back(Expr::Literal(Value::Boolean(true)));  // there is a row

  // Columns of both branches: the left's, the keys, the order, the side, the right row's. Rows of the side that comes
  // first among equals are 0.
  const bool strict = asof.op == ">" || asof.op == "<";
  const size_t left_width = left->columns().size();
  const size_t order_at = left_width + asof.keys.size(), packed_at = order_at + 2;
  const auto branch = [&](bool is_left) {
    LogicalPtr plan = is_left ? left : right;
    std::vector<ExprPtr> exprs;
    for (const PlanColumn& column : left->columns()) {
      exprs.push_back(is_left ? ColumnOf(column) : Expr::Literal(Value::Null(column.type)));
    }
    for (const auto& [a, b] : asof.keys) exprs.push_back(is_left ? a : b);
    exprs.push_back(is_left ? asof.left : asof.right);
    if (!is_left) {
      // NULL is near to nothing.
      std::vector<ExprPtr> present;
      for (size_t i = left_width; i < exprs.size(); ++i) present.push_back(Expr::Not(Expr::IsNull(exprs[i])));
      plan = std::make_shared<LogicalFilter>(std::move(plan), CombineConjunction(std::move(present)));
    }
    exprs.push_back(Expr::Literal(Value::Int32(is_left == strict ? 0 : 1)));
    for (const ExprPtr& value : packed) exprs.push_back(is_left ? Expr::Literal(Value::Null(value->type())) : value);
    std::vector<PlanColumn> columns;
    columns.reserve(exprs.size());
    for (const ExprPtr& expr : exprs) columns.push_back(NewColumn(expr->type(), "asof"));
    return std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), std::move(columns));
  };
  std::vector<LogicalPtr> branches = {branch(true), branch(false)};
  std::vector<PlanColumn> columns;
  columns.reserve(branches[0]->columns().size());
  for (size_t i = 0; i < branches[0]->columns().size(); ++i) {
    columns.push_back(NewColumn(branches[0]->columns()[i].type, i < left_width ? left->columns()[i].name : "asof"));
  }
  LogicalPtr plan = std::make_shared<LogicalSetOperation>(SetOperationKind::kUnionAll, std::move(branches), columns);

  std::vector<ExprPtr> partition;
  partition.reserve(asof.keys.size());
  for (size_t i = 0; i < asof.keys.size(); ++i) partition.push_back(ColumnOf(columns[left_width + i]));
  const bool descending = asof.op == "<" || asof.op == "<=";
  // Left rows without an order come before all right rows.
  std::vector<SortKey> order = {{ColumnOf(columns[order_at]), descending, true},
                                {ColumnOf(columns[order_at + 1]), false, false}};
  std::vector<WindowCall> calls;
  std::vector<PlanColumn> found;
  for (size_t i = packed_at; i < columns.size(); ++i) {
    WindowCall last;
    last.function = WindowFunction::kLastValue;
    last.call.name = "last_value";
    last.call.args = {ColumnOf(columns[i])};
    last.call.type = columns[i].type;
    last.ignore_nulls = true;
    last.frame.unit = FrameUnit::kRows;
    calls.push_back(std::move(last));
    found.push_back(NewColumn(columns[i].type, "asof"));
  }
  plan =
      std::make_shared<LogicalWindow>(std::move(plan), std::move(partition), std::move(order), std::move(calls), found);
  std::vector<ExprPtr> kept = {
      registry_.BindCall("=", {ColumnOf(columns[order_at + 1]), Expr::Literal(Value::Int32(strict ? 0 : 1))})};
  if (!keep_left) kept.push_back(Expr::Not(Expr::IsNull(ColumnOf(found.back()))));
  plan = std::make_shared<LogicalFilter>(std::move(plan), CombineConjunction(std::move(kept)));

  std::vector<ExprPtr> exprs;
  std::vector<PlanColumn> output = left->columns();
  exprs.reserve(left_width);
  for (size_t i = 0; i < left_width; ++i) exprs.push_back(ColumnOf(columns[i]));
  for (size_t i = 0; i < wanted.size(); ++i) {
    exprs.push_back(registry_.BindCall("struct_extract", {ColumnOf(found[i]), Expr::Literal(Value::String("v"))}));
    output.push_back({wanted[i].id, exprs.back()->type(), wanted[i].name});
  }
  return std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), std::move(output));
}

Binder::Bound Binder::BindAsof(const ast::JoinedTable& join, JoinKind kind, Bound left, const Bound& right) {
  if (kind == JoinKind::kSemi || kind == JoinKind::kAnti) {
    throw Error::Unsupported("Use ASOF JOIN and select the left side's columns.", "ASOF {} joins are not available",
                             JoinKindName(kind))
        .WithPosition(join.offset);
  }
  ExprPtr condition;
  UsingPairs pairs;
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
      pairs.emplace_back(*a, *b);
    }
    condition = CombineConjunction(std::move(parts));
  } else {
    Scope both;
    both.Add(left.scope);
    both.Add(right.scope);
    condition = ExpressionBinder(*this, both, "JOIN/ON", nullptr).BindPredicate(*join.on);
  }
  const AsofCondition asof = SplitAsof(condition, *left.plan, *right.plan, join.offset);
  LogicalPtr plan;
  if (kind == JoinKind::kInner || kind == JoinKind::kLeft) {
    plan = MakeAsof(asof, kind == JoinKind::kLeft, left.plan, right.plan, right.plan->columns());
  } else {
    // Right rows are numbered; those whose number no left row has found are added by a join.
    const PlanColumn row = NewColumn(TypeKind::kInt64, "row");
    const LogicalPtr numbered = NumberRows(right.plan, row);
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> columns, all;
    std::vector<ColumnId> sources;
    for (const PlanColumn& column : numbered->columns()) {
      exprs.push_back(ColumnOf(column));
      columns.push_back(NewColumn(column.type, column.name));
      sources.push_back(columns.back().id);
      all.push_back(NewColumn(column.type, column.name));
    }
    const CteId id = ids_.NextCte();
    const auto definition = std::make_shared<LogicalProject>(numbered, std::move(exprs), std::move(columns));
    const auto searched = std::make_shared<LogicalCteScan>(id, "right", numbered->columns(), sources);
    plan = MakeAsof(asof, kind == JoinKind::kFull, left.plan, searched, {row});
    auto same = registry_.BindCall("=", {ColumnOf(row), ColumnOf(all.back())});
    plan = std::make_shared<LogicalJoin>(kind, std::move(plan),
                                         std::make_shared<LogicalCteScan>(id, "right", all, sources), std::move(same));
    std::vector<ExprPtr> results;
    std::vector<PlanColumn> output = left.plan->columns();
    results.reserve(output.size());
    for (const PlanColumn& column : output) results.push_back(ColumnOf(column));
    for (size_t i = 0; i < right.plan->columns().size(); ++i) {
      results.push_back(ColumnOf(all[i]));
      output.push_back(right.plan->columns()[i]);
    }
    plan = std::make_shared<LogicalProject>(std::move(plan), std::move(results), std::move(output));
    plan = std::make_shared<LogicalCte>(id, "right", definition, std::move(plan));
  }
  Bound out{std::move(plan), std::move(left.scope)};
  out.scope.Add(right.scope);
  for (const ColumnId id : right.scope.correlated()) out.scope.AddCorrelated(id);
  for (ScopeColumn& column : out.scope.columns()) {
    for (const PlanColumn& made : out.plan->columns()) {
      if (made.id == column.id) column.type = made.type;  // of an untyped literal: text
    }
  }
  if (!pairs.empty()) MergeUsing(join, kind, pairs, out);
  return out;
}

}  // namespace weir
