// JOIN in all its kinds.
#include <algorithm>
#include <map>
#include <optional>

#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

ExprPtr True() {
  return Expr::Literal(Value::Boolean(true));
}

ExprPtr ColumnOf(const ScopeColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

JoinKind ToJoinKind(const ast::JoinedTable& join) {
  switch (join.type) {
    case ast::JoinType::kInner:
    case ast::JoinType::kCross:
      return JoinKind::kInner;
    case ast::JoinType::kLeft:
      return JoinKind::kLeft;
    case ast::JoinType::kRight:
      return JoinKind::kRight;
    case ast::JoinType::kFull:
      return JoinKind::kFull;
    case ast::JoinType::kLeftSemi:
    case ast::JoinType::kRightSemi:
      return JoinKind::kSemi;
    case ast::JoinType::kLeftAnti:
    case ast::JoinType::kRightAnti:
      return JoinKind::kAnti;
    case ast::JoinType::kPositional:
      return JoinKind::kFull;
  }
  throw Error::Internal("a join of type {}", static_cast<int>(join.type));
}

}  // namespace

Binder::Bound Binder::BindJoin(const ast::JoinedTable& join, Scope* outer, Scope* lateral) {
  // Chains lean to the left; they are walked in a loop so that their length is not a depth.
  std::vector<const ast::JoinedTable*> chain = {&join};
  while (const auto* left = chain.back()->left->TryAs<ast::JoinedTable>()) {
    if (!left->alias.empty() || left->sample != nullptr) break;
    chain.push_back(left);
  }
  CheckCount(chain.size(), "joins in FROM", join.offset);
  Bound bound = BindTableRef(*chain.back()->left, outer, lateral);
  for (size_t i = chain.size(); i-- > 0;) {
    const ast::JoinedTable& node = *chain[i];
    const JoinKind kind = ToJoinKind(node);
    Scope around(lateral == nullptr ? outer : lateral);
    around.Add(bound.scope);
    Bound right = BindTableRef(*node.right, outer, &around);
    for (const ScopeColumn& column : right.scope.columns()) {
      if (!column.relation.empty() && bound.scope.HasRelation(column.relation)) {
        throw Error::User(sqlstate::kDuplicateAlias, "table name \"{}\" specified more than once", column.relation)
            .WithPosition(node.right->offset);
      }
    }
    std::vector<ColumnId> correlated = bound.scope.OwnOf(right.scope.correlated());
    if (!correlated.empty() && kind != JoinKind::kInner && kind != JoinKind::kLeft) {
      throw Error::User(sqlstate::kInvalidColumnReference,
                        "the combining JOIN type must be INNER or LEFT for a LATERAL reference")
          .WithPosition(node.offset);
    }
    if (node.asof) {
      if (!correlated.empty()) {
        throw Error::Unsupported("Join with ORDER BY ... LIMIT 1 inside of the LATERAL subquery.",
                                 "ASOF joins with LATERAL are not available")
            .WithPosition(node.offset);
      }
      bound = BindAsof(node, kind, std::move(bound), right);
      continue;
    }
    if (node.type == ast::JoinType::kPositional) {
      bound = BindPositional(std::move(bound), std::move(right));
      continue;
    }
    if (node.type == ast::JoinType::kRightSemi || node.type == ast::JoinType::kRightAnti) std::swap(bound, right);
    std::vector<std::string> names(node.using_columns.begin(), node.using_columns.end());
    if (node.natural) {
      for (const ScopeColumn& column : bound.scope.columns()) {
        if (column.hidden) continue;
        const ast::Name name[] = {column.name};
        if (right.scope.FindHere(name, node.offset).has_value()) names.push_back(column.name);
      }
    }
    if (!names.empty()) {
      bound = JoinUsing(node, kind, std::move(bound), std::move(right), names);
      continue;
    }
    ExprPtr condition = True();
    if (node.on != nullptr) {
      Scope both(outer);
      both.Add(bound.scope);
      both.Add(right.scope);
      std::vector<PendingApply> pending;
      condition = ExpressionBinder(*this, both, "JOIN/ON", &pending).BindPredicate(*node.on);
      for (const ColumnId id : both.correlated()) bound.scope.AddCorrelated(id);
      if (!pending.empty()) {
        if (kind != JoinKind::kInner && ApplyToSides(pending, bound, right, !correlated.empty())) {
          bound = Combine(kind, std::move(bound), std::move(right), std::move(correlated), std::move(condition));
          continue;
        }
        if (kind != JoinKind::kInner) {
          bound = JoinByPairs(kind, std::move(bound), std::move(right), std::move(correlated), std::move(pending),
                              condition);
          continue;
        }
        // For an inner join ON is a filter over the pairs.
        bound = Combine(kind, std::move(bound), std::move(right), std::move(correlated), True());
        bound.plan = FlushApplies(std::move(bound.plan), pending);
        bound.plan = std::make_shared<LogicalFilter>(std::move(bound.plan), std::move(condition));
        continue;
      }
    }
    bound = Combine(kind, std::move(bound), std::move(right), std::move(correlated), std::move(condition));
  }
  return bound;
}

// Subqueries of a join condition that look at one side only are computed for that side's rows. False: some look at
// both.
bool Binder::ApplyToSides(std::vector<PendingApply>& pending, Bound& left, Bound& right, bool lateral) {
  std::vector<PendingApply> of_left, of_right;
  for (PendingApply& apply : pending) {
    std::vector<ColumnId> used = apply.correlated;
    if (apply.condition != nullptr) {
      VisitExpr(*apply.condition, [&](const Expr& part) {
        if (part.is(ExprKind::kColumn)) used.push_back(part.column_id());
        return true;
      });
    }
    const bool on_left = !left.scope.OwnOf(used).empty();
    const bool on_right = !right.scope.OwnOf(used).empty();
    if (on_left && on_right) return false;
    (on_left || lateral ? of_left : of_right).push_back(apply);
    if (lateral && on_right) return false;
  }
  left.plan = FlushApplies(std::move(left.plan), of_left);
  right.plan = FlushApplies(std::move(right.plan), of_right);
  pending.clear();
  return true;
}

// A join's rows by a condition with subqueries over both sides: the pairs that it holds for are found by an inner join
// of numbered rows, and the rows without a pair come by their numbers.
Binder::Bound Binder::JoinByPairs(JoinKind kind, Bound left, Bound right, std::vector<ColumnId> correlated,
                                  std::vector<PendingApply> pending, const ExprPtr& condition) {
  struct Side {
    CteId id;
    LogicalPtr definition;
    std::vector<ColumnId> sources;      // the definition's columns, the number last
    std::vector<PlanColumn> all, pair;  // columns of the scan of all rows and of the one that makes pairs
    LogicalPtr scan;                    // of all rows
  };
  // The side's columns keep their ids in the pairs, where the condition looks at them.
  const auto number = [&](const LogicalPtr& plan) {
    Side side{ids_.NextCte(), nullptr, {}, {}, {}, nullptr};
    const PlanColumn row = NewColumn(TypeKind::kInt64, "row");
    LogicalPtr numbered = NumberRows(plan, row);
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> columns;
    for (const PlanColumn& column : numbered->columns()) {
      exprs.push_back(Expr::Column(column.id, column.type, column.name));
      columns.push_back(NewColumn(column.type, column.name));
      side.sources.push_back(columns.back().id);
      side.all.push_back(NewColumn(column.type, column.name));
      side.pair.push_back(column);
    }
    side.definition = std::make_shared<LogicalProject>(std::move(numbered), std::move(exprs), std::move(columns));
    side.scan = std::make_shared<LogicalCteScan>(side.id, "side", side.all, side.sources);
    return side;
  };
  const bool needs_right = kind == JoinKind::kRight || kind == JoinKind::kFull;
  const std::vector<PlanColumn> left_columns = left.plan->columns(), right_columns = right.plan->columns();
  const Side a = number(left.plan);
  LogicalPtr pairs_left = std::make_shared<LogicalCteScan>(a.id, "side", a.pair, a.sources);
  std::optional<Side> b;
  LogicalPtr pairs_right = right.plan;
  if (needs_right) {
    b = number(right.plan);
    pairs_right = std::make_shared<LogicalCteScan>(b->id, "side", b->pair, b->sources);
  }
  LogicalPtr pairs;
  if (correlated.empty()) {
    pairs = std::make_shared<LogicalJoin>(JoinKind::kInner, std::move(pairs_left), std::move(pairs_right), True());
  } else {
    pairs = std::make_shared<LogicalApply>(JoinKind::kInner, std::move(pairs_left), std::move(pairs_right), correlated,
                                           True());
  }
  pairs = FlushApplies(std::move(pairs), pending);
  pairs = std::make_shared<LogicalFilter>(std::move(pairs), condition);
  // The pairs under ids of their own: those of the result are the sides'.
  std::vector<ExprPtr> exprs;
  std::vector<PlanColumn> columns;
  std::map<ColumnId, PlanColumn> of_pair;
  const auto keep = [&](const PlanColumn& column) {
    exprs.push_back(Expr::Column(column.id, column.type, column.name));
    columns.push_back(NewColumn(column.type, column.name));
    of_pair.emplace(column.id, columns.back());
  };
  keep(a.pair.back());
  if (b.has_value()) keep(b->pair.back());
  for (const PlanColumn& column : right_columns) keep(column);
  pairs = std::make_shared<LogicalProject>(std::move(pairs), std::move(exprs), std::move(columns));
  const auto same = [&](const PlanColumn& row, const PlanColumn& pair) {
    const PlanColumn& paired = of_pair.at(pair.id);
    return registry_.BindCall(
        "=", {Expr::Column(row.id, row.type, row.name), Expr::Column(paired.id, paired.type, paired.name)});
  };
  const bool only_left = kind == JoinKind::kSemi || kind == JoinKind::kAnti;
  const JoinKind to_left = only_left ? kind : kind == JoinKind::kRight ? JoinKind::kInner : JoinKind::kLeft;
  LogicalPtr plan = std::make_shared<LogicalJoin>(to_left, a.scan, std::move(pairs), same(a.all.back(), a.pair.back()));
  if (b.has_value()) {
    plan = std::make_shared<LogicalJoin>(kind, std::move(plan), b->scan, same(b->all.back(), b->pair.back()));
  }
  std::vector<ExprPtr> results;
  std::vector<PlanColumn> output;
  for (size_t i = 0; i < left_columns.size(); ++i) {
    results.push_back(Expr::Column(a.all[i].id, a.all[i].type, a.all[i].name));
    output.push_back(left_columns[i]);
  }
  for (size_t i = 0; i < right_columns.size() && !only_left; ++i) {
    const PlanColumn& from = b.has_value() ? b->all[i] : of_pair.at(right_columns[i].id);
    results.push_back(Expr::Column(from.id, from.type, from.name));
    output.push_back(right_columns[i]);
  }
  plan = std::make_shared<LogicalProject>(std::move(plan), std::move(results), std::move(output));
  if (b.has_value()) plan = std::make_shared<LogicalCte>(b->id, "side", b->definition, std::move(plan));
  Bound out = Combine(kind, std::move(left), std::move(right), std::move(correlated), condition);
  out.plan = std::make_shared<LogicalCte>(a.id, "side", a.definition, std::move(plan));
  return out;
}

// The first row with the first, the second with the second; what is left of the longer side is alone.
Binder::Bound Binder::BindPositional(Bound left, Bound right) {
  const PlanColumn a = NewColumn(TypeKind::kInt64, "row"), b = NewColumn(TypeKind::kInt64, "row");
  const std::vector<PlanColumn> left_columns = left.plan->columns();
  left.plan = NumberRows(left.plan, a);
  right.plan = NumberRows(right.plan, b);
  ExprPtr same = registry_.BindCall("=", {Expr::Column(a.id, a.type, a.name), Expr::Column(b.id, b.type, b.name)});
  Bound out = Combine(JoinKind::kFull, std::move(left), std::move(right), {}, std::move(same));
  ExprPtr row = Expr::Coalesce({Expr::Column(a.id, a.type, a.name), Expr::Column(b.id, b.type, b.name)});
  out.plan = std::make_shared<LogicalSort>(std::move(out.plan), std::vector<SortKey>{{std::move(row), false, false}});
  return out;
}

// Merged columns come first and are found without a qualifier; each side's own are found by theirs only.
Binder::Bound Binder::JoinUsing(const ast::JoinedTable& join, JoinKind kind, Bound left, Bound right,
                                const std::vector<std::string>& names) {
  std::vector<ExprPtr> conditions;
  UsingPairs pairs;
  for (const std::string& name : names) {
    const ast::Name parts[] = {name};
    const auto in_left = left.scope.FindHere(parts, join.offset);
    const auto in_right = right.scope.FindHere(parts, join.offset);
    if (!in_left.has_value() || !in_right.has_value()) {
      throw Error::User(sqlstate::kUndefinedColumn,
                        "column \"{}\" specified in USING clause does not exist in {} table", name,
                        in_left.has_value() ? "right" : "left")
          .WithPosition(join.offset);
    }
    RequireByteEquality(in_left->type, "JOIN USING");
    conditions.push_back(
        registry_.BindCall("=", {EqualJsonb(ColumnOf(*in_left)), EqualJsonb(ColumnOf(*in_right))}, join.offset));
    pairs.emplace_back(*in_left, *in_right);
  }
  ExprPtr condition = CombineConjunction(std::move(conditions));
  std::vector<ColumnId> correlated = left.scope.OwnOf(right.scope.correlated());
  Bound out = Combine(kind, std::move(left), std::move(right), std::move(correlated), std::move(condition));
  MergeUsing(join, kind, pairs, out);
  return out;
}

void Binder::MergeUsing(const ast::JoinedTable& join, JoinKind kind, const UsingPairs& pairs, Bound& out) {
  for (ScopeColumn& column : out.scope.columns()) {
    for (const auto& [a, b] : pairs) {
      if (!column.hidden && column.name == a.name) column.hidden = true;
    }
  }
  std::vector<ScopeColumn> merged;
  const bool same_types = std::ranges::all_of(pairs, [](const auto& pair) {
    return pair.first.type == pair.second.type || (pair.first.type.is_string() && pair.second.type.is_string());
  });
  if (kind == JoinKind::kFull || !same_types) {
    // Either side may be missing; what is shown has the common type.
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> columns = out.plan->columns();
    exprs.reserve(columns.size());
    for (const PlanColumn& column : columns) exprs.push_back(Expr::Column(column.id, column.type, column.name));
    for (const auto& [a, b] : pairs) {
      const Type type = registry_.CommonType(a.type, b.type).value_or(a.type);
      ExprPtr first = registry_.BindCast(ColumnOf(a), type, CastRule::kImplicit);
      ExprPtr second = registry_.BindCast(ColumnOf(b), type, CastRule::kImplicit);
      if (kind == JoinKind::kFull) {
        exprs.push_back(Expr::Coalesce({std::move(first), std::move(second)}));
      } else {
        exprs.push_back(kind == JoinKind::kRight ? std::move(second) : std::move(first));
      }
      columns.push_back(NewColumn(type, a.name));
      merged.push_back({"", "", a.name, columns.back().id, type});
    }
    out.plan = std::make_shared<LogicalProject>(std::move(out.plan), std::move(exprs), std::move(columns));
  } else {
    for (const auto& [a, b] : pairs) {
      const ScopeColumn& kept = kind == JoinKind::kRight ? b : a;
      merged.push_back({"", "", kept.name, kept.id, kept.type});
    }
  }
  auto& columns = out.scope.columns();
  columns.insert(columns.begin(), merged.begin(), merged.end());
  if (!join.using_alias.empty()) {
    if (out.scope.HasRelation(join.using_alias)) {
      throw Error::User(sqlstate::kDuplicateAlias, "table name \"{}\" specified more than once", join.using_alias)
          .WithPosition(join.offset);
    }
    for (ScopeColumn& column : merged) {
      column.relation = std::string(join.using_alias);
      column.hidden = true;
      columns.push_back(column);
    }
  }
}

}  // namespace weir
