#include "plan/physical.h"

namespace weir {

namespace {

Schema Pick(const Schema& from, const std::vector<size_t>& positions) {
  Schema out;
  out.reserve(positions.size());
  for (const size_t position : positions) out.push_back(from[position]);
  return out;
}

}  // namespace

std::vector<Type> PhysicalNode::types() const {
  std::vector<Type> out;
  out.reserve(schema_.size());
  for (const Field& field : schema_) out.push_back(field.type);
  return out;
}

PhysicalScan::PhysicalScan(ScanSource source_in, Schema columns_in, std::vector<ExprPtr> filters_in,
                           std::vector<ColumnPredicate> predicates_in, std::vector<size_t> output_in,
                           std::vector<RuntimeFilterTarget> runtime_filters_in)
    : PhysicalNode(PhysicalKind::kScan, {}, Pick(columns_in, output_in)),
      source(std::move(source_in)),
      columns(std::move(columns_in)),
      filters(std::move(filters_in)),
      predicates(std::move(predicates_in)),
      output(std::move(output_in)),
      runtime_filters(std::move(runtime_filters_in)) {}

PhysicalValues::PhysicalValues(std::vector<std::vector<ExprPtr>> rows_in, Schema schema)
    : PhysicalNode(PhysicalKind::kValues, {}, std::move(schema)), rows(std::move(rows_in)) {}

PhysicalFilter::PhysicalFilter(PhysicalPtr child, ExprPtr predicate_in)
    : PhysicalNode(PhysicalKind::kFilter, {child}, child->schema()), predicate(std::move(predicate_in)) {}

PhysicalProject::PhysicalProject(PhysicalPtr child, std::vector<ExprPtr> exprs_in, Schema schema)
    : PhysicalNode(PhysicalKind::kProject, {std::move(child)}, std::move(schema)), exprs(std::move(exprs_in)) {}

PhysicalHashAggregate::PhysicalHashAggregate(PhysicalPtr child, std::vector<ExprPtr> groups_in,
                                             std::vector<AggregateCall> aggregates_in, Schema schema)
    : PhysicalNode(PhysicalKind::kHashAggregate, {std::move(child)}, std::move(schema)),
      groups(std::move(groups_in)),
      aggregates(std::move(aggregates_in)) {}

PhysicalHashJoin::PhysicalHashJoin(HashJoinKind kind, PhysicalPtr probe, PhysicalPtr build,
                                   std::vector<ExprPtr> probe_keys_in, std::vector<ExprPtr> build_keys_in,
                                   std::vector<bool> null_safe_in, ExprPtr residual_in, bool null_aware_in,
                                   std::vector<size_t> probe_output_in, std::vector<size_t> build_output_in,
                                   std::vector<std::pair<RuntimeFilterId, size_t>> runtime_filters_in, Schema schema)
    : PhysicalNode(PhysicalKind::kHashJoin, {std::move(probe), std::move(build)}, std::move(schema)),
      join_kind(kind),
      probe_keys(std::move(probe_keys_in)),
      build_keys(std::move(build_keys_in)),
      null_safe(std::move(null_safe_in)),
      residual(std::move(residual_in)),
      null_aware(null_aware_in),
      probe_output(std::move(probe_output_in)),
      build_output(std::move(build_output_in)),
      runtime_filters(std::move(runtime_filters_in)) {}

PhysicalNestedLoopJoin::PhysicalNestedLoopJoin(JoinKind kind, PhysicalPtr left, PhysicalPtr right, ExprPtr condition_in,
                                               bool null_aware_in, Schema schema)
    : PhysicalNode(PhysicalKind::kNestedLoopJoin, {std::move(left), std::move(right)}, std::move(schema)),
      join_kind(kind),
      condition(std::move(condition_in)),
      null_aware(null_aware_in) {}

PhysicalAsofJoin::PhysicalAsofJoin(JoinKind kind, PhysicalPtr left, PhysicalPtr right, AsofCondition condition_in,
                                   std::vector<size_t> left_output_in, std::vector<size_t> right_output_in,
                                   Schema schema)
    : PhysicalNode(PhysicalKind::kAsofJoin, {std::move(left), std::move(right)}, std::move(schema)),
      join_kind(kind),
      condition(std::move(condition_in)),
      left_output(std::move(left_output_in)),
      right_output(std::move(right_output_in)) {}

PhysicalSort::PhysicalSort(PhysicalPtr child, std::vector<SortKey> keys_in)
    : PhysicalNode(PhysicalKind::kSort, {child}, child->schema()), keys(std::move(keys_in)) {}

PhysicalTopN::PhysicalTopN(PhysicalPtr child, std::vector<SortKey> keys_in, uint64_t limit_in, uint64_t offset_in)
    : PhysicalNode(PhysicalKind::kTopN, {child}, child->schema()),
      keys(std::move(keys_in)),
      limit(limit_in),
      offset(offset_in) {}

PhysicalLimit::PhysicalLimit(PhysicalPtr child, std::optional<uint64_t> limit_in, uint64_t offset_in)
    : PhysicalNode(PhysicalKind::kLimit, {child}, child->schema()), limit(limit_in), offset(offset_in) {}

PhysicalUnionAll::PhysicalUnionAll(std::vector<PhysicalPtr> children, Schema schema)
    : PhysicalNode(PhysicalKind::kUnionAll, std::move(children), std::move(schema)) {}

PhysicalSetOperation::PhysicalSetOperation(SetOperationKind kind, PhysicalPtr left, PhysicalPtr right, Schema schema)
    : PhysicalNode(PhysicalKind::kSetOperation, {std::move(left), std::move(right)}, std::move(schema)),
      operation(kind) {}

PhysicalCte::PhysicalCte(CteId id_in, PhysicalPtr definition, PhysicalPtr body)
    : PhysicalNode(PhysicalKind::kCte, {std::move(definition), body}, body->schema()), id(id_in) {}

PhysicalCteScan::PhysicalCteScan(CteId id_in, std::vector<size_t> ordinals_in, Schema schema)
    : PhysicalNode(PhysicalKind::kCteScan, {}, std::move(schema)), id(id_in), ordinals(std::move(ordinals_in)) {}

PhysicalRecursion::PhysicalRecursion(CteId id_in, PhysicalPtr base, PhysicalPtr step, bool distinct_in, Schema schema)
    : PhysicalNode(PhysicalKind::kRecursion, {std::move(base), std::move(step)}, std::move(schema)),
      id(id_in),
      distinct(distinct_in) {}

PhysicalUnnest::PhysicalUnnest(PhysicalPtr child, std::vector<ExprPtr> lists_in, bool with_ordinality_in, Schema schema)
    : PhysicalNode(PhysicalKind::kUnnest, {std::move(child)}, std::move(schema)),
      lists(std::move(lists_in)),
      with_ordinality(with_ordinality_in) {}

PhysicalWindow::PhysicalWindow(PhysicalPtr child, std::vector<Key> keys_in, size_t hash_keys_in,
                               std::vector<Call> calls_in, std::vector<size_t> output_in,
                               std::optional<WindowLimit> limit_in, Schema schema)
    : PhysicalNode(PhysicalKind::kWindow, {std::move(child)}, std::move(schema)),
      keys(std::move(keys_in)),
      hash_keys(hash_keys_in),
      calls(std::move(calls_in)),
      output(std::move(output_in)),
      limit(limit_in) {}

PhysicalChange::PhysicalChange(PhysicalPtr child, RowChange change_in, Schema schema)
    : PhysicalNode(PhysicalKind::kChange, {std::move(child)}, std::move(schema)), change(std::move(change_in)) {}

}  // namespace weir
