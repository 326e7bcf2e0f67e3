// ASOF joins: for each left row the one right row that is nearest by an order, among those equal in the keys.
#include <set>

#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

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

// What `left op right` asks for.
std::optional<AsofNearest> NearestOf(std::string_view op) {
  if (op == ">=") return AsofNearest::kAtOrBefore;
  if (op == ">") return AsofNearest::kBefore;
  if (op == "<=") return AsofNearest::kAtOrAfter;
  if (op == "<") return AsofNearest::kAfter;
  return std::nullopt;
}

AsofNearest Flipped(AsofNearest nearest) {
  constexpr AsofNearest kFlipped[] = {AsofNearest::kAtOrAfter, AsofNearest::kAfter, AsofNearest::kAtOrBefore,
                                      AsofNearest::kBefore};
  return kFlipped[static_cast<size_t>(nearest)];
}

}  // namespace

AsofCondition Binder::SplitAsof(const ExprPtr& condition, const LogicalNode& left, const LogicalNode& right,
                                int64_t position) const {
  const auto refuse = [&] {
    throw Error::User(sqlstate::kSyntaxError,
                      "an ASOF join's condition is one inequality and any number of equalities between its sides")
        .WithHint("Write ON a.key = b.key AND a.ts >= b.ts; further conditions belong into WHERE.")
        .WithPosition(position);
  };
  // Sides that may be compared as they are, but lie in memory differently.
  const auto unify = [&](ExprPtr& a, ExprPtr& b) {
    if (a->type() == b->type()) return;
    const std::optional<Type> common = registry_.CommonType(a->type(), b->type());
    if (!common.has_value()) {
      throw Error::Unsupported("Cast both sides to one type.", "an ASOF join on {} and {}", a->type().ToString(),
                               b->type().ToString())
          .WithPosition(position);
    }
    a = registry_.BindCast(a, *common, CastRule::kImplicit);
    b = registry_.BindCast(b, *common, CastRule::kImplicit);
  };
  AsofCondition out;
  for (const ExprPtr& conjunct : SplitConjunction(condition)) {
    if (conjunct->is_true()) continue;
    if (!conjunct->is(ExprKind::kCall) || conjunct->children().size() != 2) refuse();
    ExprPtr a = conjunct->child(0), b = conjunct->child(1);
    std::optional<AsofNearest> nearest = NearestOf(conjunct->name());
    if (!nearest.has_value() && conjunct->name() != "=") refuse();
    if (!UsesOnly(*a, left) || !UsesOnly(*b, right)) {
      std::swap(a, b);
      if (nearest.has_value()) nearest = Flipped(*nearest);
    }
    if (!UsesOnly(*a, left) || !UsesOnly(*b, right)) refuse();
    unify(a, b);
    if (!nearest.has_value()) {
      out.left_keys.push_back(std::move(a));
      out.right_keys.push_back(std::move(b));
      out.null_safe.push_back(false);
      continue;
    }
    if (out.left_order != nullptr) refuse();
    out.left_order = std::move(a);
    out.right_order = std::move(b);
    out.nearest = *nearest;
  }
  if (out.left_order == nullptr) refuse();
  return out;
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
  AsofCondition asof = SplitAsof(condition, *left.plan, *right.plan, join.offset);
  auto plan = std::make_shared<LogicalAsofJoin>(kind, left.plan, right.plan, std::move(asof));
  Bound out{std::move(plan), std::move(left.scope)};
  out.scope.Add(right.scope);
  for (const ColumnId id : right.scope.correlated()) out.scope.AddCorrelated(id);
  if (!pairs.empty()) MergeUsing(join, kind, pairs, out);
  return out;
}

}  // namespace weir
