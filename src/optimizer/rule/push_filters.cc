#include "optimizer/rule/push_filters.h"

#include <algorithm>

#include "optimizer/columns.h"

namespace weir {

namespace {

using Conjuncts = std::vector<ExprPtr>;

// Once: passes that run again find again what an OR implies, and estimates would count each copy.
void AddOnce(ExprPtr conjunct, Conjuncts& out) {
  const bool known = conjunct->volatility() != Volatility::kVolatile &&
                     std::any_of(out.begin(), out.end(), [&](const ExprPtr& e) { return e->Equals(*conjunct); });
  if (!known) out.push_back(std::move(conjunct));
}

void AddConjuncts(const ExprPtr& predicate, Conjuncts& out) {
  for (ExprPtr& conjunct : SplitConjunction(predicate)) {
    if (!conjunct->is_true()) AddOnce(std::move(conjunct), out);
  }
}

LogicalPtr Filtered(LogicalPtr plan, Conjuncts conjuncts) {
  if (conjuncts.empty()) return plan;
  return std::make_shared<LogicalFilter>(std::move(plan), CombineConjunction(std::move(conjuncts)));
}

// The rows of a plan and a column that is the same in all of them.
LogicalPtr WithConstant(LogicalPtr plan, const PlanColumn& column, bool value) {
  std::vector<ExprPtr> exprs;
  std::vector<PlanColumn> columns = plan->columns();
  exprs.reserve(columns.size() + 1);
  for (const PlanColumn& passed : columns) exprs.push_back(ToExpr(passed));
  exprs.push_back(Expr::Literal(Value::Boolean(value)));
  columns.push_back(column);
  return std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), std::move(columns));
}

// Moves the conjuncts for which `belongs` holds from one list to the other.
template <typename Predicate>
void MoveIf(Conjuncts& from, Conjuncts& to, Predicate belongs) {
  Conjuncts rest;
  for (ExprPtr& conjunct : from) (belongs(*conjunct) ? to : rest).push_back(std::move(conjunct));
  from = std::move(rest);
}

// What an OR over both sides says about one of them alone: (a1 and b1) or (a2 and b2) implies a1 or a2.
void AddImplied(const Conjuncts& conjuncts, const ColumnSet& side, Conjuncts& out) {
  for (const ExprPtr& conjunct : conjuncts) {
    if (!conjunct->is(ExprKind::kOr) || conjunct->volatility() == Volatility::kVolatile) continue;
    Conjuncts branches;
    for (const ExprPtr& branch : conjunct->children()) {
      Conjuncts own;
      for (const ExprPtr& part : SplitConjunction(branch)) {
        if (RefersOnlyTo(*part, side) && RefersToAny(*part, side)) own.push_back(part);
      }
      if (own.empty()) break;
      branches.push_back(CombineConjunction(std::move(own)));
    }
    if (branches.size() != conjunct->children().size()) continue;
    AddOnce(Expr::Or(std::move(branches)), out);
  }
}

// a = b and a = 5 imply b = 5, so that both sides of a join are filtered.
void AddTransitiveConstants(Conjuncts& conjuncts, const Registry& registry) {
  const size_t count = conjuncts.size();
  for (size_t i = 0; i < count; ++i) {
    const ExprPtr equality = conjuncts[i];
    if (!equality->is(ExprKind::kCall) || equality->name() != "=" || !equality->child(0)->is(ExprKind::kColumn) ||
        !equality->child(1)->is(ExprKind::kColumn)) {
      continue;
    }
    for (size_t k = 0; k < count; ++k) {
      const ExprPtr constant = conjuncts[k];
      if (!constant->is(ExprKind::kCall) || constant->name() != "=" || !constant->child(0)->is(ExprKind::kColumn) ||
          !constant->child(1)->is(ExprKind::kLiteral)) {
        continue;
      }
      for (int side = 0; side < 2; ++side) {
        if (equality->child(static_cast<size_t>(side))->column_id() != constant->child(0)->column_id()) continue;
        AddOnce(registry.BindCall("=", {equality->child(static_cast<size_t>(1 - side)), constant->child(1)}),
                conjuncts);
      }
    }
  }
}

class FilterPusher {
 public:
  FilterPusher(const OptimizerContext& context, ColumnSet used) : context_(context), used_(std::move(used)) {}

  // `required` are conditions that stay above: rows for which they are not true are of no interest.
  LogicalPtr Push(const LogicalPtr& plan, Conjuncts conjuncts, const Conjuncts& required = {}) {
    switch (plan->kind()) {
      case LogicalKind::kFilter:
        AddConjuncts(plan->as<LogicalFilter>().predicate, conjuncts);
        return Push(plan->child(), std::move(conjuncts), required);
      case LogicalKind::kScan: {
        if (conjuncts.empty()) return plan;
        const auto& scan = plan->as<LogicalScan>();
        Conjuncts filters = scan.filters;
        for (ExprPtr& conjunct : conjuncts) AddOnce(std::move(conjunct), filters);
        return scan.WithFilters(std::move(filters));
      }
      case LogicalKind::kProject:
        return PushIntoProject(plan->as<LogicalProject>(), std::move(conjuncts), required);
      case LogicalKind::kAggregate:
        return PushIntoAggregate(plan->as<LogicalAggregate>(), std::move(conjuncts));
      case LogicalKind::kJoin:
        return PushIntoJoin(plan->as<LogicalJoin>(), std::move(conjuncts), required);
      case LogicalKind::kAsofJoin:
        return PushIntoAsofJoin(plan->as<LogicalAsofJoin>(), std::move(conjuncts));
      case LogicalKind::kWindow:
        return PushIntoWindow(plan->as<LogicalWindow>(), std::move(conjuncts));
      case LogicalKind::kSort:
        return plan->WithChildren({Push(plan->child(), std::move(conjuncts))});
      case LogicalKind::kSetOperation:
        return PushIntoSetOperation(plan->as<LogicalSetOperation>(), std::move(conjuncts));
      case LogicalKind::kCte:
        return plan->WithChildren({Push(plan->child(0), {}), Push(plan->child(1), std::move(conjuncts))});
      case LogicalKind::kUnnest: {
        Conjuncts below;
        const ColumnSet columns = ColumnsOf(*plan->child());
        MoveIf(conjuncts, below, [&](const Expr& e) { return RefersOnlyTo(e, columns) && !IsVolatile(e); });
        return Filtered(plan->WithChildren({Push(plan->child(), std::move(below))}), std::move(conjuncts));
      }
      default: {
        std::vector<LogicalPtr> children;
        for (const LogicalPtr& child : plan->children()) children.push_back(Push(child, {}));
        const LogicalPtr node = children.empty() ? plan : plan->WithChildren(std::move(children));
        return Filtered(node, std::move(conjuncts));
      }
    }
  }

 private:
  static bool IsVolatile(const Expr& expr) { return expr.volatility() == Volatility::kVolatile; }

  static Conjuncts Together(const Conjuncts& a, const Conjuncts& b) {
    Conjuncts out = a;
    out.insert(out.end(), b.begin(), b.end());
    return out;
  }

  LogicalPtr PushIntoProject(const LogicalProject& project, Conjuncts conjuncts, const Conjuncts& required) {
    ColumnMap map;
    ColumnSet pinned;  // volatile values must be computed once
    for (size_t i = 0; i < project.exprs.size(); ++i) {
      map.emplace(project.columns()[i].id, project.exprs[i]);
      if (IsVolatile(*project.exprs[i])) pinned.insert(project.columns()[i].id);
    }
    Conjuncts below;
    MoveIf(conjuncts, below, [&](const Expr& e) { return !RefersToAny(e, pinned) && !IsVolatile(e); });
    for (ExprPtr& conjunct : below) conjunct = Substitute(conjunct, map);
    Conjuncts above;
    for (const ExprPtr& conjunct : Together(conjuncts, required)) {
      if (!RefersToAny(*conjunct, pinned)) above.push_back(Substitute(conjunct, map));
    }
    return Filtered(project.WithChildren({Push(project.child(), std::move(below), above)}), std::move(conjuncts));
  }

  LogicalPtr PushIntoAggregate(const LogicalAggregate& aggregate, Conjuncts conjuncts) {
    ColumnMap map;
    ColumnSet groups;
    for (size_t i = 0; i < aggregate.groups.size(); ++i) {
      map.emplace(aggregate.columns()[i].id, aggregate.groups[i]);
      groups.insert(aggregate.columns()[i].id);
    }
    Conjuncts below;
    // Without groups there is a row even when no input passes.
    if (!groups.empty()) {
      MoveIf(conjuncts, below, [&](const Expr& e) { return RefersOnlyTo(e, groups) && !IsVolatile(e); });
    }
    for (ExprPtr& conjunct : below) conjunct = Substitute(conjunct, map);
    return Filtered(aggregate.WithChildren({Push(aggregate.child(), std::move(below))}), std::move(conjuncts));
  }

  // Left rows may go before; right rows only with all those of their keys, for another would be nearest.
  LogicalPtr PushIntoAsofJoin(const LogicalAsofJoin& join, Conjuncts conjuncts) {
    Conjuncts left, right;
    if (join.join_kind == JoinKind::kInner || join.join_kind == JoinKind::kLeft) {
      const ColumnSet columns = ColumnsOf(*join.child(0));
      MoveIf(conjuncts, left, [&](const Expr& e) { return RefersOnlyTo(e, columns) && !IsVolatile(e); });
      ColumnMap keys;
      ColumnSet key_columns;
      for (size_t i = 0; i < join.condition.left_keys.size(); ++i) {
        const ExprPtr& key = join.condition.left_keys[i];
        if (!key->is(ExprKind::kColumn) || !EqualIsSame(key->type())) continue;
        keys.emplace(key->column_id(), join.condition.right_keys[i]);
        key_columns.insert(key->column_id());
      }
      for (const ExprPtr& conjunct : left) {
        if (RefersOnlyTo(*conjunct, key_columns) && RefersToAny(*conjunct, key_columns) && !conjunct->CanFail()) {
          right.push_back(Substitute(conjunct, keys));
        }
      }
    }
    LogicalPtr node = join.WithChildren({Push(join.child(0), std::move(left)), Push(join.child(1), std::move(right))});
    return Filtered(std::move(node), std::move(conjuncts));
  }

  // A condition on partition keys alone keeps or drops whole partitions.
  LogicalPtr PushIntoWindow(const LogicalWindow& window, Conjuncts conjuncts) {
    ColumnSet keys;
    for (const ExprPtr& key : window.partition_by) {
      if (key->is(ExprKind::kColumn)) keys.insert(key->column_id());
    }
    // DISTINCT ON and the like compute their keys below: other columns there may be the same.
    if (window.child()->kind() == LogicalKind::kProject) {
      const auto& project = window.child()->as<LogicalProject>();
      const auto is_key = [&](const ExprPtr& expr) {
        for (size_t i = 0; i < project.exprs.size(); ++i) {
          if (keys.contains(project.columns()[i].id) && project.exprs[i]->Equals(*expr)) return !IsVolatile(*expr);
        }
        return false;
      };
      ColumnSet same;
      for (size_t i = 0; i < project.exprs.size(); ++i) {
        if (is_key(project.exprs[i])) same.insert(project.columns()[i].id);
      }
      keys.merge(same);
    }
    Conjuncts below;
    // What may fail must not see rows that a later condition on the results would have removed before.
    MoveIf(conjuncts, below, [&](const Expr& e) {
      return RefersOnlyTo(e, keys) && RefersToAny(e, keys) && !IsVolatile(e) && !e.CanFail();
    });
    return Filtered(window.WithChildren({Push(window.child(), std::move(below))}), std::move(conjuncts));
  }

  LogicalPtr PushIntoSetOperation(const LogicalSetOperation& operation, Conjuncts conjuncts) {
    Conjuncts below;
    MoveIf(conjuncts, below, [&](const Expr& e) { return !IsVolatile(e); });
    std::vector<LogicalPtr> children;
    for (const LogicalPtr& child : operation.children()) {
      ColumnMap map;
      for (size_t i = 0; i < operation.columns().size(); ++i) {
        map.emplace(operation.columns()[i].id, ToExpr(child->columns()[i]));
      }
      Conjuncts own;
      for (const ExprPtr& conjunct : below) own.push_back(Substitute(conjunct, map));
      children.push_back(Push(child, std::move(own)));
    }
    return Filtered(operation.WithChildren(std::move(children)), std::move(conjuncts));
  }

  // Of a full join on l = r, COALESCE(l, r) is the one of l and r that there is: a condition on it is one on either
  // side.
  static void PushMergedKeys(const Conjuncts& on, const ColumnSet& left_columns, const ColumnSet& right_columns,
                             Conjuncts& conjuncts, Conjuncts& left, Conjuncts& right) {
    const auto are_equal = [&](const ExprPtr& a, const ExprPtr& b) {
      return std::ranges::any_of(on, [&](const ExprPtr& each) {
        return each->is(ExprKind::kCall) && each->name() == "=" &&
               ((each->child(0)->Equals(*a) && each->child(1)->Equals(*b)) ||
                (each->child(0)->Equals(*b) && each->child(1)->Equals(*a)));
      });
    };
    Conjuncts rest;
    for (ExprPtr& conjunct : conjuncts) {
      ExprPtr own[2];
      for (size_t side = 0; side < 2; ++side) {
        own[side] = RewriteExpr(conjunct, [&](const ExprPtr& part) {
          if (!part->is(ExprKind::kCoalesce) || part->children().size() != 2) return part;
          const ExprPtr& a = part->child(0);
          const ExprPtr& b = part->child(1);
          if (!a->is(ExprKind::kColumn) || !b->is(ExprKind::kColumn) || !EqualIsSame(a->type()) || !are_equal(a, b)) {
            return part;
          }
          return left_columns.contains(a->column_id()) == (side == 0) ? a : b;
        });
      }
      if (RefersOnlyTo(*own[0], left_columns) && RefersOnlyTo(*own[1], right_columns) &&
          RefersToAny(*own[0], left_columns) && !IsVolatile(*conjunct)) {
        left.push_back(std::move(own[0]));
        right.push_back(std::move(own[1]));
      } else {
        rest.push_back(std::move(conjunct));
      }
    }
    conjuncts = std::move(rest);
  }

  // An outer join of which only rows without a match are kept, as a column says that no match has NULL in, is an anti
  // join; takes the condition that says so. Null when there is none.
  static LogicalPtr AsAntiJoin(const LogicalJoin& join, Conjuncts& conjuncts) {
    if (join.join_kind != JoinKind::kLeft && join.join_kind != JoinKind::kRight) return nullptr;
    if (IsVolatile(*join.condition)) return nullptr;
    const size_t kept = join.join_kind == JoinKind::kLeft ? 0 : 1;
    const ColumnSet others = ColumnsOf(*join.child(1 - kept));
    const auto says = std::ranges::find_if(conjuncts, [&](const ExprPtr& each) {
      if (!each->is(ExprKind::kIsNull) || !each->child(0)->is(ExprKind::kColumn)) return false;
      const ColumnId id = each->child(0)->column_id();
      return others.contains(id) && RejectsNulls(*join.condition, {id});
    });
    if (says == conjuncts.end()) return nullptr;
    conjuncts.erase(says);
    return WithNulls(
        std::make_shared<LogicalJoin>(JoinKind::kAnti, join.child(kept), join.child(1 - kept), join.condition), join);
  }

  LogicalPtr PushIntoJoin(const LogicalJoin& join, Conjuncts conjuncts, const Conjuncts& required) {
    if (const LogicalPtr anti = AsAntiJoin(join, conjuncts)) return Push(anti, std::move(conjuncts), required);
    const ColumnSet left_columns = ColumnsOf(*join.child(0));
    const ColumnSet right_columns = ColumnsOf(*join.child(1));
    const auto on_left = [&](const Expr& e) { return RefersOnlyTo(e, left_columns) && !IsVolatile(e); };
    const auto on_right = [&](const Expr& e) { return RefersOnlyTo(e, right_columns) && !IsVolatile(e); };
    JoinKind kind = join.join_kind;
    Conjuncts on;
    AddConjuncts(join.condition, on);

    // Conditions above that reject the NULLs of an outer join's missing side.
    const Conjuncts all_above = Together(conjuncts, required);
    const ExprPtr above = CombineConjunction(all_above);
    if ((kind == JoinKind::kLeft || kind == JoinKind::kFull) && RejectsNulls(*above, right_columns)) {
      kind = kind == JoinKind::kLeft ? JoinKind::kInner : JoinKind::kRight;
    }
    if ((kind == JoinKind::kRight || kind == JoinKind::kFull) && RejectsNulls(*above, left_columns)) {
      kind = kind == JoinKind::kRight ? JoinKind::kInner : JoinKind::kLeft;
    }
    std::optional<PlanColumn> mark = join.mark;
    bool null_aware = join.null_aware;
    std::optional<std::pair<PlanColumn, bool>> decided;  // a mark that is used above, and what it is there
    if (kind == JoinKind::kMark) {
      for (size_t i = 0; i < conjuncts.size(); ++i) {
        const Expr& conjunct = *conjuncts[i];
        const bool negated = conjunct.is(ExprKind::kNot);
        const Expr& tested = negated ? *conjunct.child(0) : conjunct;
        if (!tested.is(ExprKind::kColumn) || tested.column_id() != mark->id) continue;
        kind = negated ? JoinKind::kAnti : JoinKind::kSemi;
        if (!negated) null_aware = false;
        if (used_.contains(mark->id)) decided.emplace(*mark, !negated);
        mark.reset();
        conjuncts.erase(conjuncts.begin() + static_cast<ptrdiff_t>(i));
        break;
      }
    }

    Conjuncts left, right;
    switch (kind) {
      case JoinKind::kInner:
        for (ExprPtr& conjunct : conjuncts) {
          if (!IsVolatile(*conjunct)) AddOnce(conjunct, on);
        }
        std::erase_if(conjuncts, [](const ExprPtr& e) { return !IsVolatile(*e); });
        AddTransitiveConstants(on, context_.registry);
        AddImplied(on, left_columns, left);
        AddImplied(on, right_columns, right);
        MoveIf(on, left, on_left);
        MoveIf(on, right, on_right);
        break;
      case JoinKind::kLeft:
      case JoinKind::kSingle:
        MoveIf(conjuncts, left, on_left);
        AddImplied(on, right_columns, right);
        MoveIf(on, right, on_right);
        break;
      case JoinKind::kRight:
        MoveIf(conjuncts, right, on_right);
        AddImplied(on, left_columns, left);
        MoveIf(on, left, on_left);
        break;
      case JoinKind::kFull:
        PushMergedKeys(on, left_columns, right_columns, conjuncts, left, right);
        break;
      case JoinKind::kSemi:
        MoveIf(conjuncts, left, on_left);
        AddTransitiveConstants(on, context_.registry);
        MoveIf(on, left, on_left);
        MoveIf(on, right, on_right);
        break;
      case JoinKind::kAnti:
      case JoinKind::kMark:
        MoveIf(conjuncts, left, on_left);
        // Under null-awareness a one-sided part may be what makes the result unknown.
        if (!null_aware) MoveIf(on, right, on_right);
        break;
    }
    // What each side's rows must pass later on: the join's own condition unless rows without a match are kept, and what
    // is above unless they are made up.
    Conjuncts below[2];
    switch (kind) {
      case JoinKind::kInner:
        below[0] = below[1] = Together(on, all_above);
        break;
      case JoinKind::kLeft:
      case JoinKind::kSingle:
        below[0] = all_above;
        below[1] = on;
        break;
      case JoinKind::kRight:
        below[0] = on;
        below[1] = all_above;
        break;
      case JoinKind::kSemi:
        below[0] = Together(on, all_above);
        below[1] = on;
        break;
      case JoinKind::kAnti:
        below[0] = all_above;
        break;
      case JoinKind::kFull:
      case JoinKind::kMark:
        break;
    }
    LogicalPtr left_plan = Push(join.child(0), std::move(left), below[0]);
    LogicalPtr right_plan = Push(join.child(1), std::move(right), below[1]);
    LogicalPtr out = std::make_shared<LogicalJoin>(kind, std::move(left_plan), std::move(right_plan),
                                                   CombineConjunction(std::move(on)), null_aware, std::move(mark));
    if (decided.has_value()) out = WithConstant(std::move(out), decided->first, decided->second);
    return Filtered(std::move(out), std::move(conjuncts));
  }

  const OptimizerContext& context_;
  const ColumnSet used_;  // beyond one filter
};

}  // namespace

LogicalPtr PushFilters(const LogicalPtr& plan, const OptimizerContext& context) {
  return FilterPusher(context, UsedBeyondOneFilter(*plan)).Push(plan, {});
}

}  // namespace weir
