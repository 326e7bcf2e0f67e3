#include "optimizer/rule/simplify.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <unordered_map>

#include "optimizer/map_children.h"
#include "runtime/cancellation_scope.h"

namespace weir {

namespace {

ExprPtr Boolean(bool value) {
  return Expr::Literal(Value::Boolean(value));
}

bool IsNullLiteral(const Expr& expr) {
  return expr.is(ExprKind::kLiteral) && expr.literal().is_null();
}

bool Contains(const std::vector<ExprPtr>& exprs, const Expr& expr) {
  return std::any_of(exprs.begin(), exprs.end(), [&](const ExprPtr& each) { return each->Equals(expr); });
}

// Expressions without repetitions, also when they are very many.
class DistinctExprs {
 public:
  // Unless it is there already, which a volatile one never is.
  void Add(const ExprPtr& expr) {
    if (expr->volatility() != Volatility::kVolatile) {
      const auto [begin, end] = by_hash_.equal_range(expr->Hash());
      if (std::any_of(begin, end, [&](const auto& entry) { return exprs_[entry.second]->Equals(*expr); })) return;
      by_hash_.emplace(expr->Hash(), exprs_.size());
    }
    exprs_.push_back(expr);
  }
  std::vector<ExprPtr> Take() && { return std::move(exprs_); }

 private:
  std::vector<ExprPtr> exprs_;
  std::unordered_multimap<uint64_t, size_t> by_hash_;
};

// x <> 1 AND x <> 2 AND ... is NOT x IN (1, 2, ...) when there are many: one look instead of a comparison each.
void CombineInequalities(std::vector<ExprPtr>& conjuncts) {
  constexpr size_t kFew = 8;
  if (conjuncts.size() < kFew) return;
  struct Group {
    ExprPtr subject;
    std::vector<size_t> members;
  };
  std::unordered_map<uint64_t, Group> groups;
  for (size_t i = 0; i < conjuncts.size(); ++i) {
    const Expr& conjunct = *conjuncts[i];
    if (!conjunct.is(ExprKind::kCall) || conjunct.name() != "<>" || !conjunct.child(1)->is(ExprKind::kLiteral) ||
        !(conjunct.child(1)->type() == conjunct.child(0)->type()) || conjunct.child(1)->literal().is_null() ||
        conjunct.child(0)->volatility() == Volatility::kVolatile) {
      continue;
    }
    Group& group = groups[conjunct.child(0)->Hash()];
    if (group.subject == nullptr) group.subject = conjunct.child(0);
    if (group.subject->Equals(*conjunct.child(0))) group.members.push_back(i);
  }
  for (auto& [hash, group] : groups) {
    if (group.members.size() < kFew) continue;
    std::vector<Value> values;
    for (const size_t member : group.members) {
      values.push_back(conjuncts[member]->child(1)->literal());
      conjuncts[member] = nullptr;
    }
    conjuncts[group.members[0]] = Expr::Not(Expr::In(group.subject, std::move(values)));
  }
  std::erase(conjuncts, nullptr);
}

// AND and OR alike: `absorbing` is the value that decides (false for AND), its opposite drops out.
ExprPtr SimplifyJunction(const ExprPtr& expr) {
  const bool is_and = expr->is(ExprKind::kAnd);
  DistinctExprs distinct;
  const std::function<bool(const ExprPtr&)> add = [&](const ExprPtr& operand) {
    if (operand->is(expr->kind())) return std::all_of(operand->children().begin(), operand->children().end(), add);
    if (operand->is(ExprKind::kLiteral) && !operand->literal().is_null()) return operand->literal().boolean() == is_and;
    distinct.Add(operand);
    return true;
  };
  for (const ExprPtr& child : expr->children()) {
    if (!add(child)) return Boolean(!is_and);
  }
  std::vector<ExprPtr> operands = std::move(distinct).Take();
  if (is_and) CombineInequalities(operands);
  if (operands.empty()) return Boolean(is_and);
  if (operands.size() == 1) return operands[0];
  return is_and ? Expr::And(std::move(operands)) : Expr::Or(std::move(operands));
}

// (a AND b) OR (a AND c) is a AND (b OR c): the common part can then be pushed or become a join condition.
ExprPtr FactorOr(const ExprPtr& expr) {
  std::vector<std::vector<ExprPtr>> branches;
  for (const ExprPtr& child : expr->children()) branches.push_back(SplitConjunction(child));
  std::vector<ExprPtr> common;
  for (const ExprPtr& candidate : branches[0]) {
    if (candidate->volatility() == Volatility::kVolatile) continue;
    const bool everywhere = std::all_of(branches.begin() + 1, branches.end(),
                                        [&](const auto& branch) { return Contains(branch, *candidate); });
    if (everywhere) common.push_back(candidate);
  }
  if (common.empty()) return expr;
  std::vector<ExprPtr> rest;
  for (const auto& branch : branches) {
    std::vector<ExprPtr> left;
    for (const ExprPtr& conjunct : branch) {
      if (!Contains(common, *conjunct)) left.push_back(conjunct);
    }
    // One branch is just the common part: the others add nothing.
    if (left.empty()) return CombineConjunction(std::move(common));
    rest.push_back(CombineConjunction(std::move(left)));
  }
  common.push_back(Expr::Or(std::move(rest)));
  return Expr::And(std::move(common));
}

// x = 1 OR x = 2 OR x IN (3) is x IN (1, 2, 3).
ExprPtr OrToIn(const ExprPtr& expr) {
  if (expr->children().size() < 2) return expr;
  ExprPtr subject;
  std::vector<Value> values;
  for (const ExprPtr& child : expr->children()) {
    ExprPtr of;
    if (child->is(ExprKind::kIn)) {
      of = child->child(0);
      values.insert(values.end(), child->set().begin(), child->set().end());
    } else if (child->is(ExprKind::kCall) && child->name() == "=" && child->child(1)->is(ExprKind::kLiteral) &&
               child->child(1)->type() == child->child(0)->type()) {
      of = child->child(0);
      values.push_back(child->child(1)->literal());
    } else {
      return expr;
    }
    if (subject == nullptr) subject = of;
    if (!subject->Equals(*of) || subject->volatility() == Volatility::kVolatile) return expr;
  }
  return Expr::In(subject, std::move(values));
}

// Casts that keep every value and their order.
bool KeepsOrder(const Type& from, const Type& to) {
  if (from.is_integer() && to.is_integer()) return from.kind() < to.kind();
  if (from.is(TypeKind::kDate)) return to.is(TypeKind::kTimestamp);
  return from.is_integer() && to.is(TypeKind::kDecimal);
}

// CAST(column AS wider) < constant is column < constant in the column's type, when that is exact: statistics, pruning
// and comparison then work on the column itself.
ExprPtr CompareInColumnType(const ExprPtr& expr, const OptimizerContext& context) {
  constexpr std::string_view kComparisons[] = {"=", "<>", "<", "<=", ">", ">="};
  if (expr->children().size() != 2 ||
      std::find(std::begin(kComparisons), std::end(kComparisons), expr->name()) == std::end(kComparisons)) {
    return expr;
  }
  for (size_t side = 0; side < 2; ++side) {
    const ExprPtr& cast = expr->child(side);
    const ExprPtr& constant = expr->child(1 - side);
    if (!cast->is(ExprKind::kCast) || cast->is_try() || !constant->is(ExprKind::kLiteral) ||
        constant->literal().is_null() || !KeepsOrder(cast->child(0)->type(), cast->type())) {
      continue;
    }
    const Type& narrow = cast->child(0)->type();
    std::optional<Value> value;
    bool exact = false;
    const auto out_of_range = CatchUnlessCanceled([&] {
      value = EvaluateConstant(Expr::Cast(constant, narrow), context.registry, context.statement);
      const ExprPtr up = Expr::Cast(Expr::Literal(*value), constant->type());
      exact = EvaluateConstant(up, context.registry, context.statement) == constant->literal();
    });
    if (out_of_range != nullptr || !exact || value->is_null()) continue;
    std::vector<ExprPtr> args(2);
    args[side] = cast->child(0);
    args[1 - side] = Expr::Literal(*value);
    return context.registry.BindCall(expr->name(), std::move(args), expr->position());
  }
  return expr;
}

ExprPtr Fold(const ExprPtr& expr, const OptimizerContext& context) {
  if (expr->is(ExprKind::kLiteral) || !expr->IsFoldable()) return expr;
  ExprPtr out = expr;
  // What fails is left to fail (or never to be reached) when it runs.
  (void)CatchUnlessCanceled([&] {
    const ExprPtr value = Expr::Literal(EvaluateConstant(expr, context.registry, context.statement));
    out = Expr::WithPosition(value, expr->position());
  });
  return out;
}

ExprPtr SimplifyNode(const ExprPtr& expr, const OptimizerContext& context) {
  switch (expr->kind()) {
    case ExprKind::kAnd:
      return SimplifyJunction(expr);
    case ExprKind::kOr: {
      ExprPtr out = SimplifyJunction(expr);
      if (out->is(ExprKind::kOr)) out = FactorOr(out);
      if (out->is(ExprKind::kOr)) out = OrToIn(out);
      return out;
    }
    case ExprKind::kNot: {
      const ExprPtr& inner = expr->child(0);
      if (inner->is(ExprKind::kNot)) return inner->child(0);
      if (inner->is(ExprKind::kCall) && inner->children().size() == 2) {
        constexpr std::pair<std::string_view, std::string_view> kOpposites[] = {{"=", "<>"}, {"<>", "="}, {"<", ">="},
                                                                                {">=", "<"}, {">", "<="}, {"<=", ">"}};
        for (const auto& [op, opposite] : kOpposites) {
          if (inner->name() == op) return context.registry.BindCall(opposite, inner->children(), inner->position());
        }
      }
      return Fold(expr, context);
    }
    case ExprKind::kCoalesce: {
      std::vector<ExprPtr> kept;
      for (const ExprPtr& child : expr->children()) {
        if (IsNullLiteral(*child)) continue;
        kept.push_back(child);
        if (child->is(ExprKind::kLiteral)) break;
      }
      if (kept.empty()) return Expr::Literal(Value::Null(expr->type()));
      if (kept.size() == 1) return kept[0];
      return kept.size() == expr->children().size() ? Fold(expr, context) : Expr::Coalesce(std::move(kept));
    }
    case ExprKind::kCase: {
      std::vector<ExprPtr> kept;
      const auto& children = expr->children();
      for (size_t i = 0; i + 1 < children.size(); i += 2) {
        if (children[i]->is_false() || IsNullLiteral(*children[i])) continue;
        if (children[i]->is_true()) {
          if (kept.empty()) return children[i + 1];
          kept.push_back(children[i + 1]);
          return Expr::Case(std::move(kept), expr->type());
        }
        kept.push_back(children[i]);
        kept.push_back(children[i + 1]);
      }
      if (kept.empty()) return children.back();
      if (kept.size() + 1 == children.size()) return Fold(expr, context);
      kept.push_back(children.back());
      return Expr::Case(std::move(kept), expr->type());
    }
    case ExprKind::kCall: {
      const ExprPtr folded = Fold(expr, context);
      return folded->is(ExprKind::kCall) ? CompareInColumnType(folded, context) : folded;
    }
    default:
      return Fold(expr, context);
  }
}

}  // namespace

ExprPtr SimplifyExpr(const ExprPtr& expr, const OptimizerContext& context) {
  return RewriteExpr(expr, [&](const ExprPtr& node) { return SimplifyNode(node, context); });
}

LogicalPtr SimplifyPlan(const LogicalPtr& plan, const OptimizerContext& context) {
  const LogicalPtr node = MapChildren(plan, [&](const LogicalPtr& child) { return SimplifyPlan(child, context); });
  const auto simplify = [&](const ExprPtr& expr) { return SimplifyExpr(expr, context); };
  switch (node->kind()) {
    case LogicalKind::kScan: {
      const auto& scan = node->as<LogicalScan>();
      if (scan.filters.empty()) return node;
      return scan.WithFilters(SplitConjunction(simplify(CombineConjunction(scan.filters))));
    }
    case LogicalKind::kFilter: {
      const ExprPtr predicate = simplify(node->as<LogicalFilter>().predicate);
      if (predicate->is_true()) return node->child();
      return std::make_shared<LogicalFilter>(node->child(), predicate);
    }
    case LogicalKind::kProject: {
      std::vector<ExprPtr> exprs = node->as<LogicalProject>().exprs;
      for (ExprPtr& expr : exprs) expr = simplify(expr);
      return std::make_shared<LogicalProject>(node->child(), std::move(exprs), node->columns());
    }
    case LogicalKind::kAggregate: {
      const auto& aggregate = node->as<LogicalAggregate>();
      std::vector<ExprPtr> groups = aggregate.groups;
      for (ExprPtr& group : groups) group = simplify(group);
      std::vector<AggregateCall> calls = aggregate.aggregates;
      for (AggregateCall& call : calls) {
        for (ExprPtr& arg : call.args) arg = simplify(arg);
        for (AggregateCall::Order& key : call.order_by) key.expr = simplify(key.expr);
        if (call.filter != nullptr) call.filter = simplify(call.filter);
      }
      return std::make_shared<LogicalAggregate>(node->child(), std::move(groups), std::move(calls), node->columns());
    }
    case LogicalKind::kWindow: {
      const auto& window = node->as<LogicalWindow>();
      std::vector<ExprPtr> partition_by = window.partition_by;
      for (ExprPtr& expr : partition_by) expr = simplify(expr);
      std::vector<SortKey> order_by = window.order_by;
      for (SortKey& key : order_by) key.expr = simplify(key.expr);
      std::vector<WindowCall> calls = window.calls;
      for (WindowCall& call : calls) ForEachExpr(call, [&](ExprPtr& expr) { expr = simplify(expr); });
      return std::make_shared<LogicalWindow>(node->child(), std::move(partition_by), std::move(order_by),
                                             std::move(calls), window.call_columns(), window.limit);
    }
    case LogicalKind::kJoin: {
      const auto& join = node->as<LogicalJoin>();
      return std::make_shared<LogicalJoin>(join.join_kind, join.child(0), join.child(1), simplify(join.condition),
                                           join.null_aware, join.mark);
    }
    case LogicalKind::kAsofJoin: {
      const auto& join = node->as<LogicalAsofJoin>();
      AsofCondition condition = join.condition;
      ForEachExpr(condition, [&](ExprPtr& expr) { expr = simplify(expr); });
      return std::make_shared<LogicalAsofJoin>(join.join_kind, join.child(0), join.child(1), std::move(condition));
    }
    case LogicalKind::kApply: {
      const auto& apply = node->as<LogicalApply>();
      return std::make_shared<LogicalApply>(apply.join_kind, apply.child(0), apply.child(1), apply.correlated,
                                            simplify(apply.condition), apply.null_aware, apply.mark);
    }
    default:
      return node;
  }
}

}  // namespace weir
