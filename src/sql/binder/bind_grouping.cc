// GROUP BY with grouping sets, and what the expressions of a grouped SELECT become.
#include <algorithm>

#include "plan/empty_aggregate.h"
#include "sql/binder/select_binder.h"

namespace weir {

namespace {

constexpr size_t kSetsMax = 4096;

ExprPtr ToColumn(const PlanColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

// Unions of a set of each side.
std::vector<std::vector<size_t>> Cross(const std::vector<std::vector<size_t>>& left,
                                       const std::vector<std::vector<size_t>>& right) {
  std::vector<std::vector<size_t>> out;
  if (left.size() * right.size() > kSetsMax) {
    throw Error::User(sqlstate::kStatementTooComplex, "too many grouping sets present (maximum {})", kSetsMax);
  }
  for (const auto& a : left) {
    for (const auto& b : right) {
      std::vector<size_t> both = a;
      both.insert(both.end(), b.begin(), b.end());
      std::sort(both.begin(), both.end());
      both.erase(std::unique(both.begin(), both.end()), both.end());
      out.push_back(std::move(both));
    }
  }
  return out;
}

// column IN (positions of the sets for which `chosen` holds).
template <typename F>
ExprPtr InSets(const PlanColumn& column, size_t set_count, F&& chosen) {
  std::vector<Value> values;
  for (size_t i = 0; i < set_count; ++i) {
    if (chosen(i)) values.push_back(Value::Int32(static_cast<int32_t>(i)));
  }
  return Expr::In(ToColumn(column), std::move(values));
}

}  // namespace

void SelectBinder::BindGroups() {
  if (select_.group_by_all) {
    for (const Item& item : items_) {
      bool computed = windows_.FindIn(*item.expr) != nullptr;
      VisitExpr(*item.expr, [&](const Expr& node) {
        for (const PlanColumn& column : aggregates_.columns) {
          computed = computed || (node.is(ExprKind::kColumn) && node.column_id() == column.id);
        }
        return !computed;
      });
      const bool known =
          std::any_of(groups_.begin(), groups_.end(), [&](const ExprPtr& e) { return e->Equals(*item.expr); });
      if (!computed && !known) groups_.push_back(item.expr);
    }
    return;
  }
  sets_ = {{}};
  for (const ast::GroupItem* item : select_.group_by) sets_ = Cross(sets_, ExpandSets(*item));
  if (select_.group_by_distinct) {
    std::vector<GroupingSet> distinct;
    for (GroupingSet& set : sets_) {
      if (std::find(distinct.begin(), distinct.end(), set) == distinct.end()) distinct.push_back(std::move(set));
    }
    sets_ = std::move(distinct);
  }
  // A single one has all the keys: an ordinary GROUP BY.
  if (sets_.size() == 1) sets_.clear();
}

std::vector<SelectBinder::GroupingSet> SelectBinder::ExpandSets(const ast::GroupItem& item) {
  const auto of_keys = [&](const ast::GroupItem& keys) {
    GroupingSet set;
    for (const ast::Expr* expr : keys.exprs) set.push_back(AddGroup(*expr));
    return set;
  };
  std::vector<GroupingSet> sets;
  switch (item.kind) {
    case ast::GroupItemKind::kExpr:
    case ast::GroupItemKind::kSet:
      return Cross({{}}, {of_keys(item)});
    case ast::GroupItemKind::kRollup: {
      GroupingSet keys;
      sets.push_back(keys);
      for (const ast::GroupItem* part : item.items) {
        for (const size_t key : of_keys(*part)) keys.push_back(key);
        sets.insert(sets.begin(), keys);
      }
      return Cross({{}}, sets);
    }
    case ast::GroupItemKind::kCube: {
      sets = {{}};
      if (item.items.size() > 12) {
        throw Error::User(sqlstate::kStatementTooComplex, "CUBE is limited to 12 elements").WithPosition(item.offset);
      }
      for (const ast::GroupItem* part : item.items) sets = Cross(sets, {of_keys(*part), {}});
      return sets;
    }
    case ast::GroupItemKind::kGroupingSets:
      for (const ast::GroupItem* part : item.items) {
        for (GroupingSet& set : ExpandSets(*part)) sets.push_back(std::move(set));
      }
      return sets;
  }
  throw Error::Internal("a GROUP BY item of kind {}", static_cast<int>(item.kind));
}

size_t SelectBinder::AddGroup(const ast::Expr& expr) {
  ExprPtr group = BindGroup(expr);
  binder_.RequireByteEquality(group->type(), "GROUP BY");
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i]->Equals(*group)) return i;
  }
  groups_.push_back(std::move(group));
  return groups_.size() - 1;
}

ExprPtr SelectBinder::BindGroup(const ast::Expr& expr) {
  const auto checked = [&](const ExprPtr& item) {
    VisitExpr(*item, [&](const Expr& node) {
      for (const PlanColumn& column : aggregates_.columns) {
        if (node.is(ExprKind::kColumn) && node.column_id() == column.id) {
          throw Error::User(sqlstate::kGroupingError, "aggregate functions are not allowed in GROUP BY")
              .WithPosition(expr.offset);
        }
      }
      return true;
    });
    if (const Expr* window = windows_.FindIn(*item)) {
      throw Error::User(sqlstate::kWindowingError, "window functions are not allowed in GROUP BY")
          .WithPosition(window->position() >= 0 ? window->position() : expr.offset);
    }
    return item;
  };
  if (const auto ordinal = OrdinalOf(expr, items_.size(), "GROUP BY")) return checked(items_[*ordinal].expr);
  // An input column hides an output name.
  if (const auto* column = expr.TryAs<ast::ColumnRef>(); column != nullptr && column->parts.size() == 1) {
    if (!scope_.FindHere(column->parts, expr.offset).has_value()) {
      for (const Item& item : items_) {
        if (item.name == column->last() && item.source != nullptr) return checked(item.expr);
      }
    }
  }
  ExpressionBinder binder(binder_, scope_, "GROUP BY", &before_groups_);
  binder.ShareSubqueries(subqueries_);
  return binder.Bind(expr);
}

void SelectBinder::MoveGroupedSubqueries() {
  std::vector<ColumnId> needed;
  const auto need = [&](const ExprPtr& expr) {
    if (expr == nullptr) return;
    VisitExpr(*expr, [&](const Expr& part) {
      if (part.is(ExprKind::kColumn)) needed.push_back(part.column_id());
      return true;
    });
  };
  const auto is_needed = [&](ColumnId id) { return std::find(needed.begin(), needed.end(), id) != needed.end(); };
  for (const ExprPtr& group : groups_) need(group);
  // A later one may look at the result of an earlier one.
  std::vector<PendingApply> moved, kept;
  for (size_t i = pending_.size(); i-- > 0;) {
    PendingApply& apply = pending_[i];
    bool used = apply.mark.has_value() && is_needed(apply.mark->id);
    for (const PlanColumn& column : apply.right->columns()) used = used || (!apply.mark && is_needed(column.id));
    if (used) {
      need(apply.condition);
      needed.insert(needed.end(), apply.correlated.begin(), apply.correlated.end());
    }
    (used ? moved : kept).push_back(std::move(apply));
  }
  std::reverse(kept.begin(), kept.end());
  std::reverse(moved.begin(), moved.end());
  pending_ = std::move(kept);
  before_groups_.insert(before_groups_.begin(), std::make_move_iterator(moved.begin()),
                        std::make_move_iterator(moved.end()));
}

void SelectBinder::Aggregate() {
  MoveGroupedSubqueries();
  plan_ = binder_.FlushApplies(std::move(plan_), before_groups_);
  for (const ExprPtr& group : groups_) {
    // A grouped column keeps its id, so that what refers to it from outside still does.
    if (group->is(ExprKind::kColumn)) {
      group_columns_.push_back({group->column_id(), group->type(), group->name()});
    } else {
      group_columns_.push_back(binder_.NewColumn(group->type(), group->ToString()));
    }
  }
  std::vector<ExprPtr> keys = groups_;
  std::vector<PlanColumn> columns = group_columns_;
  if (!sets_.empty()) {
    set_column_ = binder_.NewColumn(TypeKind::kInt32, "grouping set");
    const std::vector<AggregateCall> calls = GroupFinest(keys);
    RepeatForSets(keys);
    columns.push_back(set_column_);
    plan_ = MergeGroups(std::move(keys), calls, columns);
    AddEmptySets();
  } else {
    columns.insert(columns.end(), aggregates_.columns.begin(), aggregates_.columns.end());
    plan_ = std::make_shared<LogicalAggregate>(std::move(plan_), std::move(keys), aggregates_.calls, columns);
  }
  ResolveGroupings();
  CheckSubqueries(columns);
  for (Item& item : items_) item.expr = OverGroups(item.expr);
  for (ExprPtr& list : unnested_) list = OverGroups(list);
  for (Order& order : order_) order.key.expr = OverGroups(order.key.expr);
  for (ExprPtr& key : distinct_on_) key = OverGroups(key);
  for (WindowCollector::Window& window : windows_.windows) {
    for (WindowCall& call : window.calls) ForEachExpr(call, [&](ExprPtr& expr) { expr = OverGroups(expr); });
    for (ExprPtr& key : window.partition_by) key = OverGroups(key);
    for (SortKey& key : window.order_by) key.expr = OverGroups(key.expr);
  }
  if (qualify_ != nullptr) qualify_ = OverGroups(qualify_);
  for (PendingApply& apply : pending_) {
    if (apply.condition != nullptr) apply.condition = OverGroups(apply.condition);
  }
  if (having_ != nullptr) {
    having_ = OverGroups(having_);
    // Subqueries that look at windows come later.
    std::vector<PendingApply> later;
    for (PendingApply& apply : pending_) {
      if (apply.condition != nullptr && windows_.FindIn(*apply.condition) != nullptr) later.push_back(std::move(apply));
    }
    std::erase_if(pending_, [](const PendingApply& apply) { return apply.right == nullptr; });
    plan_ = binder_.FlushApplies(std::move(plan_), pending_);
    pending_ = std::move(later);
    plan_ = std::make_shared<LogicalFilter>(std::move(plan_), having_);
  }
}

// Groups of all keys are the finest: where results of groups can be put together from results of parts, the sets are
// made of these few rows instead of the whole input. Returns the calls that do it: over the input when some cannot.
std::vector<AggregateCall> SelectBinder::GroupFinest(std::vector<ExprPtr>& keys) {
  constexpr std::pair<std::string_view, std::string_view> kMerges[] = {
      {"count", "sum"},         {"sum", "sum"},         {"min", "min"},       {"max", "max"},
      {"bool_and", "bool_and"}, {"bool_or", "bool_or"}, {"every", "bool_and"}};
  const auto merge_of = [&](const AggregateCall& call) -> std::string_view {
    for (const auto& [name, merge] : kMerges) {
      if (call.name == name && !call.distinct && call.order_by.empty()) return merge;
    }
    return {};
  };
  if (keys.empty() || std::any_of(aggregates_.calls.begin(), aggregates_.calls.end(),
                                  [&](const AggregateCall& call) { return merge_of(call).empty(); })) {
    return aggregates_.calls;
  }
  std::vector<PlanColumn> columns;
  for (const ExprPtr& key : keys) columns.push_back(binder_.NewColumn(key->type(), "key"));
  std::vector<AggregateCall> merges;
  for (const AggregateCall& call : aggregates_.calls) {
    columns.push_back(binder_.NewColumn(call.type, call.ToString()));
    merges.push_back(binder_.registry_.BindAggregate(merge_of(call), {ToColumn(columns.back())}));
  }
  const size_t width = keys.size();
  plan_ = std::make_shared<LogicalAggregate>(std::move(plan_), std::move(keys), aggregates_.calls, columns);
  keys.clear();
  for (size_t i = 0; i < width; ++i) keys.push_back(ToColumn(columns[i]));
  return merges;
}

// Groups by keys and set; the results have the types that the SELECT's own calls give.
LogicalPtr SelectBinder::MergeGroups(std::vector<ExprPtr> keys, const std::vector<AggregateCall>& calls,
                                     std::vector<PlanColumn>& columns) {
  std::vector<PlanColumn> merged = columns;
  bool same = true;
  for (size_t i = 0; i < calls.size(); ++i) {
    const PlanColumn& wanted = aggregates_.columns[i];
    columns.push_back(wanted);
    same = same && calls[i].type == wanted.type;
    merged.push_back(calls[i].type == wanted.type ? wanted : binder_.NewColumn(calls[i].type, wanted.name));
  }
  LogicalPtr plan = std::make_shared<LogicalAggregate>(plan_, std::move(keys), calls, merged);
  if (same) return plan;
  std::vector<ExprPtr> exprs;
  for (size_t i = 0; i < columns.size(); ++i) {
    exprs.push_back(binder_.registry_.BindCast(ToColumn(merged[i]), columns[i].type, CastRule::kAssignment));
  }
  return std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), columns);
}

void SelectBinder::RepeatForSets(std::vector<ExprPtr>& keys) {
  std::vector<ExprPtr> numbers;
  for (size_t i = 0; i < sets_.size(); ++i) numbers.push_back(Expr::Literal(Value::Int32(static_cast<int32_t>(i))));
  ExprPtr list = binder_.registry_.BindCall("array", std::move(numbers));
  const PlanColumn number = binder_.NewColumn(TypeKind::kInt32, "grouping set");
  std::vector<PlanColumn> columns = plan_->columns();
  columns.push_back(number);
  plan_ = std::make_shared<LogicalUnnest>(plan_, std::vector<ExprPtr>{std::move(list)}, columns, false);

  std::vector<ExprPtr> exprs;
  for (const PlanColumn& column : columns) exprs.push_back(ToColumn(column));
  for (size_t k = 0; k < keys.size(); ++k) {
    const auto has_key = [&](size_t set) {
      return std::find(sets_[set].begin(), sets_[set].end(), k) != sets_[set].end();
    };
    size_t count = 0;
    for (size_t set = 0; set < sets_.size(); ++set) count += has_key(set) ? 1 : 0;
    if (count == sets_.size()) continue;
    const Type type = keys[k]->type();
    columns.push_back(binder_.NewColumn(type, keys[k]->ToString()));
    exprs.push_back(
        Expr::Case({InSets(number, sets_.size(), has_key), keys[k], Expr::Literal(Value::Null(type))}, type));
    keys[k] = ToColumn(columns.back());
  }
  plan_ = std::make_shared<LogicalProject>(plan_, std::move(exprs), columns);
  keys.push_back(ToColumn(number));
}

void SelectBinder::AddEmptySets() {
  std::vector<std::vector<ExprPtr>> rows;
  for (size_t i = 0; i < sets_.size(); ++i) {
    if (sets_[i].empty()) rows.push_back({Expr::Literal(Value::Int32(static_cast<int32_t>(i)))});
  }
  if (rows.empty()) return;
  const PlanColumn expected = binder_.NewColumn(TypeKind::kInt32, "grouping set");
  LogicalPtr all = std::make_shared<LogicalValues>(std::move(rows), std::vector<PlanColumn>{expected});
  ExprPtr same = binder_.registry_.BindCall("=", {ToColumn(set_column_), ToColumn(expected)});
  const LogicalPtr aggregate = plan_;
  plan_ = std::make_shared<LogicalJoin>(JoinKind::kFull, aggregate, std::move(all), std::move(same));
  std::vector<ExprPtr> exprs;
  const ExprPtr missing = Expr::IsNull(ToColumn(set_column_));
  const size_t first_call = group_columns_.size() + 1;
  for (size_t i = 0; i < aggregate->columns().size(); ++i) {
    const ExprPtr column = ToColumn(aggregate->columns()[i]);
    if (i + 1 == first_call) {
      exprs.push_back(Expr::Coalesce({column, ToColumn(expected)}));
      continue;
    }
    const Value empty = i < first_call ? Value::Null() : EmptyAggregateValue(aggregates_.calls[i - first_call]);
    exprs.push_back(empty.is_null() ? column : Expr::Case({missing, Expr::Literal(empty), column}, column->type()));
  }
  plan_ = std::make_shared<LogicalProject>(plan_, std::move(exprs), aggregate->columns());
}

// GROUPING(a, b): a bit for each argument, 1 where the row's set does not have it.
void SelectBinder::ResolveGroupings() {
  for (const GroupingCollector::Call& call : groupings_.calls) {
    std::vector<size_t> keys;
    for (const ExprPtr& arg : call.args) {
      const auto found =
          std::find_if(groups_.begin(), groups_.end(), [&](const ExprPtr& group) { return group->Equals(*arg); });
      if (found == groups_.end()) {
        throw Error::User(sqlstate::kGroupingError,
                          "arguments to GROUPING must be grouping expressions of the associated query level")
            .WithPosition(arg->position() >= 0 ? arg->position() : call.position);
      }
      keys.push_back(static_cast<size_t>(found - groups_.begin()));
    }
    std::vector<int32_t> results;
    for (const GroupingSet& set : sets_) {
      int32_t bits = 0;
      for (const size_t key : keys) {
        bits = bits * 2 + (std::find(set.begin(), set.end(), key) == set.end() ? 1 : 0);
      }
      results.push_back(bits);
    }
    if (results.empty()) results.push_back(0);
    std::vector<ExprPtr> branches;
    std::vector<int32_t> seen = {results[0]};
    for (const int32_t result : results) {
      if (std::find(seen.begin(), seen.end(), result) != seen.end()) continue;
      seen.push_back(result);
      branches.push_back(InSets(set_column_, results.size(), [&](size_t i) { return results[i] == result; }));
      branches.push_back(Expr::Literal(Value::Int32(result)));
    }
    const ExprPtr otherwise = Expr::Literal(Value::Int32(results[0]));
    branches.push_back(otherwise);
    grouping_values_.push_back(branches.size() == 1 ? otherwise : Expr::Case(std::move(branches), TypeKind::kInt32));
  }
}

void SelectBinder::CheckSubqueries(const std::vector<PlanColumn>& grouped) const {
  for (const PendingApply& apply : pending_) {
    for (const ScopeColumn& column : scope_.columns()) {
      const bool used =
          std::find(apply.correlated.begin(), apply.correlated.end(), column.id) != apply.correlated.end();
      const bool kept =
          std::any_of(grouped.begin(), grouped.end(), [&](const PlanColumn& c) { return c.id == column.id; });
      if (used && !kept) {
        throw Error::User(sqlstate::kGroupingError, "subquery uses ungrouped column \"{}\" from outer query",
                          column.relation.empty() ? column.name : column.relation + "." + column.name)
            .WithPosition(select_.offset);
      }
    }
  }
}

ExprPtr SelectBinder::OverGroups(const ExprPtr& expr) const {
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i]->Equals(*expr)) return ToColumn(group_columns_[i]);
  }
  if (expr->is(ExprKind::kColumn)) {
    for (size_t i = 0; i < groupings_.calls.size(); ++i) {
      if (groupings_.calls[i].column.id == expr->column_id()) return grouping_values_[i];
    }
    for (const ScopeColumn& column : scope_.columns()) {
      if (column.id != expr->column_id()) continue;
      const std::string name = column.relation.empty() ? column.name : column.relation + "." + column.name;
      throw Error::User(sqlstate::kGroupingError,
                        "column \"{}\" must appear in the GROUP BY clause or be used in an aggregate function", name)
          .WithPosition(expr->position());
    }
    return expr;
  }
  if (expr->children().empty()) return expr;
  std::vector<ExprPtr> children;
  bool changed = false;
  for (const ExprPtr& child : expr->children()) {
    children.push_back(OverGroups(child));
    changed = changed || children.back() != child;
  }
  return changed ? expr->WithChildren(std::move(children)) : expr;
}

}  // namespace weir
