#include "optimizer/rule/infer_filters.h"

#include <algorithm>

#include "optimizer/columns.h"
#include "optimizer/map_children.h"
#include "optimizer/rule/push_filters.h"

namespace weir {

namespace {

using Conjuncts = std::vector<ExprPtr>;
constexpr size_t kConjunctsMax = 256;  // derived at one join

// The same comparison, whichever way its function was found.
bool IsSame(const Expr& a, const Expr& b) {
  if (a.Equals(b)) return true;
  if (!a.is(ExprKind::kCall) || !b.is(ExprKind::kCall) || a.name() != b.name()) return false;
  return a.children().size() == 2 && b.children().size() == 2 && a.child(0)->Equals(*b.child(0)) &&
         a.child(1)->Equals(*b.child(1));
}

bool Contains(const Conjuncts& conjuncts, const Expr& expr) {
  return std::any_of(conjuncts.begin(), conjuncts.end(), [&](const ExprPtr& each) { return IsSame(*each, expr); });
}

// The column that such a condition is about: compared with a constant, in a list, like a pattern.
const Expr* ComparedColumn(const Expr& expr) {
  constexpr std::string_view kOperators[] = {"=", "<", "<=", ">", ">=", "<>", "~~", "starts_with"};
  if (expr.is(ExprKind::kIn)) return expr.child(0)->is(ExprKind::kColumn) ? expr.child(0).get() : nullptr;
  if (!expr.is(ExprKind::kCall) || expr.children().size() != 2 ||
      std::find(std::begin(kOperators), std::end(kOperators), expr.name()) == std::end(kOperators)) {
    return nullptr;
  }
  for (size_t i = 0; i < 2; ++i) {
    if (expr.child(i)->is(ExprKind::kColumn) && expr.child(1 - i)->is(ExprKind::kLiteral)) return expr.child(i).get();
  }
  return nullptr;
}

constexpr int kNodesMax = 16;  // of a condition that is worth computing on both sides

// The one column that a condition is a function of, when equal values of it cannot be told apart.
const Expr* OnlyColumnOf(const Expr& expr) {
  if (!expr.is(ExprKind::kCall) && !expr.is(ExprKind::kOr)) return nullptr;
  if (expr.volatility() == Volatility::kVolatile || expr.CanFail()) return nullptr;
  const Expr* column = nullptr;
  bool single = true;
  int nodes = 0;
  VisitExpr(expr, [&](const Expr& part) {
    single = single && ++nodes <= kNodesMax && !part.is(ExprKind::kSubquery) && !part.is(ExprKind::kParameter);
    if (!part.is(ExprKind::kColumn)) return single;
    single = single && (column == nullptr || column->column_id() == part.column_id()) && EqualIsSame(part.type());
    column = &part;
    return single;
  });
  return single ? column : nullptr;
}

const Expr* SubjectOf(const Expr& expr) {
  const Expr* compared = ComparedColumn(expr);
  return compared != nullptr ? compared : OnlyColumnOf(expr);
}

void AddSimple(const ExprPtr& predicate, Conjuncts& out) {
  for (const ExprPtr& conjunct : SplitConjunction(predicate)) {
    if (SubjectOf(*conjunct) != nullptr && !Contains(out, *conjunct)) out.push_back(conjunct);
  }
}

// Pairs of columns that are equal, value for value, in all rows that match.
std::vector<std::pair<ExprPtr, ExprPtr>> EqualColumns(const ExprPtr& condition) {
  std::vector<std::pair<ExprPtr, ExprPtr>> out;
  for (const ExprPtr& conjunct : SplitConjunction(condition)) {
    if (!conjunct->is(ExprKind::kCall) || (conjunct->name() != "=" && conjunct->name() != "is_not_distinct_from")) {
      continue;
    }
    const ExprPtr& a = conjunct->child(0);
    const ExprPtr& b = conjunct->child(1);
    if (a->is(ExprKind::kColumn) && b->is(ExprKind::kColumn) && a->type() == b->type()) out.emplace_back(a, b);
  }
  return out;
}

// Adds to `conjuncts` what the equalities make of them, until there is nothing new.
void Close(Conjuncts& conjuncts, const std::vector<std::pair<ExprPtr, ExprPtr>>& equal) {
  for (size_t i = 0; i < conjuncts.size() && conjuncts.size() < kConjunctsMax; ++i) {
    const ExprPtr conjunct = conjuncts[i];
    const ColumnId subject = SubjectOf(*conjunct)->column_id();
    for (const auto& [a, b] : equal) {
      const ExprPtr* other = a->column_id() == subject ? &b : b->column_id() == subject ? &a : nullptr;
      if (other == nullptr) continue;
      ExprPtr implied = Substitute(conjunct, {{subject, *other}});
      if (!Contains(conjuncts, *implied)) conjuncts.push_back(std::move(implied));
    }
  }
}

// What is true of every row that the plan puts out, as far as filters say it.
void AddKnown(const LogicalNode& plan, Conjuncts& out) {
  switch (plan.kind()) {
    case LogicalKind::kScan:
      for (const ExprPtr& filter : plan.as<LogicalScan>().filters) AddSimple(filter, out);
      return;
    case LogicalKind::kFilter:
      AddSimple(plan.as<LogicalFilter>().predicate, out);
      return AddKnown(*plan.child(), out);
    case LogicalKind::kSort:
    case LogicalKind::kLimit:
    case LogicalKind::kWindow:
    case LogicalKind::kUnnest:
      return AddKnown(*plan.child(), out);
    case LogicalKind::kProject:
    case LogicalKind::kAggregate: {
      Conjuncts below;
      AddKnown(*plan.child(), below);
      const auto& exprs =
          plan.kind() == LogicalKind::kProject ? plan.as<LogicalProject>().exprs : plan.as<LogicalAggregate>().groups;
      for (size_t i = 0; i < exprs.size(); ++i) {
        if (!exprs[i]->is(ExprKind::kColumn)) continue;
        for (const ExprPtr& conjunct : below) {
          if (SubjectOf(*conjunct)->column_id() != exprs[i]->column_id()) continue;
          ExprPtr renamed = Substitute(conjunct, {{exprs[i]->column_id(), ToExpr(plan.columns()[i])}});
          if (!Contains(out, *renamed)) out.push_back(std::move(renamed));
        }
      }
      return;
    }
    case LogicalKind::kJoin: {
      const auto& join = plan.as<LogicalJoin>();
      const JoinKind kind = join.join_kind;
      if (kind == JoinKind::kInner) AddSimple(join.condition, out);
      if (kind != JoinKind::kRight && kind != JoinKind::kFull) AddKnown(*join.child(0), out);
      if (kind == JoinKind::kInner || kind == JoinKind::kRight) AddKnown(*join.child(1), out);
      if (kind == JoinKind::kInner) Close(out, EqualColumns(join.condition));
      return;
    }
    case LogicalKind::kCte:
      return AddKnown(*plan.child(1), out);
    default:
      return;
  }
}

class Inference {
 public:
  // `given` are new conditions that a parent has put on top of the plan.
  LogicalPtr Rewrite(const LogicalPtr& plan, const Conjuncts& given) {
    if (plan->kind() == LogicalKind::kJoin) return RewriteJoin(plan, given);
    const bool passes = plan->kind() == LogicalKind::kFilter || plan->kind() == LogicalKind::kSort;
    return MapChildren(plan, [&](const LogicalPtr& child) { return Rewrite(child, passes ? given : Conjuncts{}); });
  }
  bool found() const { return found_; }

 private:
  LogicalPtr RewriteJoin(const LogicalPtr& plan, const Conjuncts& given) {
    const auto& join = plan->as<LogicalJoin>();
    const JoinKind kind = join.join_kind;
    Conjuncts known[2];
    for (size_t side = 0; side < 2; ++side) AddKnown(*join.child(side), known[side]);
    // Sides whose conditions hold for all rows that matter to the other one.
    const bool from[2] = {kind != JoinKind::kRight && kind != JoinKind::kFull && !join.null_aware,
                          kind == JoinKind::kInner || kind == JoinKind::kRight || kind == JoinKind::kSemi};
    const bool to[2] = {from[1] && !join.null_aware, from[0]};
    Conjuncts all;
    const auto add = [&](const Conjuncts& more) {
      for (const ExprPtr& each : more) {
        if (!Contains(all, *each)) all.push_back(each);
      }
    };
    for (size_t side = 0; side < 2; ++side) {
      if (from[side]) add(known[side]);
    }
    Conjuncts of_side[2];
    for (const ExprPtr& each : given) {
      for (size_t side = 0; side < 2; ++side) {
        if (from[side] && RefersOnlyTo(*each, ColumnsOf(*join.child(side)))) {
          of_side[side].push_back(each);
          if (!Contains(all, *each)) all.push_back(each);
        }
      }
    }
    Close(all, EqualColumns(join.condition));
    LogicalPtr children[2];
    for (size_t side = 0; side < 2; ++side) {
      Conjuncts derived;
      if (to[side]) {
        const ColumnSet columns = ColumnsOf(*join.child(side));
        for (const ExprPtr& each : all) {
          if (RefersOnlyTo(*each, columns) && !Contains(known[side], *each) && !Contains(of_side[side], *each)) {
            derived.push_back(each);
          }
        }
      }
      Conjuncts below = of_side[side];
      below.insert(below.end(), derived.begin(), derived.end());
      children[side] = Rewrite(join.child(side), below);
      if (!derived.empty()) {
        found_ = true;
        children[side] = std::make_shared<LogicalFilter>(children[side], CombineConjunction(std::move(derived)));
      }
    }
    if (children[0] == join.child(0) && children[1] == join.child(1)) return plan;
    return plan->WithChildren({std::move(children[0]), std::move(children[1])});
  }

  bool found_ = false;
};

}  // namespace

LogicalPtr InferFilters(const LogicalPtr& plan, const OptimizerContext& context) {
  Inference inference;
  LogicalPtr out = inference.Rewrite(plan, {});
  return inference.found() ? PushFilters(out, context) : plan;
}

}  // namespace weir
