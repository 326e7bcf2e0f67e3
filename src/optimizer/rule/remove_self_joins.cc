#include "optimizer/rule/remove_self_joins.h"

#include <algorithm>
#include <optional>

#include "optimizer/columns.h"
#include "optimizer/map_children.h"
#include "optimizer/rule/copy_plan.h"
#include "optimizer/same_plan.h"

namespace weir {

namespace {

using Conjuncts = std::vector<ExprPtr>;

bool IsVolatile(const Expr& expr) {
  return expr.volatility() == Volatility::kVolatile;
}

// A column of a scan.
struct Origin {
  const LogicalScan* scan = nullptr;
  ColumnId column;
};

// Where the values of a column come from, when each that is not NULL is that of a row of the scan; columns of one node
// that come from the same scan come from the same row of it.
Origin OriginOf(const LogicalNode& plan, ColumnId id) {
  switch (plan.kind()) {
    case LogicalKind::kScan:
      return {&plan.as<LogicalScan>(), id};
    case LogicalKind::kFilter:
    case LogicalKind::kSort:
    case LogicalKind::kLimit:
    case LogicalKind::kWindow:
    case LogicalKind::kUnnest:
    case LogicalKind::kJoin:
      for (const LogicalPtr& child : plan.children()) {
        if (ColumnsOf(*child).contains(id)) return OriginOf(*child, id);
      }
      return {};
    case LogicalKind::kProject:
    case LogicalKind::kAggregate: {
      const auto& exprs =
          plan.kind() == LogicalKind::kProject ? plan.as<LogicalProject>().exprs : plan.as<LogicalAggregate>().groups;
      for (size_t i = 0; i < exprs.size(); ++i) {
        if (plan.columns()[i].id == id && exprs[i]->is(ExprKind::kColumn)) {
          return OriginOf(*plan.child(), exprs[i]->column_id());
        }
      }
      return {};
    }
    default:
      return {};
  }
}

size_t OrdinalOf(const Origin& origin) {
  const auto& columns = origin.scan->columns();
  const auto at = std::ranges::find(columns, origin.column, &PlanColumn::id);
  return at == columns.end() ? SIZE_MAX : origin.scan->column_ordinals()[static_cast<size_t>(at - columns.begin())];
}

// The scan whose rows, all of them and no others, come out of the plan, as often as may be.
const LogicalScan* AllRowsOf(const LogicalNode& plan) {
  if (plan.kind() == LogicalKind::kScan) return &plan.as<LogicalScan>();
  const bool keeps = plan.kind() == LogicalKind::kProject || plan.kind() == LogicalKind::kSort ||
                     (plan.kind() == LogicalKind::kAggregate && !plan.as<LogicalAggregate>().groups.empty());
  return keeps ? AllRowsOf(*plan.child()) : nullptr;
}

// x [NOT] IN (SELECT x FROM the same table), as a condition on x; null when it is something else.
LogicalPtr TestOwnKeys(const LogicalJoin& join) {
  const bool is_anti = join.join_kind == JoinKind::kAnti;
  if ((join.join_kind != JoinKind::kSemi && !is_anti) || (is_anti && join.null_aware)) return nullptr;
  const LogicalScan* other = AllRowsOf(*join.child(1));
  if (other == nullptr) return nullptr;
  const ColumnSet left = ColumnsOf(*join.child(0));
  const LogicalScan* own = nullptr;
  Conjuncts conditions;
  ColumnMap keys;  // of the other scan, as columns of the left side
  for (const ExprPtr& conjunct : SplitConjunction(join.condition)) {
    if (!conjunct->is(ExprKind::kCall) || conjunct->name() != "=") return nullptr;
    ExprPtr a = conjunct->child(0);
    ExprPtr b = conjunct->child(1);
    if (!a->is(ExprKind::kColumn) || !b->is(ExprKind::kColumn)) return nullptr;
    if (!left.contains(a->column_id())) std::swap(a, b);
    if (!left.contains(a->column_id()) || left.contains(b->column_id()) || !EqualIsSame(a->type())) return nullptr;
    const Origin from = OriginOf(*join.child(0), a->column_id());
    const Origin to = OriginOf(*join.child(1), b->column_id());
    if (from.scan == nullptr || to.scan != other || (own != nullptr && from.scan != own) ||
        !SameRows(from.scan->source, to.scan->source) || OrdinalOf(from) != OrdinalOf(to)) {
      return nullptr;
    }
    own = from.scan;
    keys.emplace(to.column, a);
    conditions.push_back(Expr::Not(Expr::IsNull(a)));
  }
  if (own == nullptr) return nullptr;
  // What the other scan asks for: all rows here have it, or it is a condition on the keys.
  ColumnMap same;  // the other scan's columns as those of ours
  for (size_t i = 0; i < other->columns().size(); ++i) {
    for (size_t k = 0; k < own->columns().size(); ++k) {
      if (own->column_ordinals()[k] == other->column_ordinals()[i]) {
        same.emplace(other->columns()[i].id, ToExpr(own->columns()[k]));
      }
    }
  }
  ColumnSet known;
  for (const auto& [id, expr] : keys) known.insert(id);
  for (const ExprPtr& filter : other->filters) {
    if (IsVolatile(*filter)) return nullptr;
    const ExprPtr here = Substitute(filter, same);
    const bool holds = std::ranges::any_of(own->filters, [&](const ExprPtr& each) { return each->Equals(*here); });
    if (holds) continue;
    if (!RefersOnlyTo(*filter, known)) return nullptr;
    conditions.push_back(Substitute(filter, keys));
  }
  ExprPtr condition = CombineConjunction(std::move(conditions));
  if (is_anti) condition = Expr::Not(Expr::Coalesce({condition, Expr::Literal(Value::Boolean(false))}));
  return std::make_shared<LogicalFilter>(join.child(0), std::move(condition));
}

// An aggregate with what is above it: conditions, and columns that are expressions over its own.
struct Flattened {
  const LogicalAggregate* aggregate = nullptr;
  Conjuncts conditions;
  ColumnMap outputs;
};

std::optional<Flattened> Flatten(const LogicalPtr& plan) {
  if (plan->kind() == LogicalKind::kAggregate) {
    Flattened out{&plan->as<LogicalAggregate>(), {}, {}};
    for (const PlanColumn& column : plan->columns()) out.outputs.emplace(column.id, ToExpr(column));
    return out;
  }
  if (plan->kind() != LogicalKind::kFilter && plan->kind() != LogicalKind::kProject) return std::nullopt;
  auto out = Flatten(plan->child());
  if (!out.has_value()) return out;
  if (plan->kind() == LogicalKind::kFilter) {
    for (const ExprPtr& conjunct : SplitConjunction(plan->as<LogicalFilter>().predicate)) {
      if (IsVolatile(*conjunct)) return std::nullopt;
      out->conditions.push_back(Substitute(conjunct, out->outputs));
    }
    return out;
  }
  ColumnMap outputs;
  const auto& project = plan->as<LogicalProject>();
  for (size_t i = 0; i < project.exprs.size(); ++i) {
    if (IsVolatile(*project.exprs[i])) return std::nullopt;
    outputs.emplace(project.columns()[i].id, Substitute(project.exprs[i], out->outputs));
  }
  out->outputs = std::move(outputs);
  return out;
}

class SelfJoins {
 public:
  explicit SelfJoins(const LogicalPtr& plan) : ids_(*plan) {}

  LogicalPtr Run(const LogicalPtr& plan) {
    const LogicalPtr node = MapChildren(plan, [&](const LogicalPtr& child) { return Run(child); });
    if (node->kind() != LogicalKind::kJoin) return node;
    const auto& join = node->as<LogicalJoin>();
    if (IsVolatile(*join.condition)) return node;
    if (LogicalPtr tested = TestOwnKeys(join)) return tested;
    if (LogicalPtr merged = MergeAggregates(join)) return merged;
    return node;
  }

 private:
  // Two aggregates of the same rows by the same keys, joined on all of the keys.
  LogicalPtr MergeAggregates(const LogicalJoin& join) {
    const bool is_left = join.join_kind == JoinKind::kLeft;
    if (join.join_kind != JoinKind::kInner && !is_left) return nullptr;
    auto a = Flatten(join.child(0));
    auto b = Flatten(join.child(1));
    if (!a.has_value() || !b.has_value() || a->aggregate->groups.empty() ||
        a->aggregate->groups.size() != b->aggregate->groups.size()) {
      return nullptr;
    }
    const size_t width = a->aggregate->groups.size();
    ColumnMap map;
    if (!SamePlan(*a->aggregate->child(), *b->aggregate->child(), map)) return nullptr;
    // What the right aggregate's columns are in the merged one.
    ColumnMap merged;
    for (size_t i = 0; i < width; ++i) {
      const ExprPtr key = Substitute(b->aggregate->groups[i], map);
      size_t at = 0;
      while (at < width && !a->aggregate->groups[at]->Equals(*key)) ++at;
      if (at == width || IsVolatile(*key) || !EqualIsSame(key->type())) return nullptr;
      merged.emplace(b->aggregate->columns()[i].id, ToExpr(a->aggregate->columns()[at]));
    }
    std::vector<AggregateCall> calls = a->aggregate->aggregates;
    std::vector<PlanColumn> columns = a->aggregate->columns();
    for (size_t i = 0; i < b->aggregate->aggregates.size(); ++i) {
      const AggregateCall& call = b->aggregate->aggregates[i];
      size_t at = 0;
      while (at < calls.size() && !SameCall(calls[at], call, map)) ++at;
      if (at == calls.size()) {
        calls.push_back(Substitute(call, map));
        columns.push_back(ids_.Make(call.type, b->aggregate->columns()[width + i].name));
      }
      merged.emplace(b->aggregate->columns()[width + i].id, ToExpr(columns[width + at]));
    }
    for (auto& [id, expr] : b->outputs) expr = Substitute(expr, merged);
    // Each key must be compared with itself: then a row of one side is of the same group as one of the other.
    ColumnMap all = a->outputs;
    all.insert(b->outputs.begin(), b->outputs.end());
    ColumnSet compared;
    Conjuncts on;
    for (const ExprPtr& conjunct : SplitConjunction(join.condition)) {
      if (conjunct->is_true()) continue;
      const ExprPtr here = Substitute(conjunct, all);
      const bool equal = here->is(ExprKind::kCall) && here->name() == "=";
      const bool null_safe = here->is(ExprKind::kCall) && here->name() == "is_not_distinct_from";
      if ((equal || null_safe) && conjunct->child(0)->is(ExprKind::kColumn) &&
          conjunct->child(1)->is(ExprKind::kColumn) && here->child(0)->is(ExprKind::kColumn) &&
          here->child(0)->Equals(*here->child(1)) &&
          a->outputs.contains(conjunct->child(0)->column_id()) !=
              a->outputs.contains(conjunct->child(1)->column_id())) {
        compared.insert(here->child(0)->column_id());
        if (equal) on.push_back(Expr::Not(Expr::IsNull(here->child(0))));
        continue;
      }
      on.push_back(here);
    }
    for (size_t i = 0; i < width; ++i) {
      if (!compared.contains(columns[i].id)) return nullptr;
    }
    for (const ExprPtr& condition : b->conditions) on.push_back(Substitute(condition, merged));

    LogicalPtr out = std::make_shared<LogicalAggregate>(a->aggregate->child(), a->aggregate->groups, std::move(calls),
                                                        std::move(columns));
    Conjuncts kept = a->conditions;
    if (!is_left) kept.insert(kept.end(), on.begin(), on.end());
    if (!kept.empty()) out = std::make_shared<LogicalFilter>(std::move(out), CombineConjunction(std::move(kept)));
    std::vector<ExprPtr> exprs;
    for (const PlanColumn& column : join.columns()) {
      ExprPtr expr = all.at(column.id);
      if (is_left && b->outputs.contains(column.id) && !on.empty()) {
        expr =
            Expr::Case({CombineConjunction(on), std::move(expr), Expr::Literal(Value::Null(column.type))}, column.type);
      }
      exprs.push_back(std::move(expr));
    }
    return std::make_shared<LogicalProject>(std::move(out), std::move(exprs), join.columns());
  }

  FreshIds ids_;
};

}  // namespace

LogicalPtr RemoveSelfJoins(const LogicalPtr& plan, const OptimizerContext&) {
  return SelfJoins(plan).Run(plan);
}

}  // namespace weir
