#include "optimizer/rule/unnest.h"

#include <algorithm>
#include <optional>

#include "optimizer/columns.h"
#include "optimizer/rule/copy_plan.h"
#include "optimizer/unique.h"
#include "plan/empty_aggregate.h"

namespace weir {

namespace {

ExprPtr True() {
  return Expr::Literal(Value::Boolean(true));
}

class Unnester {
 public:
  Unnester(const LogicalNode& plan, const OptimizerContext& context) : ids_(plan), context_(context) { NoteCtes(plan); }

  LogicalPtr Run(const LogicalPtr& plan) {
    std::vector<LogicalPtr> children;
    bool changed = false;
    for (const LogicalPtr& child : plan->children()) {
      children.push_back(Run(child));
      changed = changed || children.back() != child;
    }
    const LogicalPtr node = changed ? plan->WithChildren(std::move(children)) : plan;
    return node->kind() == LogicalKind::kApply ? Convert(node->as<LogicalApply>()) : node;
  }

 private:
  ExprPtr Equal(const ExprPtr& a, const ExprPtr& b, bool null_safe) const {
    return context_.registry.BindCall(null_safe ? "is_not_distinct_from" : "=", {a, b});
  }

  LogicalPtr MakeJoin(const LogicalApply& apply, LogicalPtr right, std::vector<ExprPtr> conditions) const {
    if (!apply.condition->is_true()) conditions.insert(conditions.begin(), apply.condition);
    return std::make_shared<LogicalJoin>(apply.join_kind, apply.child(0), std::move(right),
                                         CombineConjunction(std::move(conditions)), apply.null_aware, apply.mark);
  }

  LogicalPtr Convert(const LogicalApply& apply) {
    const ColumnSet outer = ColumnsOf(*apply.child(0));
    // What has been unnested within may refer to more by now.
    NoteCtes(*apply.child(1));
    if (!IsCorrelated(*apply.child(1), outer)) {
      return apply.join_kind == JoinKind::kSingle && apply.condition->is_true() ? JoinOneRow(apply)
                                                                                : MakeJoin(apply, RightOf(apply), {});
    }
    if (LogicalPtr unnested = UnnestInPlace(apply)) return unnested;
    if (LogicalPtr joined = PullConditions(apply, outer)) return joined;
    if (LogicalPtr joined = PullEqualities(apply, outer)) return joined;
    return JoinDomain(apply, outer);
  }

  // A value that is the same for all rows. As an outer join, which finds its place among the others and becomes an
  // inner one below a condition on the value, where a single join would hold up both.
  LogicalPtr JoinOneRow(const LogicalApply& apply) {
    LogicalPtr right = apply.child(1);
    if (!IsUnique(*right, {})) {
      PlanCopier copier(ids_);
      LogicalPtr copy = copier.Copy(right);
      std::vector<AggregateCall> calls;
      for (const PlanColumn& column : right->columns()) {
        calls.push_back(
            context_.registry.BindAggregate("single_value", {Substitute(ToExpr(column), copier.columns())}));
      }
      right = std::make_shared<LogicalAggregate>(std::move(copy), std::vector<ExprPtr>{}, std::move(calls),
                                                 right->columns());
    }
    return std::make_shared<LogicalJoin>(JoinKind::kLeft, apply.child(0), std::move(right), True());
  }

  // FROM t, unnest(t.list): the lists are taken apart beside the row that they are of. So that filters of t come first:
  // the functions that make lists may fail on other rows.
  static LogicalPtr UnnestInPlace(const LogicalApply& apply) {
    const LogicalPtr& right = apply.child(1);
    if (apply.join_kind != JoinKind::kInner || right->kind() != LogicalKind::kUnnest) return nullptr;
    const auto& unnest = right->as<LogicalUnnest>();
    const LogicalPtr& input = unnest.child(0);
    if (input->kind() != LogicalKind::kValues || input->as<LogicalValues>().rows.size() != 1 ||
        !input->columns().empty()) {
      return nullptr;
    }
    std::vector<PlanColumn> columns = apply.child(0)->columns();
    columns.insert(columns.end(), unnest.columns().begin(), unnest.columns().end());
    LogicalPtr plan =
        std::make_shared<LogicalUnnest>(apply.child(0), unnest.lists, std::move(columns), unnest.with_ordinality);
    if (!apply.condition->is_true()) plan = std::make_shared<LogicalFilter>(std::move(plan), apply.condition);
    return plan;
  }

  // Whether a row exists does not depend on how many there are, or on their order.
  static LogicalPtr RightOf(const LogicalApply& apply) {
    LogicalPtr right = apply.child(1);
    if (apply.join_kind != JoinKind::kMark || !apply.condition->is_true()) return right;
    while (true) {
      if (right->kind() == LogicalKind::kSort) {
        right = right->child();
      } else if (right->kind() == LogicalKind::kLimit && right->as<LogicalLimit>().limit.value_or(1) > 0 &&
                 right->as<LogicalLimit>().offset == 0) {
        right = right->child();
      } else {
        return right;
      }
    }
  }

  // Whether the plan, or a CTE that it reads, refers to `outer`.
  bool IsCorrelated(const LogicalNode& plan, const ColumnSet& outer) const {
    const ColumnSet free = FreeColumns(plan);
    if (std::any_of(free.begin(), free.end(), [&](ColumnId id) { return outer.contains(id); })) return true;
    return !free_of_ctes_.empty() && ReadsCorrelated(plan, outer);
  }
  bool ReadsCorrelated(const LogicalNode& plan, const ColumnSet& outer) const {
    if (plan.kind() == LogicalKind::kCteScan) {
      const auto found = free_of_ctes_.find(plan.as<LogicalCteScan>().id);
      if (found == free_of_ctes_.end()) return false;
      return std::any_of(found->second.begin(), found->second.end(), [&](ColumnId id) { return outer.contains(id); });
    }
    return std::any_of(plan.children().begin(), plan.children().end(),
                       [&](const LogicalPtr& child) { return ReadsCorrelated(*child, outer); });
  }
  // Notes what the CTEs in the plan refer to outside of themselves, also by way of those that they read.
  void NoteCtes(const LogicalNode& plan) {
    if (plan.kind() == LogicalKind::kCte || plan.kind() == LogicalKind::kRecursion) {
      const bool recursive = plan.kind() == LogicalKind::kRecursion;
      const CteId id = recursive ? plan.as<LogicalRecursion>().id : plan.as<LogicalCte>().id;
      ColumnSet free = FreeColumns(recursive ? plan : *plan.child(0));
      if (!free.empty()) free_of_ctes_[id] = std::move(free);
    }
    for (const LogicalPtr& child : plan.children()) NoteCtes(*child);
    // Definitions come before what reads them, but for a recursion's own step.
    if (plan.kind() == LogicalKind::kCte) AddReadColumns(*plan.child(0), plan.as<LogicalCte>().id);
    if (plan.kind() == LogicalKind::kRecursion) AddReadColumns(plan, plan.as<LogicalRecursion>().id);
  }
  void AddReadColumns(const LogicalNode& plan, CteId reader) {
    if (plan.kind() == LogicalKind::kCteScan && plan.as<LogicalCteScan>().id != reader) {
      const auto found = free_of_ctes_.find(plan.as<LogicalCteScan>().id);
      if (found != free_of_ctes_.end()) {
        const ColumnSet columns = found->second;
        free_of_ctes_[reader].insert(columns.begin(), columns.end());
      }
    }
    for (const LogicalPtr& child : plan.children()) AddReadColumns(*child, reader);
  }

  // ---- 1. Filters on top, below projections: their conditions become the join's.

  LogicalPtr PullConditions(const LogicalApply& apply, const ColumnSet& outer) {
    if (apply.join_kind == JoinKind::kSingle && !apply.condition->is_true()) return nullptr;
    std::vector<ExprPtr> conditions;
    LogicalPtr right = PullFrom(RightOf(apply), outer, conditions);
    if (right == nullptr || IsCorrelated(*right, outer)) return nullptr;
    if (apply.null_aware) {
      // The conditions say which rows the subquery has; only the comparison may be unknown.
      for (ExprPtr& condition : conditions) {
        condition = Expr::Coalesce({condition, Expr::Literal(Value::Boolean(false))});
      }
    }
    return MakeJoin(apply, std::move(right), std::move(conditions));
  }

  // The plan without its correlated filters, which are added to `conditions`; it puts out at least its own columns and
  // those that the conditions need. Null when something else stands in the way.
  LogicalPtr PullFrom(const LogicalPtr& plan, const ColumnSet& outer, std::vector<ExprPtr>& conditions) {
    if (!IsCorrelated(*plan, outer)) return plan;
    switch (plan->kind()) {
      case LogicalKind::kFilter: {
        LogicalPtr child = PullFrom(plan->child(), outer, conditions);
        if (child == nullptr) return nullptr;
        std::vector<ExprPtr> kept;
        for (const ExprPtr& conjunct : SplitConjunction(plan->as<LogicalFilter>().predicate)) {
          (RefersToAny(*conjunct, outer) ? conditions : kept).push_back(conjunct);
        }
        if (kept.empty()) return child;
        return std::make_shared<LogicalFilter>(std::move(child), CombineConjunction(std::move(kept)));
      }
      case LogicalKind::kProject: {
        const auto& project = plan->as<LogicalProject>();
        for (const ExprPtr& expr : project.exprs) {
          if (RefersToAny(*expr, outer)) return nullptr;
        }
        LogicalPtr child = PullFrom(plan->child(), outer, conditions);
        if (child == nullptr) return nullptr;
        std::vector<ExprPtr> exprs = project.exprs;
        std::vector<PlanColumn> columns = project.columns();
        ColumnSet needed, present = ColumnsOf(project);
        for (const ExprPtr& condition : conditions) AddReferenced(*condition, needed);
        for (const PlanColumn& column : child->columns()) {
          if (needed.contains(column.id) && !present.contains(column.id)) {
            exprs.push_back(ToExpr(column));
            columns.push_back(column);
          }
        }
        return std::make_shared<LogicalProject>(std::move(child), std::move(exprs), std::move(columns));
      }
      case LogicalKind::kJoin: {
        const auto& join = plan->as<LogicalJoin>();
        if (join.join_kind != JoinKind::kInner) {
          if (join.join_kind != JoinKind::kSemi && join.join_kind != JoinKind::kAnti &&
              join.join_kind != JoinKind::kMark && join.join_kind != JoinKind::kLeft &&
              join.join_kind != JoinKind::kSingle) {
            return nullptr;
          }
          if (IsCorrelated(*join.child(1), outer) || RefersToAny(*join.condition, outer)) return nullptr;
          LogicalPtr left = PullFrom(join.child(0), outer, conditions);
          if (left == nullptr) return nullptr;
          return join.WithChildren({std::move(left), join.child(1)});
        }
        LogicalPtr left = PullFrom(join.child(0), outer, conditions);
        LogicalPtr right = left == nullptr ? nullptr : PullFrom(join.child(1), outer, conditions);
        if (right == nullptr) return nullptr;
        std::vector<ExprPtr> kept;
        for (const ExprPtr& conjunct : SplitConjunction(join.condition)) {
          (RefersToAny(*conjunct, outer) ? conditions : kept).push_back(conjunct);
        }
        return std::make_shared<LogicalJoin>(JoinKind::kInner, std::move(left), std::move(right),
                                             CombineConjunction(std::move(kept)));
      }
      case LogicalKind::kSort:
        return PullFrom(plan->child(), outer, conditions);
      default:
        return nullptr;
    }
  }

  // ---- 2. Aggregates over equalities: group by what the outer column is compared with.

  // For each outer column, the inner expression that it equals.
  struct Pulled {
    LogicalPtr plan;
    std::unordered_map<ColumnId, PlanColumn> keys;
  };

  LogicalPtr PullEqualities(const LogicalApply& apply, const ColumnSet& outer) {
    if (apply.join_kind != JoinKind::kSingle || !apply.condition->is_true()) return nullptr;
    auto pulled = PullKeys(apply.child(1), outer);
    if (!pulled.has_value()) return nullptr;
    std::vector<ExprPtr> conditions;
    for (const auto& [id, key] : pulled->keys) {
      const ExprPtr column = ToExpr(*std::find_if(apply.child(0)->columns().begin(), apply.child(0)->columns().end(),
                                                  [&, wanted = id](const PlanColumn& c) { return c.id == wanted; }));
      conditions.push_back(Equal(column, ToExpr(key), false));
    }
    // One group per key: at most one match.
    return std::make_shared<LogicalJoin>(JoinKind::kLeft, apply.child(0), pulled->plan,
                                         CombineConjunction(std::move(conditions)));
  }

  // Only below a single scalar aggregate, with nothing above it that would turn its NULL (for no rows) into a value.
  std::optional<Pulled> PullKeys(const LogicalPtr& plan, const ColumnSet& outer) {
    if (plan->kind() == LogicalKind::kProject) {
      const auto& project = plan->as<LogicalProject>();
      for (const ExprPtr& expr : project.exprs) {
        if (RefersToAny(*expr, outer) || !IsStrict(*expr)) return std::nullopt;
      }
      auto pulled = PullKeys(plan->child(), outer);
      if (!pulled.has_value()) return std::nullopt;
      std::vector<ExprPtr> exprs = project.exprs;
      std::vector<PlanColumn> columns = project.columns();
      for (const auto& [id, key] : pulled->keys) {
        exprs.push_back(ToExpr(key));
        columns.push_back(key);
      }
      pulled->plan = std::make_shared<LogicalProject>(pulled->plan, std::move(exprs), std::move(columns));
      return pulled;
    }
    if (plan->kind() != LogicalKind::kAggregate) return std::nullopt;
    const auto& aggregate = plan->as<LogicalAggregate>();
    if (!aggregate.groups.empty()) return std::nullopt;
    for (const AggregateCall& call : aggregate.aggregates) {
      // Counts are 0 for no rows, not NULL.
      if (call.name.starts_with("count") || call.name.find("count_distinct") != std::string::npos ||
          call.name == "ndv") {
        return std::nullopt;
      }
      for (const ExprPtr& arg : call.args) {
        if (RefersToAny(*arg, outer)) return std::nullopt;
      }
      if (call.filter != nullptr && RefersToAny(*call.filter, outer)) return std::nullopt;
    }
    std::vector<ExprPtr> conditions;
    LogicalPtr child = PullFrom(aggregate.child(), outer, conditions);
    if (child == nullptr || IsCorrelated(*child, outer)) return std::nullopt;
    Pulled out;
    std::vector<ExprPtr> groups;
    std::vector<PlanColumn> columns;
    for (const ExprPtr& condition : conditions) {
      if (!condition->is(ExprKind::kCall) || condition->name() != "=") return std::nullopt;
      ExprPtr from = condition->child(0), inner = condition->child(1);
      if (!from->is(ExprKind::kColumn) || !outer.contains(from->column_id())) std::swap(from, inner);
      if (!from->is(ExprKind::kColumn) || !outer.contains(from->column_id()) || RefersToAny(*inner, outer) ||
          out.keys.contains(from->column_id())) {
        return std::nullopt;
      }
      PlanColumn key = inner->is(ExprKind::kColumn) ? PlanColumn{inner->column_id(), inner->type(), inner->name()}
                                                    : ids_.Make(inner->type(), "key");
      // The same inner column may serve two outer ones; it is grouped by once.
      if (std::none_of(columns.begin(), columns.end(), [&](const PlanColumn& c) { return c.id == key.id; })) {
        groups.push_back(inner);
        columns.push_back(key);
      }
      out.keys.emplace(from->column_id(), key);
    }
    columns.insert(columns.end(), aggregate.columns().begin(), aggregate.columns().end());
    out.plan = std::make_shared<LogicalAggregate>(std::move(child), std::move(groups), aggregate.aggregates,
                                                  std::move(columns));
    return out;
  }

  static bool IsStrict(const Expr& expr) {
    bool strict = true;
    bool has_column = false;
    VisitExpr(expr, [&](const Expr& part) {
      if (part.is(ExprKind::kColumn)) has_column = true;
      const bool fine = part.is(ExprKind::kColumn) || part.is(ExprKind::kLiteral) || part.is(ExprKind::kCast) ||
                        (part.is(ExprKind::kCall) && part.overload().nulls == NullBehavior::kPropagate);
      strict = strict && fine;
      return strict;
    });
    return strict && has_column;
  }

  // ---- 3. The general way: the right side for every distinct combination of the outer values.

  struct Domain {
    LogicalPtr left;                // the Apply's left side, to take distinct values from
    std::vector<ColumnId> columns;  // outer columns
  };
  // A plan that puts out its own columns and, for each domain column, the value that the row belongs to.
  struct Pushed {
    LogicalPtr plan;
    std::vector<PlanColumn> values;  // parallel to Domain::columns
  };

  // A left side that may differ when it is computed again is computed once, as a CTE.
  LogicalPtr JoinDomain(const LogicalApply& apply, const ColumnSet& outer) {
    if (ComputesVolatile(*apply.child(0)) && apply.child(0)->kind() != LogicalKind::kCteScan) {
      PlanCopier copier(ids_);
      LogicalPtr definition = copier.Copy(apply.child(0));
      std::vector<ColumnId> definition_columns;
      for (const PlanColumn& column : apply.child(0)->columns()) {
        definition_columns.push_back(copier.columns().at(column.id)->column_id());
      }
      const CteId id = ids_.MakeCte();
      ColumnSet free = FreeColumns(*definition);
      if (!free.empty()) free_of_ctes_[id] = std::move(free);
      AddReadColumns(*definition, id);
      auto scan = std::make_shared<LogicalCteScan>(id, "outer", apply.child(0)->columns(), definition_columns);
      LogicalPtr body = JoinDomain(LogicalApply(apply.join_kind, std::move(scan), apply.child(1), apply.correlated,
                                                apply.condition, apply.null_aware, apply.mark),
                                   outer);
      return std::make_shared<LogicalCte>(id, "outer", std::move(definition), std::move(body));
    }
    Domain domain{apply.child(0), {}};
    const ColumnSet free = FreeColumns(*apply.child(1));
    for (const PlanColumn& column : apply.child(0)->columns()) {
      if (outer.contains(column.id) && free.contains(column.id)) domain.columns.push_back(column.id);
    }
    const Pushed pushed = Push(RightOf(apply), domain);
    std::vector<ExprPtr> conditions;
    conditions.reserve(domain.columns.size());
    for (size_t i = 0; i < domain.columns.size(); ++i) {
      conditions.push_back(Equal(OuterColumn(domain, i), ToExpr(pushed.values[i]), true));
    }
    if (apply.null_aware) {
      // Which rows belong to the left row is certain; only the comparison may be unknown.
      conditions = {CombineConjunction(std::move(conditions))};
    }
    return MakeJoin(apply, pushed.plan, std::move(conditions));
  }

  static ExprPtr OuterColumn(const Domain& domain, size_t i) {
    for (const PlanColumn& column : domain.left->columns()) {
      if (column.id == domain.columns[i]) return ToExpr(column);
    }
    throw Error::Internal("a domain column is not in its plan");
  }

  // The distinct values under ids of their own.
  Pushed MakeDomain(const Domain& domain) {
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> source, values;
    for (size_t i = 0; i < domain.columns.size(); ++i) {
      const ExprPtr column = OuterColumn(domain, i);
      exprs.push_back(column);
      values.push_back(ids_.Make(column->type(), column->name()));
    }
    // The left side is computed a second time for its values; a copy so that ids stay unique in the plan.
    PlanCopier copier(ids_);
    LogicalPtr copy = copier.Copy(domain.left);
    for (ExprPtr& expr : exprs) expr = Substitute(expr, copier.columns());
    auto aggregate =
        std::make_shared<LogicalAggregate>(std::move(copy), std::move(exprs), std::vector<AggregateCall>{}, values);
    return {std::move(aggregate), std::move(values)};
  }

  static Error Unsupported(std::string_view what) {
    return Error::Unsupported("Write it as a join, or with GROUP BY on the correlated columns.",
                              "correlated subquery is not available {}", what);
  }

  ColumnMap MapOf(const Domain& domain, const std::vector<PlanColumn>& values) const {
    ColumnMap map;
    for (size_t i = 0; i < domain.columns.size(); ++i) map.emplace(domain.columns[i], ToExpr(values[i]));
    return map;
  }

  ExprPtr SameDomain(const std::vector<PlanColumn>& a, const std::vector<PlanColumn>& b) const {
    std::vector<ExprPtr> parts;
    parts.reserve(a.size());
    for (size_t i = 0; i < a.size(); ++i) parts.push_back(Equal(ToExpr(a[i]), ToExpr(b[i]), true));
    return CombineConjunction(std::move(parts));
  }

  Pushed Push(const LogicalPtr& plan, const Domain& domain) {
    const ColumnSet outer(domain.columns.begin(), domain.columns.end());
    if (!IsCorrelated(*plan, outer)) {
      Pushed out = MakeDomain(domain);
      out.plan = std::make_shared<LogicalJoin>(JoinKind::kInner, std::move(out.plan), plan, True());
      return out;
    }
    switch (plan->kind()) {
      case LogicalKind::kFilter: {
        Pushed out = Push(plan->child(), domain);
        out.plan = std::make_shared<LogicalFilter>(
            out.plan, Substitute(plan->as<LogicalFilter>().predicate, MapOf(domain, out.values)));
        return out;
      }
      case LogicalKind::kProject: {
        Pushed out = Push(plan->child(), domain);
        const ColumnMap map = MapOf(domain, out.values);
        std::vector<ExprPtr> exprs;
        for (const ExprPtr& expr : plan->as<LogicalProject>().exprs) exprs.push_back(Substitute(expr, map));
        std::vector<PlanColumn> columns = plan->columns();
        for (PlanColumn& value : out.values) {
          exprs.push_back(ToExpr(value));
          columns.push_back(value);
        }
        out.plan = std::make_shared<LogicalProject>(out.plan, std::move(exprs), std::move(columns));
        return out;
      }
      case LogicalKind::kAggregate:
        return PushIntoAggregate(plan->as<LogicalAggregate>(), domain);
      case LogicalKind::kJoin:
        return PushIntoJoin(plan->as<LogicalJoin>(), domain);
      case LogicalKind::kSort:
        return Push(plan->child(), domain);
      case LogicalKind::kCte:
        return PushIntoCte(plan->as<LogicalCte>(), domain);
      case LogicalKind::kCteScan:
        return PushIntoCteScan(plan->as<LogicalCteScan>());
      case LogicalKind::kRecursion:
        return PushIntoRecursion(plan->as<LogicalRecursion>(), domain);
      case LogicalKind::kSetOperation: {
        const auto& operation = plan->as<LogicalSetOperation>();
        std::vector<LogicalPtr> children;
        std::vector<PlanColumn> columns = plan->columns();
        std::vector<PlanColumn> values;
        for (const LogicalPtr& child : plan->children()) {
          Pushed side = Push(child, domain);
          children.push_back(InOrder(side, child->columns().size(), *child));
          if (values.empty()) {
            for (const PlanColumn& value : side.values) values.push_back(ids_.Make(value.type, value.name));
          }
        }
        columns.insert(columns.end(), values.begin(), values.end());
        return {std::make_shared<LogicalSetOperation>(operation.operation, std::move(children), std::move(columns)),
                values};
      }
      case LogicalKind::kAsofJoin:
        return PushIntoAsofJoin(plan->as<LogicalAsofJoin>(), domain);
      case LogicalKind::kUnnest: {
        const auto& unnest = plan->as<LogicalUnnest>();
        Pushed out = Push(plan->child(), domain);
        const ColumnMap map = MapOf(domain, out.values);
        std::vector<ExprPtr> lists;
        lists.reserve(unnest.lists.size());
        for (const ExprPtr& list : unnest.lists) lists.push_back(Substitute(list, map));
        std::vector<PlanColumn> columns = out.plan->columns();
        // The child may put out more than the node was made over.
        const size_t own = unnest.lists.size() + (unnest.with_ordinality ? 1 : 0);
        columns.insert(columns.end(), plan->columns().end() - static_cast<ptrdiff_t>(own), plan->columns().end());
        out.plan =
            std::make_shared<LogicalUnnest>(out.plan, std::move(lists), std::move(columns), unnest.with_ordinality);
        return out;
      }
      case LogicalKind::kWindow: {
        // What the outer row decides is a partition of its own.
        const auto& window = plan->as<LogicalWindow>();
        Pushed out = Push(plan->child(), domain);
        const ColumnMap map = MapOf(domain, out.values);
        std::vector<ExprPtr> partition_by;
        partition_by.reserve(out.values.size());
        for (const PlanColumn& value : out.values) partition_by.push_back(ToExpr(value));
        for (const ExprPtr& expr : window.partition_by) partition_by.push_back(Substitute(expr, map));
        std::vector<SortKey> order_by = window.order_by;
        for (SortKey& key : order_by) key.expr = Substitute(key.expr, map);
        std::vector<WindowCall> calls;
        calls.reserve(window.calls.size());
        for (const WindowCall& call : window.calls) calls.push_back(Substitute(call, map));
        out.plan = std::make_shared<LogicalWindow>(out.plan, std::move(partition_by), std::move(order_by),
                                                   std::move(calls), window.call_columns(), window.limit);
        return out;
      }
      case LogicalKind::kValues: {
        // Rows that name outer columns: a projection of the domain each.
        const auto& values = plan->as<LogicalValues>();
        std::vector<LogicalPtr> rows;
        std::vector<PlanColumn> columns = plan->columns();
        for (const std::vector<ExprPtr>& row : values.rows) {
          Pushed out = MakeDomain(domain);
          const ColumnMap map = MapOf(domain, out.values);
          std::vector<ExprPtr> exprs;
          exprs.reserve(row.size());
          for (const ExprPtr& expr : row) exprs.push_back(Substitute(expr, map));
          for (const PlanColumn& value : out.values) exprs.push_back(ToExpr(value));
          std::vector<PlanColumn> made;
          made.reserve(exprs.size());
          for (const ExprPtr& expr : exprs) made.push_back(ids_.Make(expr->type(), "column"));
          rows.push_back(std::make_shared<LogicalProject>(out.plan, std::move(exprs), std::move(made)));
        }
        std::vector<PlanColumn> made_values;
        for (const ColumnId id : domain.columns) {
          for (const PlanColumn& column : domain.left->columns()) {
            if (column.id == id) made_values.push_back(ids_.Make(column.type, column.name));
          }
        }
        columns.insert(columns.end(), made_values.begin(), made_values.end());
        return {std::make_shared<LogicalSetOperation>(SetOperationKind::kUnionAll, std::move(rows), std::move(columns)),
                std::move(made_values)};
      }
      case LogicalKind::kLimit:
        // The projection above a sort drops its keys.
        if (plan->child()->kind() == LogicalKind::kProject) {
          const LogicalPtr& project = plan->child();
          return Push(project->WithChildren({plan->WithChildren({project->child()})}), domain);
        }
        return PushIntoLimit(plan->as<LogicalLimit>(), domain);
      default:
        throw Unsupported("here");
    }
  }

  // The plan's columns first, as many as `width` and in its order, then the domain's.
  static LogicalPtr InOrder(const Pushed& pushed, size_t width, const LogicalNode& plan) {
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> kept(plan.columns().begin(), plan.columns().begin() + static_cast<ptrdiff_t>(width));
    kept.insert(kept.end(), pushed.values.begin(), pushed.values.end());
    exprs.reserve(kept.size());
    for (const PlanColumn& column : kept) exprs.push_back(ToExpr(column));
    return std::make_shared<LogicalProject>(pushed.plan, std::move(exprs), std::move(kept));
  }

  // A CTE that refers outwards is computed for all outer values, too; its scans put out whose rows are whose.
  Pushed PushIntoCte(const LogicalCte& cte, const Domain& domain) {
    LogicalPtr definition = cte.child(0);
    if (IsCorrelated(*definition, ColumnSet(domain.columns.begin(), domain.columns.end()))) {
      Pushed pushed = Push(definition, domain);
      cte_values_[cte.id] = pushed.values;
      definition = std::move(pushed.plan);
    }
    Pushed body = Push(cte.child(1), domain);
    body.plan = std::make_shared<LogicalCte>(cte.id, cte.name, std::move(definition), std::move(body.plan));
    return body;
  }

  Pushed PushIntoCteScan(const LogicalCteScan& scan) {
    std::vector<PlanColumn> columns = scan.columns(), values;
    std::vector<ColumnId> definition_columns = scan.definition_columns;
    for (const PlanColumn& value : cte_values_.at(scan.id)) {
      definition_columns.push_back(value.id);
      values.push_back(ids_.Make(value.type, value.name));
      columns.push_back(values.back());
    }
    return {std::make_shared<LogicalCteScan>(scan.id, scan.name, std::move(columns), std::move(definition_columns)),
            std::move(values)};
  }

  // One recursion for all outer values: each row says whose it is, and its successors are of the same.
  Pushed PushIntoRecursion(const LogicalRecursion& recursion, const Domain& domain) {
    const size_t width = recursion.columns().size();
    std::vector<PlanColumn> columns = recursion.columns(), values;
    for (size_t i = 0; i < domain.columns.size(); ++i) {
      const ExprPtr outer = OuterColumn(domain, i);
      values.push_back(ids_.Make(outer->type(), outer->name()));
      columns.push_back(values.back());
    }
    LogicalPtr base = InOrder(Push(recursion.child(0), domain), width, *recursion.child(0));
    cte_values_[recursion.id] = values;
    LogicalPtr step = InOrder(Push(recursion.child(1), domain), width, *recursion.child(1));
    return {std::make_shared<LogicalRecursion>(recursion.id, recursion.name, std::move(base), std::move(step),
                                               recursion.distinct, std::move(columns)),
            std::move(values)};
  }

  // The first rows for each outer row: those with low numbers.
  Pushed PushIntoLimit(const LogicalLimit& limit, const Domain& domain) {
    const bool sorted = limit.child()->kind() == LogicalKind::kSort;
    Pushed out = Push(sorted ? limit.child()->child() : limit.child(), domain);
    const ColumnMap map = MapOf(domain, out.values);
    std::vector<ExprPtr> partition_by;
    partition_by.reserve(out.values.size());
    for (const PlanColumn& value : out.values) partition_by.push_back(ToExpr(value));
    std::vector<SortKey> order_by;
    if (sorted) order_by = limit.child()->as<LogicalSort>().keys;
    for (SortKey& key : order_by) key.expr = Substitute(key.expr, map);
    WindowCall number;
    number.function = WindowFunction::kRowNumber;
    number.call.name = "row_number";
    number.call.type = TypeKind::kInt64;
    const PlanColumn row = ids_.Make(TypeKind::kInt64, "row_number");
    out.plan =
        std::make_shared<LogicalWindow>(out.plan, std::move(partition_by), std::move(order_by),
                                        std::vector<WindowCall>{std::move(number)}, std::vector<PlanColumn>{row});
    const auto bound = [&](std::string_view op, uint64_t rows) {
      const auto value = static_cast<int64_t>(std::min<uint64_t>(rows, INT64_MAX));
      return context_.registry.BindCall(op, {ToExpr(row), Expr::Literal(Value::Int64(value))});
    };
    std::vector<ExprPtr> conditions;
    uint64_t last = 0;
    if (limit.limit.has_value() && !__builtin_add_overflow(*limit.limit, limit.offset, &last)) {
      conditions.push_back(bound("<=", last));
    }
    if (limit.offset > 0) conditions.push_back(bound(">", limit.offset));
    if (!conditions.empty()) {
      out.plan = std::make_shared<LogicalFilter>(out.plan, CombineConjunction(std::move(conditions)));
    }
    return out;
  }

  Pushed PushIntoAggregate(const LogicalAggregate& aggregate, const Domain& domain) {
    Pushed out = Push(aggregate.child(), domain);
    const ColumnMap map = MapOf(domain, out.values);
    std::vector<ExprPtr> groups;
    groups.reserve(aggregate.groups.size());
    for (const ExprPtr& group : aggregate.groups) groups.push_back(Substitute(group, map));
    std::vector<AggregateCall> calls;
    calls.reserve(aggregate.aggregates.size());
    for (const AggregateCall& call : aggregate.aggregates) calls.push_back(Substitute(call, map));
    std::vector<PlanColumn> columns(aggregate.columns().begin(),
                                    aggregate.columns().begin() + static_cast<ptrdiff_t>(groups.size()));
    for (const PlanColumn& value : out.values) {
      groups.push_back(ToExpr(value));
      columns.push_back(value);
    }
    columns.insert(columns.end(), aggregate.columns().begin() + static_cast<ptrdiff_t>(aggregate.groups.size()),
                   aggregate.columns().end());
    LogicalPtr plan = std::make_shared<LogicalAggregate>(out.plan, std::move(groups), std::move(calls), columns);
    if (!aggregate.groups.empty()) return {std::move(plan), out.values};

    // Without groups there is a row for every outer value, also where no row was counted.
    Pushed all = MakeDomain(domain);
    plan =
        std::make_shared<LogicalJoin>(JoinKind::kLeft, all.plan, std::move(plan), SameDomain(all.values, out.values));
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> results;
    for (size_t i = 0; i < aggregate.aggregates.size(); ++i) {
      const PlanColumn& column = aggregate.columns()[i];
      ExprPtr expr = ToExpr(column);
      const Value empty = EmptyAggregateValue(aggregate.aggregates[i]);
      PlanColumn result = column;
      if (!empty.is_null()) {
        // The column keeps its id above; below it needs another.
        expr = Expr::Coalesce({expr, Expr::Literal(empty)});
      }
      exprs.push_back(std::move(expr));
      results.push_back(std::move(result));
    }
    for (const PlanColumn& value : all.values) {
      exprs.push_back(ToExpr(value));
      results.push_back(value);
    }
    plan = std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), std::move(results));
    return {std::move(plan), all.values};
  }

  Pushed PushIntoJoin(const LogicalJoin& join, const Domain& domain) {
    const ColumnSet outer(domain.columns.begin(), domain.columns.end());
    const bool left_needs = IsCorrelated(*join.child(0), outer);
    const bool right_needs = IsCorrelated(*join.child(1), outer);
    if (join.join_kind == JoinKind::kInner && !right_needs) {
      Pushed left = Push(join.child(0), domain);
      ExprPtr condition = Substitute(join.condition, MapOf(domain, left.values));
      return {std::make_shared<LogicalJoin>(JoinKind::kInner, left.plan, join.child(1), std::move(condition)),
              left.values};
    }
    if (join.join_kind == JoinKind::kInner && !left_needs) {
      Pushed right = Push(join.child(1), domain);
      ExprPtr condition = Substitute(join.condition, MapOf(domain, right.values));
      return {std::make_shared<LogicalJoin>(JoinKind::kInner, join.child(0), right.plan, std::move(condition)),
              right.values};
    }
    if (join.join_kind == JoinKind::kRight) {
      return PushIntoJoin(LogicalJoin(JoinKind::kLeft, join.child(1), join.child(0), join.condition), domain);
    }
    if (join.join_kind == JoinKind::kFull) return PushIntoFullJoin(join, domain);
    // Left, semi, anti, mark and single joins keep the left rows: the domain goes there, and where the right side needs
    // it too, the two must agree.
    Pushed left = Push(join.child(0), domain);
    ExprPtr condition = Substitute(join.condition, MapOf(domain, left.values));
    LogicalPtr right_plan = join.child(1);
    if (right_needs) {
      Pushed right = Push(join.child(1), domain);
      right_plan = right.plan;
      std::vector<ExprPtr> parts = {condition, SameDomain(left.values, right.values)};
      condition = CombineConjunction(std::move(parts));
      if (join.join_kind != JoinKind::kSemi && join.join_kind != JoinKind::kAnti && join.join_kind != JoinKind::kMark) {
        // The right side's copies of the domain are not wanted above.
        auto joined = std::make_shared<LogicalJoin>(join.join_kind, left.plan, right_plan, std::move(condition),
                                                    join.null_aware, join.mark);
        return {std::move(joined), left.values};
      }
    }
    return {std::make_shared<LogicalJoin>(join.join_kind, left.plan, std::move(right_plan), std::move(condition),
                                          join.null_aware, join.mark),
            left.values};
  }

  // What the outer row decides is a key of its own.
  Pushed PushIntoAsofJoin(const LogicalAsofJoin& join, const Domain& domain) {
    const bool keeps_right = join.join_kind == JoinKind::kRight || join.join_kind == JoinKind::kFull;
    const Pushed left = Push(join.child(0), domain);
    AsofCondition condition = Substitute(join.condition, MapOf(domain, left.values));
    if (!keeps_right && !IsCorrelated(*join.child(1), ColumnSet(domain.columns.begin(), domain.columns.end()))) {
      return {std::make_shared<LogicalAsofJoin>(join.join_kind, left.plan, join.child(1), std::move(condition)),
              left.values};
    }
    const Pushed right = Push(join.child(1), domain);
    const AsofCondition of_right = Substitute(join.condition, MapOf(domain, right.values));
    condition.right_keys = of_right.right_keys;
    condition.right_order = of_right.right_order;
    for (size_t i = 0; i < left.values.size(); ++i) {
      condition.left_keys.push_back(ToExpr(left.values[i]));
      condition.right_keys.push_back(ToExpr(right.values[i]));
      condition.null_safe.push_back(true);
    }
    LogicalPtr plan = std::make_shared<LogicalAsofJoin>(join.join_kind, left.plan, right.plan, std::move(condition));
    if (!keeps_right) return {std::move(plan), left.values};
    return EitherValues(std::move(plan), join.columns(), left, right);
  }

  // Either side may be missing, and with it its copy of the outer values.
  Pushed PushIntoFullJoin(const LogicalJoin& join, const Domain& domain) {
    const Pushed left = Push(join.child(0), domain);
    const Pushed right = Push(join.child(1), domain);
    std::vector<ExprPtr> parts = {Substitute(join.condition, MapOf(domain, left.values)),
                                  SameDomain(left.values, right.values)};
    LogicalPtr plan =
        std::make_shared<LogicalJoin>(JoinKind::kFull, left.plan, right.plan, CombineConjunction(std::move(parts)));
    return EitherValues(std::move(plan), join.columns(), left, right);
  }

  // `columns` of the join, and the outer values from the side that is there.
  Pushed EitherValues(LogicalPtr plan, std::vector<PlanColumn> columns, const Pushed& left, const Pushed& right) {
    std::vector<PlanColumn> values;
    std::vector<ExprPtr> exprs;
    exprs.reserve(columns.size());
    for (const PlanColumn& column : columns) exprs.push_back(ToExpr(column));
    for (size_t i = 0; i < left.values.size(); ++i) {
      exprs.push_back(Expr::Coalesce({ToExpr(left.values[i]), ToExpr(right.values[i])}));
      values.push_back(ids_.Make(left.values[i].type, left.values[i].name));
      columns.push_back(values.back());
    }
    return {std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), std::move(columns)), std::move(values)};
  }

  FreshIds ids_;
  const OptimizerContext& context_;
  std::unordered_map<CteId, ColumnSet> free_of_ctes_;              // those that refer to outer columns
  std::unordered_map<CteId, std::vector<PlanColumn>> cte_values_;  // of those that are pushed: the domain's columns
};

}  // namespace

LogicalPtr UnnestSubqueries(const LogicalPtr& plan, const OptimizerContext& context) {
  return Unnester(*plan, context).Run(plan);
}

}  // namespace weir
