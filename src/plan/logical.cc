#include "plan/logical.h"

#include "base/check.h"

namespace weir {

namespace {

std::vector<PlanColumn> JoinColumns(JoinKind kind, const LogicalPtr& left, const LogicalPtr& right,
                                    const std::optional<PlanColumn>& mark) {
  std::vector<PlanColumn> columns = left->columns();
  if (kind != JoinKind::kSemi && kind != JoinKind::kAnti && kind != JoinKind::kMark) {
    columns.insert(columns.end(), right->columns().begin(), right->columns().end());
  }
  if (mark.has_value()) columns.push_back(*mark);
  return columns;
}

}  // namespace

LogicalScan::LogicalScan(ScanSource source_in, std::vector<PlanColumn> columns, std::vector<ExprPtr> filters_in,
                         std::optional<double> table_rows_in)
    : LogicalNode(LogicalKind::kScan, {}, std::move(columns)),
      source(std::move(source_in)),
      filters(std::move(filters_in)),
      table_rows(table_rows_in) {}

std::shared_ptr<const LogicalScan> LogicalScan::WithFilters(std::vector<ExprPtr> new_filters) const {
  auto scan = std::make_shared<LogicalScan>(source, columns(), std::move(new_filters), table_rows);
  scan->column_statistics = column_statistics;
  scan->shredded = shredded;
  return scan;
}

const std::vector<size_t>& LogicalScan::column_ordinals() const {
  return std::visit([](const auto& from) -> const std::vector<size_t>& { return from.column_ordinals; }, source);
}

LogicalValues::LogicalValues(std::vector<std::vector<ExprPtr>> rows_in, std::vector<PlanColumn> columns)
    : LogicalNode(LogicalKind::kValues, {}, std::move(columns)), rows(std::move(rows_in)) {}

LogicalFilter::LogicalFilter(LogicalPtr child, ExprPtr predicate_in)
    : LogicalNode(LogicalKind::kFilter, {child}, child->columns()), predicate(std::move(predicate_in)) {}

LogicalProject::LogicalProject(LogicalPtr child, std::vector<ExprPtr> exprs_in, std::vector<PlanColumn> columns)
    : LogicalNode(LogicalKind::kProject, {std::move(child)}, std::move(columns)), exprs(std::move(exprs_in)) {}

LogicalAggregate::LogicalAggregate(LogicalPtr child, std::vector<ExprPtr> groups_in,
                                   std::vector<AggregateCall> aggregates_in, std::vector<PlanColumn> columns)
    : LogicalNode(LogicalKind::kAggregate, {std::move(child)}, std::move(columns)),
      groups(std::move(groups_in)),
      aggregates(std::move(aggregates_in)) {}

LogicalJoin::LogicalJoin(JoinKind kind, LogicalPtr left, LogicalPtr right, ExprPtr condition_in, bool null_aware_in,
                         std::optional<PlanColumn> mark_in)
    : LogicalNode(LogicalKind::kJoin, {left, right}, JoinColumns(kind, left, right, mark_in)),
      join_kind(kind),
      condition(std::move(condition_in)),
      null_aware(null_aware_in),
      mark(std::move(mark_in)) {}

LogicalAsofJoin::LogicalAsofJoin(JoinKind kind, LogicalPtr left, LogicalPtr right, AsofCondition condition_in)
    : LogicalNode(LogicalKind::kAsofJoin, {left, right}, JoinColumns(kind, left, right, std::nullopt)),
      join_kind(kind),
      condition(std::move(condition_in)) {}

LogicalApply::LogicalApply(JoinKind kind, LogicalPtr left, LogicalPtr right, std::vector<ColumnId> correlated_in,
                           ExprPtr condition_in, bool null_aware_in, std::optional<PlanColumn> mark_in)
    : LogicalNode(LogicalKind::kApply, {left, right}, JoinColumns(kind, left, right, mark_in)),
      join_kind(kind),
      correlated(std::move(correlated_in)),
      condition(std::move(condition_in)),
      null_aware(null_aware_in),
      mark(std::move(mark_in)) {}

LogicalSort::LogicalSort(LogicalPtr child, std::vector<SortKey> keys_in)
    : LogicalNode(LogicalKind::kSort, {child}, child->columns()), keys(std::move(keys_in)) {}

LogicalLimit::LogicalLimit(LogicalPtr child, std::optional<uint64_t> limit_in, uint64_t offset_in)
    : LogicalNode(LogicalKind::kLimit, {child}, child->columns()), limit(limit_in), offset(offset_in) {}

LogicalSetOperation::LogicalSetOperation(SetOperationKind kind, std::vector<LogicalPtr> children,
                                         std::vector<PlanColumn> columns)
    : LogicalNode(LogicalKind::kSetOperation, std::move(children), std::move(columns)), operation(kind) {}

LogicalCte::LogicalCte(CteId id_in, std::string name_in, LogicalPtr definition, LogicalPtr body)
    : LogicalNode(LogicalKind::kCte, {std::move(definition), body}, body->columns()),
      id(id_in),
      name(std::move(name_in)) {}

LogicalCteScan::LogicalCteScan(CteId id_in, std::string name_in, std::vector<PlanColumn> columns,
                               std::vector<ColumnId> definition_columns_in)
    : LogicalNode(LogicalKind::kCteScan, {}, std::move(columns)),
      id(id_in),
      name(std::move(name_in)),
      definition_columns(std::move(definition_columns_in)) {}

LogicalRecursion::LogicalRecursion(CteId id_in, std::string name_in, LogicalPtr base, LogicalPtr step, bool distinct_in,
                                   std::vector<PlanColumn> columns)
    : LogicalNode(LogicalKind::kRecursion, {std::move(base), std::move(step)}, std::move(columns)),
      id(id_in),
      name(std::move(name_in)),
      distinct(distinct_in) {}

LogicalUnnest::LogicalUnnest(LogicalPtr child, std::vector<ExprPtr> lists_in, std::vector<PlanColumn> columns,
                             bool with_ordinality_in)
    : LogicalNode(LogicalKind::kUnnest, {std::move(child)}, std::move(columns)),
      lists(std::move(lists_in)),
      with_ordinality(with_ordinality_in) {}

namespace {

std::vector<PlanColumn> Concat(std::vector<PlanColumn> columns, const std::vector<PlanColumn>& more) {
  columns.insert(columns.end(), more.begin(), more.end());
  return columns;
}

}  // namespace

LogicalWindow::LogicalWindow(LogicalPtr child, std::vector<ExprPtr> partition_by_in, std::vector<SortKey> order_by_in,
                             std::vector<WindowCall> calls_in, const std::vector<PlanColumn>& call_columns,
                             std::optional<WindowLimit> limit_in)
    : LogicalNode(LogicalKind::kWindow, {child}, Concat(child->columns(), call_columns)),
      partition_by(std::move(partition_by_in)),
      order_by(std::move(order_by_in)),
      calls(std::move(calls_in)),
      limit(limit_in) {}

std::vector<PlanColumn> LogicalWindow::call_columns() const {
  return {columns().end() - static_cast<ptrdiff_t>(calls.size()), columns().end()};
}

LogicalChange::LogicalChange(LogicalPtr child, RowChange change_in, std::vector<PlanColumn> columns)
    : LogicalNode(LogicalKind::kChange, {std::move(child)}, std::move(columns)), change(std::move(change_in)) {}

bool HasChange(const LogicalNode& plan) {
  if (plan.kind() == LogicalKind::kChange) return true;
  for (const LogicalPtr& child : plan.children()) {
    if (HasChange(*child)) return true;
  }
  return false;
}

LogicalPtr LogicalNode::WithChildren(std::vector<LogicalPtr> children) const {
  switch (kind_) {
    case LogicalKind::kScan:
    case LogicalKind::kValues:
    case LogicalKind::kCteScan:
      break;
    case LogicalKind::kFilter:
      return std::make_shared<LogicalFilter>(std::move(children[0]), as<LogicalFilter>().predicate);
    case LogicalKind::kProject:
      return std::make_shared<LogicalProject>(std::move(children[0]), as<LogicalProject>().exprs, columns_);
    case LogicalKind::kAggregate: {
      const auto& node = as<LogicalAggregate>();
      return std::make_shared<LogicalAggregate>(std::move(children[0]), node.groups, node.aggregates, columns_);
    }
    case LogicalKind::kJoin: {
      const auto& node = as<LogicalJoin>();
      return std::make_shared<LogicalJoin>(node.join_kind, std::move(children[0]), std::move(children[1]),
                                           node.condition, node.null_aware, node.mark);
    }
    case LogicalKind::kApply: {
      const auto& node = as<LogicalApply>();
      return std::make_shared<LogicalApply>(node.join_kind, std::move(children[0]), std::move(children[1]),
                                            node.correlated, node.condition, node.null_aware, node.mark);
    }
    case LogicalKind::kSort:
      return std::make_shared<LogicalSort>(std::move(children[0]), as<LogicalSort>().keys);
    case LogicalKind::kLimit:
      return std::make_shared<LogicalLimit>(std::move(children[0]), as<LogicalLimit>().limit,
                                            as<LogicalLimit>().offset);
    case LogicalKind::kSetOperation:
      return std::make_shared<LogicalSetOperation>(as<LogicalSetOperation>().operation, std::move(children), columns_);
    case LogicalKind::kCte: {
      const auto& node = as<LogicalCte>();
      return std::make_shared<LogicalCte>(node.id, node.name, std::move(children[0]), std::move(children[1]));
    }
    case LogicalKind::kRecursion: {
      const auto& node = as<LogicalRecursion>();
      return std::make_shared<LogicalRecursion>(node.id, node.name, std::move(children[0]), std::move(children[1]),
                                                node.distinct, columns_);
    }
    case LogicalKind::kUnnest: {
      const auto& node = as<LogicalUnnest>();
      return std::make_shared<LogicalUnnest>(std::move(children[0]), node.lists, columns_, node.with_ordinality);
    }
    case LogicalKind::kWindow: {
      const auto& node = as<LogicalWindow>();
      return std::make_shared<LogicalWindow>(std::move(children[0]), node.partition_by, node.order_by, node.calls,
                                             node.call_columns(), node.limit);
    }
    case LogicalKind::kAsofJoin: {
      const auto& node = as<LogicalAsofJoin>();
      return std::make_shared<LogicalAsofJoin>(node.join_kind, std::move(children[0]), std::move(children[1]),
                                               node.condition);
    }
    case LogicalKind::kChange:
      return std::make_shared<LogicalChange>(std::move(children[0]), as<LogicalChange>().change, columns_);
  }
  WEIR_CHECK(false, "a leaf has no children: kind {}", static_cast<int>(kind_));
}

std::string_view JoinKindName(JoinKind kind) {
  constexpr std::string_view kNames[] = {"inner", "left", "right", "full", "semi", "anti", "mark", "single"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view SetOperationName(SetOperationKind kind) {
  constexpr std::string_view kNames[] = {"union all", "intersect", "intersect all", "except", "except all"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace weir
