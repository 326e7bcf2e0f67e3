#include <algorithm>
#include <cmath>

#include "optimizer/columns.h"
#include "optimizer/optimizer.h"
#include "optimizer/physical/scan_predicates.h"
#include "optimizer/physical/window_keys.h"
#include "optimizer/stats/cardinality.h"

namespace weir {

namespace {

// A physical node with the plan columns that its output positions carry.
struct Planned {
  PhysicalPtr node;
  std::vector<ColumnId> columns;
};

struct FilterRequest {
  RuntimeFilterId id;
  ColumnId column;
};
using FilterRequests = std::vector<FilterRequest>;

size_t PositionOf(const std::vector<ColumnId>& columns, ColumnId id) {
  const auto at = std::find(columns.begin(), columns.end(), id);
  if (at == columns.end()) throw Error::Internal("physical planner: column {} is not among the inputs", id);
  return static_cast<size_t>(at - columns.begin());
}

// Column references by position.
ExprPtr Bind(const ExprPtr& expr, const std::vector<ColumnId>& columns) {
  return RewriteExpr(expr, [&](const ExprPtr& part) -> ExprPtr {
    if (!part->is(ExprKind::kColumn)) return part;
    return Expr::Input(PositionOf(columns, part->column_id()), part->type());
  });
}

class PhysicalPlanner {
 public:
  explicit PhysicalPlanner(const OptimizerContext& context) : context_(context), estimator_(context.details) {}

  Planned Plan(const LogicalPtr& plan, const ColumnSet& required, const FilterRequests& requests) {
    Planned out = PlanNode(plan, required, requests);
    const_cast<PhysicalNode&>(*out.node).estimated_rows_ = estimator_.Estimate(plan).rows;
    return out;
  }

  // The node with exactly these columns in this order.
  PhysicalPtr Exactly(Planned planned, const std::vector<PlanColumn>& columns) {
    bool same = planned.columns.size() == columns.size();
    for (size_t i = 0; same && i < columns.size(); ++i) same = planned.columns[i] == columns[i].id;
    if (same) return planned.node;
    std::vector<ExprPtr> exprs;
    Schema schema;
    for (const PlanColumn& column : columns) {
      exprs.push_back(Expr::Input(PositionOf(planned.columns, column.id), column.type));
      schema.push_back({column.name, column.type});
    }
    const double rows = planned.node->estimated_rows();
    auto out = std::make_shared<PhysicalProject>(std::move(planned.node), std::move(exprs), std::move(schema));
    out->estimated_rows_ = rows;
    return out;
  }

 private:
  Planned PlanNode(const LogicalPtr& plan, const ColumnSet& required, const FilterRequests& requests) {
    switch (plan->kind()) {
      case LogicalKind::kScan:
        return PlanScan(plan->as<LogicalScan>(), required, requests);
      case LogicalKind::kValues:
        return PlanValues(plan->as<LogicalValues>());
      case LogicalKind::kFilter: {
        const auto& filter = plan->as<LogicalFilter>();
        ColumnSet below = required;
        AddReferenced(*filter.predicate, below);
        Planned child = Plan(plan->child(), below, requests);
        ExprPtr predicate = Bind(filter.predicate, child.columns);
        child.node = std::make_shared<PhysicalFilter>(child.node, std::move(predicate));
        return child;
      }
      case LogicalKind::kProject:
        return PlanProject(plan->as<LogicalProject>(), required, requests);
      case LogicalKind::kAggregate:
        return PlanAggregate(plan->as<LogicalAggregate>(), required, requests);
      case LogicalKind::kJoin:
        return PlanJoin(plan, required, requests);
      case LogicalKind::kAsofJoin:
        return PlanAsofJoin(plan->as<LogicalAsofJoin>(), required, requests);
      case LogicalKind::kApply:
        throw Error::Internal("an Apply reached the physical planner: {}", plan->ToString());
      case LogicalKind::kSort: {
        Planned child = Plan(plan->child(), WithKeys(plan->as<LogicalSort>().keys, required), requests);
        std::vector<SortKey> keys = BindKeys(plan->as<LogicalSort>().keys, child.columns);
        child.node = std::make_shared<PhysicalSort>(child.node, std::move(keys));
        return child;
      }
      case LogicalKind::kLimit:
        return PlanLimit(plan->as<LogicalLimit>(), required);
      case LogicalKind::kSetOperation:
        return PlanSetOperation(plan->as<LogicalSetOperation>(), required);
      case LogicalKind::kCte: {
        const auto& cte = plan->as<LogicalCte>();
        // All of the definition's columns, in its order: the scans pick theirs.
        PhysicalPtr definition = Exactly(Plan(cte.child(0), ColumnsOf(*cte.child(0)), {}), cte.child(0)->columns());
        std::vector<ColumnId> columns;
        for (const PlanColumn& column : cte.child(0)->columns()) columns.push_back(column.id);
        ctes_[cte.id] = std::move(columns);
        estimator_.Define(cte.id, cte.child(0));
        Planned body = Plan(cte.child(1), required, requests);
        body.node = std::make_shared<PhysicalCte>(cte.id, std::move(definition), body.node);
        return body;
      }
      case LogicalKind::kCteScan: {
        const auto& scan = plan->as<LogicalCteScan>();
        std::vector<size_t> ordinals;
        Planned out;
        Schema schema;
        for (size_t i = 0; i < scan.columns().size(); ++i) {
          const PlanColumn& column = scan.columns()[i];
          if (!required.contains(column.id)) continue;
          ordinals.push_back(PositionOf(ctes_.at(scan.id), scan.definition_columns[i]));
          schema.push_back({column.name, column.type});
          out.columns.push_back(column.id);
        }
        out.node = std::make_shared<PhysicalCteScan>(scan.id, std::move(ordinals), std::move(schema));
        return out;
      }
      case LogicalKind::kRecursion:
        return PlanRecursion(plan->as<LogicalRecursion>());
      case LogicalKind::kWindow:
        return PlanWindow(plan, required);
      case LogicalKind::kUnnest:
        return PlanUnnest(plan->as<LogicalUnnest>(), required);
      case LogicalKind::kChange: {
        PhysicalPtr child = Exactly(Plan(plan->child(), ColumnsOf(*plan->child()), {}), plan->child()->columns());
        Planned out;
        for (const PlanColumn& column : plan->columns()) out.columns.push_back(column.id);
        out.node = std::make_shared<PhysicalChange>(std::move(child), plan->as<LogicalChange>().change,
                                                    SchemaOf(plan->columns()));
        return out;
      }
    }
    throw Error::Internal("no physical plan for: {}", plan->ToString());
  }

  static Schema SchemaOf(const std::vector<PlanColumn>& columns) {
    Schema schema;
    for (const PlanColumn& column : columns) schema.push_back({column.name, column.type});
    return schema;
  }

  static ColumnSet WithKeys(const std::vector<SortKey>& keys, ColumnSet required) {
    for (const SortKey& key : keys) AddReferenced(*key.expr, required);
    return required;
  }

  static std::vector<SortKey> BindKeys(std::vector<SortKey> keys, const std::vector<ColumnId>& columns) {
    for (SortKey& key : keys) key.expr = Bind(key.expr, columns);
    return keys;
  }

  Planned PlanScan(const LogicalScan& scan, const ColumnSet& required, const FilterRequests& requests) {
    ColumnSet needed = required;
    for (const ExprPtr& filter : scan.filters) AddReferenced(*filter, needed);
    for (const FilterRequest& request : requests) needed.insert(request.column);
    std::vector<ColumnId> columns;
    std::vector<size_t> ordinals, output;
    Schema schema;
    Planned out;
    const auto& all_ordinals = scan.column_ordinals();
    std::optional<ColumnId> part, position;
    for (size_t i = 0; i < scan.columns().size(); ++i) {
      const PlanColumn& column = scan.columns()[i];
      if (!needed.contains(column.id)) continue;
      if (all_ordinals[i] == kRowPartOrdinal || all_ordinals[i] == kRowPositionOrdinal) {
        (all_ordinals[i] == kRowPartOrdinal ? part : position) = column.id;
        continue;
      }
      if (required.contains(column.id)) {
        output.push_back(columns.size());
        out.columns.push_back(column.id);
      }
      columns.push_back(column.id);
      ordinals.push_back(all_ordinals[i]);
      schema.push_back({column.name, column.type});
    }
    ScanSource source = scan.source;
    std::visit([&](auto& from) { from.column_ordinals = std::move(ordinals); }, source);
    if (part.has_value() || position.has_value()) {
      // Both, after all others: two columns more than the source has ordinals.
      for (const auto& [id, name] : {std::pair(part, "$part"), std::pair(position, "$position")}) {
        if (id.has_value()) {
          output.push_back(columns.size());
          out.columns.push_back(*id);
        }
        columns.push_back(id.value_or(ColumnId()));
        schema.push_back({name, TypeKind::kInt64, false});
      }
    }
    std::vector<ExprPtr> filters;
    for (const ExprPtr& filter : OrderFilters(scan)) filters.push_back(Bind(filter, columns));
    std::vector<ColumnPredicate> predicates = ExtractPredicates(filters, context_);
    std::vector<RuntimeFilterTarget> targets;
    for (const FilterRequest& request : requests) {
      if (request.column == part || request.column == position) continue;
      consumed_.push_back(request.id);
      targets.push_back({request.id, PositionOf(columns, request.column)});
    }
    out.node = std::make_shared<PhysicalScan>(std::move(source), std::move(schema), std::move(filters),
                                              std::move(predicates), std::move(output), std::move(targets));
    return out;
  }

  // Cheap and selective first: by (selectivity - 1) / cost, with those that may fail after those that cannot, in their
  // order.
  std::vector<ExprPtr> OrderFilters(const LogicalScan& scan) {
    struct Ranked {
      ExprPtr expr;
      bool can_fail;
      double rank;
    };
    const auto unfiltered = scan.WithFilters({});
    const RelationEstimate& input = estimator_.Estimate(unfiltered);
    std::vector<Ranked> ranked;
    for (const ExprPtr& filter : scan.filters) {
      double cost = 0;
      VisitExpr(*filter, [&](const Expr& part) {
        if (part.is(ExprKind::kCall))
          cost += part.type().is_string() || part.name().find('~') != std::string::npos ? 8 : 1;
        if (part.is(ExprKind::kColumn)) cost += part.type().physical() == PhysicalType::kString ? 2 : 1;
        return true;
      });
      const double selectivity = CardinalityEstimator::Selectivity(*filter, input);
      ranked.push_back({filter, filter->CanFail(), (selectivity - 1) / std::max(cost, 0.5)});
    }
    std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
      if (a.can_fail != b.can_fail) return b.can_fail;
      return !a.can_fail && a.rank < b.rank;
    });
    std::vector<ExprPtr> out;
    for (Ranked& each : ranked) out.push_back(std::move(each.expr));
    return out;
  }

  static Planned PlanValues(const LogicalValues& values) {
    Planned out;
    for (const PlanColumn& column : values.columns()) out.columns.push_back(column.id);
    out.node = std::make_shared<PhysicalValues>(values.rows, SchemaOf(values.columns()));
    return out;
  }

  Planned PlanProject(const LogicalProject& project, const ColumnSet& required, const FilterRequests& requests) {
    ColumnSet below;
    FilterRequests passed;
    std::vector<size_t> kept;
    for (size_t i = 0; i < project.exprs.size(); ++i) {
      const ColumnId id = project.columns()[i].id;
      const ExprPtr& expr = project.exprs[i];
      for (const FilterRequest& request : requests) {
        if (request.column == id && expr->is(ExprKind::kColumn)) passed.push_back({request.id, expr->column_id()});
      }
      if (!required.contains(id)) continue;
      kept.push_back(i);
      AddReferenced(*expr, below);
    }
    Planned child = Plan(project.child(), below, passed);
    std::vector<ExprPtr> exprs;
    Schema schema;
    Planned out;
    bool identity = kept.size() == child.columns.size();
    for (const size_t i : kept) {
      exprs.push_back(Bind(project.exprs[i], child.columns));
      schema.push_back({project.columns()[i].name, project.columns()[i].type});
      identity = identity && exprs.back()->is(ExprKind::kInput) && exprs.back()->input_index() == out.columns.size();
      out.columns.push_back(project.columns()[i].id);
    }
    // Only names change: nothing to run.
    if (identity && !kept.empty()) {
      out.node = child.node;
      return out;
    }
    out.node = std::make_shared<PhysicalProject>(child.node, std::move(exprs), std::move(schema));
    return out;
  }

  Planned PlanAggregate(const LogicalAggregate& aggregate, const ColumnSet& required, const FilterRequests& requests) {
    ColumnSet below;
    FilterRequests passed;
    const size_t group_count = aggregate.groups.size();
    for (size_t i = 0; i < group_count; ++i) {
      AddReferenced(*aggregate.groups[i], below);
      for (const FilterRequest& request : requests) {
        if (request.column == aggregate.columns()[i].id && aggregate.groups[i]->is(ExprKind::kColumn)) {
          passed.push_back({request.id, aggregate.groups[i]->column_id()});
        }
      }
    }
    std::vector<AggregateCall> calls;
    Planned out;
    Schema schema;
    const auto put = [&](const PlanColumn& column) {
      out.columns.push_back(column.id);
      schema.push_back({column.name, column.type});
    };
    for (size_t i = 0; i < group_count; ++i) put(aggregate.columns()[i]);
    for (size_t i = 0; i < aggregate.aggregates.size(); ++i) {
      if (!required.contains(aggregate.columns()[group_count + i].id)) continue;
      const AggregateCall& call = aggregate.aggregates[i];
      for (const ExprPtr& arg : call.args) AddReferenced(*arg, below);
      if (call.filter != nullptr) AddReferenced(*call.filter, below);
      for (const auto& order : call.order_by) AddReferenced(*order.expr, below);
      calls.push_back(call);
      put(aggregate.columns()[group_count + i]);
    }
    Planned child = Plan(aggregate.child(), below, passed);
    std::vector<ExprPtr> groups;
    for (const ExprPtr& group : aggregate.groups) groups.push_back(Bind(group, child.columns));
    for (AggregateCall& call : calls) {
      for (ExprPtr& arg : call.args) arg = Bind(arg, child.columns);
      if (call.filter != nullptr) call.filter = Bind(call.filter, child.columns);
      for (auto& order : call.order_by) order.expr = Bind(order.expr, child.columns);
    }
    out.node =
        std::make_shared<PhysicalHashAggregate>(child.node, std::move(groups), std::move(calls), std::move(schema));
    return out;
  }

  // ---- joins

  struct Equality {
    ExprPtr left;
    ExprPtr right;
    bool null_safe;
  };

  // Splits a condition into equalities between the sides and the rest.
  static void SplitCondition(const LogicalJoin& join, const ColumnSet& left, const ColumnSet& right,
                             std::vector<Equality>& equalities, std::vector<ExprPtr>& residual) {
    for (const ExprPtr& conjunct : SplitConjunction(join.condition)) {
      if (conjunct->is_true()) continue;
      const bool equal = conjunct->is(ExprKind::kCall) && conjunct->name() == "=";
      const bool null_safe = conjunct->is(ExprKind::kCall) && conjunct->name() == "is_not_distinct_from";
      if (equal || null_safe) {
        const ExprPtr& a = conjunct->child(0);
        const ExprPtr& b = conjunct->child(1);
        const bool has_columns = RefersToAny(*a, left) || RefersToAny(*a, right);
        if (has_columns && a->type() == b->type()) {
          if (RefersOnlyTo(*a, left) && RefersOnlyTo(*b, right) && RefersToAny(*b, right) && RefersToAny(*a, left)) {
            equalities.push_back({a, b, null_safe});
            continue;
          }
          if (RefersOnlyTo(*a, right) && RefersOnlyTo(*b, left) && RefersToAny(*b, left) && RefersToAny(*a, right)) {
            equalities.push_back({b, a, null_safe});
            continue;
          }
        }
      }
      residual.push_back(conjunct);
    }
  }

  Planned PlanJoin(const LogicalPtr& plan, const ColumnSet& required, const FilterRequests& requests) {
    const auto& join = plan->as<LogicalJoin>();
    const ColumnSet left = ColumnsOf(*join.child(0));
    const ColumnSet right = ColumnsOf(*join.child(1));
    std::vector<Equality> equalities;
    std::vector<ExprPtr> residual;
    SplitCondition(join, left, right, equalities, residual);
    // A comparison that may be unknown together with further conditions needs three-valued logic row by row.
    const bool unknowable = join.null_aware && (equalities.size() != 1 || !residual.empty() || equalities[0].null_safe);
    if (equalities.empty() || unknowable) return PlanNestedLoop(join, left, right, required);
    return PlanHashJoin(join, left, right, equalities, residual, required, requests);
  }

  Planned PlanNestedLoop(const LogicalJoin& join, const ColumnSet& left_columns, const ColumnSet& right_columns,
                         const ColumnSet& required) {
    ColumnSet needed = required;
    AddReferenced(*join.condition, needed);
    const auto own = [&](const ColumnSet& side) {
      ColumnSet out;
      for (const ColumnId id : needed) {
        if (side.contains(id)) out.insert(id);
      }
      return out;
    };
    JoinKind kind = join.join_kind;
    // The right side is held in memory; a right join is a left join the other way round.
    const bool flip =
        kind == JoinKind::kRight ||
        (kind == JoinKind::kInner && estimator_.Estimate(join.child(0)).rows < estimator_.Estimate(join.child(1)).rows);
    if (kind == JoinKind::kRight) kind = JoinKind::kLeft;
    Planned left = Plan(join.child(flip ? 1 : 0), own(flip ? right_columns : left_columns), {});
    Planned right = Plan(join.child(flip ? 0 : 1), own(flip ? left_columns : right_columns), {});
    std::vector<ColumnId> both = left.columns;
    both.insert(both.end(), right.columns.begin(), right.columns.end());
    ExprPtr condition = Bind(join.condition, both);
    Schema schema = left.node->schema();
    Planned out;
    out.columns = left.columns;
    if (kind != JoinKind::kSemi && kind != JoinKind::kAnti && kind != JoinKind::kMark) {
      schema.insert(schema.end(), right.node->schema().begin(), right.node->schema().end());
      out.columns = both;
    }
    if (join.mark.has_value()) {
      schema.push_back({join.mark->name, join.mark->type});
      out.columns.push_back(join.mark->id);
    }
    out.node = std::make_shared<PhysicalNestedLoopJoin>(kind, left.node, right.node, std::move(condition),
                                                        join.null_aware, std::move(schema));
    return out;
  }

  // Which side probes, and what the join is called then.
  static std::pair<bool, HashJoinKind> ChooseSides(JoinKind kind, double left_rows, double right_rows,
                                                   bool null_aware) {
    switch (kind) {
      case JoinKind::kInner:
        return {left_rows < right_rows, HashJoinKind::kInner};
      case JoinKind::kLeft:
        // Building the preserved side pays when it is much smaller.
        if (left_rows * 4 < right_rows) return {true, HashJoinKind::kRight};
        return {false, HashJoinKind::kLeft};
      case JoinKind::kRight:
        if (right_rows * 4 < left_rows) return {false, HashJoinKind::kRight};
        return {true, HashJoinKind::kLeft};
      case JoinKind::kFull:
        return {left_rows < right_rows, HashJoinKind::kFull};
      case JoinKind::kSemi:
        if (left_rows * 2 < right_rows) return {true, HashJoinKind::kRightSemi};
        return {false, HashJoinKind::kSemi};
      case JoinKind::kAnti:
        if (!null_aware && left_rows * 2 < right_rows) return {true, HashJoinKind::kRightAnti};
        return {false, HashJoinKind::kAnti};
      case JoinKind::kMark:
        return {false, HashJoinKind::kMark};
      case JoinKind::kSingle:
        return {false, HashJoinKind::kSingle};
    }
    throw Error::Internal("join kind {}", static_cast<int>(kind));
  }

  Planned PlanHashJoin(const LogicalJoin& join, const ColumnSet& left_columns, const ColumnSet& right_columns,
                       std::vector<Equality>& equalities, const std::vector<ExprPtr>& residual,
                       const ColumnSet& required, const FilterRequests& requests) {
    const double left_rows = estimator_.Estimate(join.child(0)).rows;
    const double right_rows = estimator_.Estimate(join.child(1)).rows;
    const auto [flip, kind] = ChooseSides(join.join_kind, left_rows, right_rows, join.null_aware);
    const LogicalPtr& probe_plan = join.child(flip ? 1 : 0);
    const LogicalPtr& build_plan = join.child(flip ? 0 : 1);
    const ColumnSet& probe_columns = flip ? right_columns : left_columns;
    const ColumnSet& build_columns = flip ? left_columns : right_columns;
    if (flip) {
      for (Equality& equality : equalities) std::swap(equality.left, equality.right);
    }

    ColumnSet probe_needed, build_needed;
    for (const ColumnId id : required) {
      if (probe_columns.contains(id)) probe_needed.insert(id);
      if (build_columns.contains(id)) build_needed.insert(id);
    }
    for (const Equality& equality : equalities) {
      AddReferenced(*equality.left, probe_needed);
      AddReferenced(*equality.right, build_needed);
    }
    ColumnSet residual_columns;
    for (const ExprPtr& conjunct : residual) AddReferenced(*conjunct, residual_columns);
    for (const ColumnId id : residual_columns) {
      if (probe_columns.contains(id)) probe_needed.insert(id);
      if (build_columns.contains(id)) build_needed.insert(id);
    }

    // Filters from above go to the side whose rows they are about, when that side's unmatched rows do not matter.
    FilterRequests to_probe, to_build;
    const bool probe_kept = kind == HashJoinKind::kInner || kind == HashJoinKind::kLeft ||
                            kind == HashJoinKind::kSemi || kind == HashJoinKind::kAnti || kind == HashJoinKind::kMark ||
                            kind == HashJoinKind::kSingle;
    const bool build_kept = kind == HashJoinKind::kInner || kind == HashJoinKind::kRight ||
                            kind == HashJoinKind::kRightSemi || kind == HashJoinKind::kRightAnti;
    for (const FilterRequest& request : requests) {
      if (probe_columns.contains(request.column) && probe_kept) to_probe.push_back(request);
      if (build_columns.contains(request.column) && build_kept) to_build.push_back(request);
    }
    // And this join's own: probe rows without a match are dropped, so the scan may drop them first.
    const bool drops_unmatched = kind == HashJoinKind::kInner || kind == HashJoinKind::kSemi ||
                                 kind == HashJoinKind::kRight || kind == HashJoinKind::kRightSemi ||
                                 kind == HashJoinKind::kRightAnti;
    std::vector<std::pair<RuntimeFilterId, size_t>> made;
    if (drops_unmatched) {
      for (size_t i = 0; i < equalities.size(); ++i) {
        if (!equalities[i].left->is(ExprKind::kColumn) || equalities[i].null_safe) continue;
        next_filter_ = next_filter_.next();
        made.emplace_back(next_filter_, i);
        to_probe.push_back({next_filter_, equalities[i].left->column_id()});
      }
    }
    Planned probe = Plan(probe_plan, probe_needed, to_probe);
    Planned build = Plan(build_plan, build_needed, to_build);
    std::erase_if(made, [&](const auto& filter) {
      return std::find(consumed_.begin(), consumed_.end(), filter.first) == consumed_.end();
    });

    std::vector<ExprPtr> probe_keys, build_keys;
    std::vector<bool> null_safe;
    for (const Equality& equality : equalities) {
      probe_keys.push_back(Bind(equality.left, probe.columns));
      build_keys.push_back(Bind(equality.right, build.columns));
      null_safe.push_back(equality.null_safe);
    }
    ExprPtr rest;
    if (!residual.empty()) {
      std::vector<ColumnId> both = probe.columns;
      both.insert(both.end(), build.columns.begin(), build.columns.end());
      rest = Bind(CombineConjunction(residual), both);
    }
    Planned out;
    Schema schema;
    std::vector<size_t> probe_output, build_output;
    const auto put = [&](const Planned& side, std::vector<size_t>& output) {
      for (size_t i = 0; i < side.columns.size(); ++i) {
        if (!required.contains(side.columns[i])) continue;
        output.push_back(i);
        out.columns.push_back(side.columns[i]);
        schema.push_back(side.node->schema()[i]);
      }
    };
    if (kind != HashJoinKind::kRightSemi && kind != HashJoinKind::kRightAnti) put(probe, probe_output);
    if (kind != HashJoinKind::kSemi && kind != HashJoinKind::kAnti && kind != HashJoinKind::kMark)
      put(build, build_output);
    if (kind == HashJoinKind::kMark) {
      out.columns.push_back(join.mark->id);
      schema.push_back({join.mark->name, join.mark->type});
    }
    out.node = std::make_shared<PhysicalHashJoin>(kind, probe.node, build.node, std::move(probe_keys),
                                                  std::move(build_keys), std::move(null_safe), std::move(rest),
                                                  join.null_aware, std::move(probe_output), std::move(build_output),
                                                  std::move(made), std::move(schema));
    return out;
  }

  Planned PlanAsofJoin(const LogicalAsofJoin& join, const ColumnSet& required, const FilterRequests& requests) {
    ColumnSet needed = required;
    ForEachExpr(join.condition, [&](const ExprPtr& expr) { AddReferenced(*expr, needed); });
    Planned sides[2];
    for (size_t side = 0; side < 2; ++side) {
      const ColumnSet columns = ColumnsOf(*join.child(side));
      ColumnSet own;
      for (const ColumnId id : needed) {
        if (columns.contains(id)) own.insert(id);
      }
      FilterRequests passed;
      if (side == 0 && (join.join_kind == JoinKind::kInner || join.join_kind == JoinKind::kLeft)) {
        for (const FilterRequest& request : requests) {
          if (columns.contains(request.column)) passed.push_back(request);
        }
      }
      sides[side] = Plan(join.child(side), own, passed);
    }
    AsofCondition condition = join.condition;
    for (ExprPtr& key : condition.left_keys) key = Bind(key, sides[0].columns);
    for (ExprPtr& key : condition.right_keys) key = Bind(key, sides[1].columns);
    condition.left_order = Bind(condition.left_order, sides[0].columns);
    condition.right_order = Bind(condition.right_order, sides[1].columns);
    Planned out;
    Schema schema;
    std::vector<size_t> outputs[2];
    for (size_t side = 0; side < 2; ++side) {
      for (size_t i = 0; i < sides[side].columns.size(); ++i) {
        if (!required.contains(sides[side].columns[i])) continue;
        outputs[side].push_back(i);
        out.columns.push_back(sides[side].columns[i]);
        schema.push_back(sides[side].node->schema()[i]);
      }
    }
    out.node = std::make_shared<PhysicalAsofJoin>(join.join_kind, sides[0].node, sides[1].node, std::move(condition),
                                                  std::move(outputs[0]), std::move(outputs[1]), std::move(schema));
    return out;
  }

  // ---- the rest

  Planned PlanLimit(const LogicalLimit& limit, const ColumnSet& required) {
    if (limit.child()->kind() == LogicalKind::kSort && limit.limit.has_value()) {
      const auto& sort = limit.child()->as<LogicalSort>();
      Planned child = Plan(sort.child(), WithKeys(sort.keys, required), {});
      std::vector<SortKey> keys = BindKeys(sort.keys, child.columns);
      child.node = std::make_shared<PhysicalTopN>(child.node, std::move(keys), *limit.limit, limit.offset);
      return child;
    }
    Planned child = Plan(limit.child(), required, {});
    child.node = std::make_shared<PhysicalLimit>(child.node, limit.limit, limit.offset);
    return child;
  }

  Planned PlanSetOperation(const LogicalSetOperation& operation, const ColumnSet& required) {
    const bool all_columns = operation.operation != SetOperationKind::kUnionAll;
    std::vector<size_t> kept;
    Planned out;
    Schema schema;
    for (size_t i = 0; i < operation.columns().size(); ++i) {
      const PlanColumn& column = operation.columns()[i];
      if (!all_columns && !required.contains(column.id)) continue;
      kept.push_back(i);
      out.columns.push_back(column.id);
      schema.push_back({column.name, column.type});
    }
    std::vector<PhysicalPtr> children;
    for (const LogicalPtr& child : operation.children()) {
      std::vector<PlanColumn> columns;
      ColumnSet needed;
      for (const size_t i : kept) {
        columns.push_back(child->columns()[i]);
        needed.insert(child->columns()[i].id);
      }
      children.push_back(Exactly(Plan(child, needed, {}), columns));
    }
    if (operation.operation == SetOperationKind::kUnionAll) {
      out.node = std::make_shared<PhysicalUnionAll>(std::move(children), std::move(schema));
    } else {
      out.node = std::make_shared<PhysicalSetOperation>(operation.operation, std::move(children[0]),
                                                        std::move(children[1]), std::move(schema));
    }
    return out;
  }

  // All columns: the step reads any of them, and what makes a row distinct is all of it.
  Planned PlanRecursion(const LogicalRecursion& recursion) {
    Planned out;
    for (const PlanColumn& column : recursion.columns()) out.columns.push_back(column.id);
    const auto plan_side = [&](const LogicalPtr& child) {
      const std::vector<PlanColumn> columns(
          child->columns().begin(), child->columns().begin() + static_cast<ptrdiff_t>(recursion.columns().size()));
      ColumnSet needed;
      for (const PlanColumn& column : columns) needed.insert(column.id);
      return Exactly(Plan(child, needed, {}), columns);
    };
    PhysicalPtr base = plan_side(recursion.child(0));
    ctes_[recursion.id] = out.columns;
    PhysicalPtr step = plan_side(recursion.child(1));
    out.node = std::make_shared<PhysicalRecursion>(recursion.id, std::move(base), std::move(step), recursion.distinct,
                                                   SchemaOf(recursion.columns()));
    return out;
  }

  Planned PlanUnnest(const LogicalUnnest& unnest, const ColumnSet& required) {
    const size_t inherited = unnest.columns().size() - unnest.lists.size() - (unnest.with_ordinality ? 1 : 0);
    ColumnSet below;
    for (const ExprPtr& list : unnest.lists) AddReferenced(*list, below);
    for (size_t i = 0; i < inherited; ++i) {
      if (required.contains(unnest.columns()[i].id)) below.insert(unnest.columns()[i].id);
    }
    Planned child = Plan(unnest.child(), below, {});
    std::vector<ExprPtr> lists;
    for (const ExprPtr& list : unnest.lists) lists.push_back(Bind(list, child.columns));
    Planned out;
    out.columns = child.columns;
    Schema schema = child.node->schema();
    for (size_t i = inherited; i < unnest.columns().size(); ++i) {
      out.columns.push_back(unnest.columns()[i].id);
      schema.push_back({unnest.columns()[i].name, unnest.columns()[i].type});
    }
    out.node =
        std::make_shared<PhysicalUnnest>(child.node, std::move(lists), unnest.with_ordinality, std::move(schema));
    return out;
  }

  // Windows directly above each other whose keys fit into one sort run as one node.
  Planned PlanWindow(const LogicalPtr& plan, const ColumnSet& required) {
    const auto [members, longest] = WindowsOfOneSort(plan);
    const LogicalPtr& input = members.back()->child();
    ColumnSet inherited;
    for (const PlanColumn& column : input->columns()) {
      if (required.contains(column.id)) inherited.insert(column.id);
    }
    ColumnSet below = inherited;
    for (const LogicalWindow* window : members) {
      for (const ExprPtr& key : window->partition_by) AddReferenced(*key, below);
      for (const SortKey& key : window->order_by) AddReferenced(*key.expr, below);
      for (size_t i = 0; i < window->calls.size(); ++i) {
        const bool needed = required.contains(window->call_columns()[i].id) || IsLimitOf(*window, i);
        if (needed) ForEachExpr(window->calls[i], [&](const ExprPtr& expr) { AddReferenced(*expr, below); });
      }
    }
    Planned child = Plan(input, below, {});

    // What is no column yet is computed by a projection below.
    std::vector<ExprPtr> exprs;
    Schema child_schema = child.node->schema();
    for (size_t i = 0; i < child_schema.size(); ++i) exprs.push_back(Expr::Input(i, child_schema[i].type));
    const size_t child_width = exprs.size();
    const auto column_of = [&](const ExprPtr& expr) {
      const ExprPtr bound = Bind(expr, child.columns);
      for (size_t i = 0; i < exprs.size(); ++i) {
        if (exprs[i]->Equals(*bound) && bound->volatility() != Volatility::kVolatile) return i;
      }
      exprs.push_back(bound);
      child_schema.push_back({expr->ToString(), expr->type()});
      return exprs.size() - 1;
    };
    const auto as_input = [&](const ExprPtr& expr) -> ExprPtr {
      if (expr->is(ExprKind::kLiteral)) return expr;
      return Expr::Input(column_of(expr), expr->type());
    };

    std::vector<PhysicalWindow::Key> keys;
    for (const SortKey& key : SortKeysOf(*longest)) {
      keys.push_back({column_of(key.expr), key.descending, key.nulls_first});
    }
    std::vector<PhysicalWindow::Call> calls;
    std::optional<WindowLimit> limit;
    Planned out;
    std::vector<size_t> output;
    Schema schema;
    for (size_t i = 0; i < child_width; ++i) {
      if (!inherited.contains(child.columns[i])) continue;
      output.push_back(i);
      out.columns.push_back(child.columns[i]);
      schema.push_back(child_schema[i]);
    }
    size_t hash_keys = keys.size();
    for (const LogicalWindow* window : members) {
      const WindowKeyCounts counts = KeyCountsOf(*window);
      hash_keys = std::min(hash_keys, counts.partition_keys);
      const std::vector<PlanColumn> columns = window->call_columns();
      for (size_t i = 0; i < window->calls.size(); ++i) {
        if (!required.contains(columns[i].id) && !IsLimitOf(*window, i)) continue;
        if (IsLimitOf(*window, i)) limit = WindowLimit{calls.size(), window->limit->rows};
        PhysicalWindow::Call call{window->calls[i], counts.partition_keys, counts.order_keys};
        GuardArguments(call.window);
        // Values of other rows are taken from the sorted rows, so they must be among the columns.
        const ExprPtr* value = TakesValues(call.window.function) ? call.window.call.args.data() : nullptr;
        ForEachExpr(call.window, [&](ExprPtr& expr) {
          expr = &expr == value ? Expr::Input(column_of(expr), expr->type()) : as_input(expr);
        });
        calls.push_back(std::move(call));
        out.columns.push_back(columns[i].id);
        schema.push_back({columns[i].name, columns[i].type});
      }
    }
    if (calls.empty()) {
      // Nobody wants the results.
      return {child.node, child.columns};
    }
    PhysicalPtr node = child.node;
    if (exprs.size() > child_width) {
      const double rows = node->estimated_rows();
      auto project = std::make_shared<PhysicalProject>(std::move(node), std::move(exprs), std::move(child_schema));
      project->estimated_rows_ = rows;
      node = std::move(project);
    }
    out.node = std::make_shared<PhysicalWindow>(std::move(node), std::move(keys), hash_keys, std::move(calls),
                                                std::move(output), limit, std::move(schema));
    return out;
  }

  const OptimizerContext& context_;
  CardinalityEstimator estimator_;
  std::unordered_map<CteId, std::vector<ColumnId>> ctes_;
  RuntimeFilterId next_filter_;
  std::vector<RuntimeFilterId> consumed_;
};

}  // namespace

PhysicalPtr PlanPhysical(const LogicalPtr& plan, const OptimizerContext& context) {
  PhysicalPlanner planner(context);
  Planned planned = planner.Plan(plan, ColumnsOf(*plan), {});
  return planner.Exactly(std::move(planned), plan->columns());
}

}  // namespace weir
