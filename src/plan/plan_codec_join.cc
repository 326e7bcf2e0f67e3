#include "plan/plan_codec_parts.h"

namespace weir {

namespace {

std::vector<Type> Picked(const std::vector<Type>& types, const std::vector<size_t>& positions) {
  std::vector<Type> out;
  out.reserve(positions.size());
  for (const size_t position : positions) out.push_back(types[position]);
  return out;
}

}  // namespace

void WriteHashJoin(const PhysicalHashJoin& join, PlanWriter& out) {
  out.PutEnum(join.join_kind);
  out.Put(join.schema());
  out.Put(join.probe_keys);
  out.Put(join.build_keys);
  for (const bool null_safe : join.null_safe) out.PutBool(null_safe);
  out.PutOptional(join.residual);
  out.PutBool(join.null_aware);
  out.Put(join.probe_output);
  out.Put(join.build_output);
  out.PutList(join.runtime_filters, [&](const auto& filter) {
    out.out().PutVarint(filter.first.value());
    out.out().PutVarint(filter.second);
  });
}

PhysicalPtr ReadHashJoin(PlanReader& in, const PhysicalPtr& probe, const PhysicalPtr& build) {
  const auto kind = in.GetEnum(HashJoinKind::kRightAnti);
  Schema schema = in.GetSchema();
  const std::vector<Type> left = probe->types();
  const std::vector<Type> right = build->types();
  std::vector<ExprPtr> probe_keys = in.GetExprs(left);
  std::vector<ExprPtr> build_keys = in.GetExprs(right);
  PlanReader::Need(probe_keys.size() == build_keys.size() && !probe_keys.empty(), "number of keys");
  for (size_t i = 0; i < probe_keys.size(); ++i) {
    PlanReader::Need(IsSameForm(probe_keys[i]->type(), build_keys[i]->type()), "type of keys");
  }
  std::vector<bool> null_safe;
  null_safe.reserve(probe_keys.size());
  for (size_t i = 0; i < probe_keys.size(); ++i) null_safe.push_back(in.GetBool());
  ExprPtr residual = in.GetBool() ? in.GetCondition(Concatenated(left, right)) : nullptr;
  const bool null_aware = in.GetBool();
  PlanReader::Need(!null_aware || kind == HashJoinKind::kAnti || kind == HashJoinKind::kMark, "NULL-aware join");
  std::vector<size_t> probe_output = in.GetPositions(left.size());
  std::vector<size_t> build_output = in.GetPositions(right.size());
  std::vector<std::pair<RuntimeFilterId, size_t>> runtime_filters = in.GetList([&] {
    const RuntimeFilterId id(static_cast<uint32_t>(in.GetPosition(size_t{1} << 32)));
    return std::pair(id, in.GetPosition(build_keys.size()));
  });
  switch (kind) {
    case HashJoinKind::kSemi:
    case HashJoinKind::kAnti:
    case HashJoinKind::kMark:
      PlanReader::Need(build_output.empty(), "columns of a join");
      break;
    case HashJoinKind::kRightSemi:
    case HashJoinKind::kRightAnti:
      PlanReader::Need(probe_output.empty(), "columns of a join");
      break;
    default:
      break;
  }
  std::vector<Type> types = Concatenated(Picked(left, probe_output), Picked(right, build_output));
  if (kind == HashJoinKind::kMark) types.emplace_back(TypeKind::kBoolean);
  PlanReader::NeedTypes(schema, types);
  return std::make_shared<PhysicalHashJoin>(
      kind, probe, build, std::move(probe_keys), std::move(build_keys), std::move(null_safe), std::move(residual),
      null_aware, std::move(probe_output), std::move(build_output), std::move(runtime_filters), std::move(schema));
}

void WriteNestedLoopJoin(const PhysicalNestedLoopJoin& join, PlanWriter& out) {
  out.PutEnum(join.join_kind);
  out.Put(join.schema());
  out.Put(join.condition);
  out.PutBool(join.null_aware);
}

PhysicalPtr ReadNestedLoopJoin(PlanReader& in, const PhysicalPtr& left, const PhysicalPtr& right) {
  const auto kind = in.GetEnum(JoinKind::kSingle);
  Schema schema = in.GetSchema();
  std::vector<Type> types = Concatenated(left->types(), right->types());
  ExprPtr condition = in.GetCondition(types);
  const bool null_aware = in.GetBool();
  if (kind == JoinKind::kSemi || kind == JoinKind::kAnti || kind == JoinKind::kMark) types = left->types();
  if (kind == JoinKind::kMark) types.emplace_back(TypeKind::kBoolean);
  PlanReader::NeedTypes(schema, types);
  return std::make_shared<PhysicalNestedLoopJoin>(kind, left, right, std::move(condition), null_aware,
                                                  std::move(schema));
}

void WriteAsofJoin(const PhysicalAsofJoin& join, PlanWriter& out) {
  out.PutEnum(join.join_kind);
  out.Put(join.schema());
  const AsofCondition& condition = join.condition;
  out.Put(condition.left_keys);
  out.Put(condition.right_keys);
  for (const bool null_safe : condition.null_safe) out.PutBool(null_safe);
  out.Put(condition.left_order);
  out.Put(condition.right_order);
  out.PutEnum(condition.nearest);
  out.Put(join.left_output);
  out.Put(join.right_output);
}

PhysicalPtr ReadAsofJoin(PlanReader& in, const PhysicalPtr& left, const PhysicalPtr& right) {
  const auto kind = in.GetEnum(JoinKind::kFull);
  Schema schema = in.GetSchema();
  const std::vector<Type> left_types = left->types();
  const std::vector<Type> right_types = right->types();
  AsofCondition condition;
  condition.left_keys = in.GetExprs(left_types);
  condition.right_keys = in.GetExprs(right_types);
  PlanReader::Need(condition.left_keys.size() == condition.right_keys.size(), "number of keys");
  for (size_t i = 0; i < condition.left_keys.size(); ++i) {
    PlanReader::Need(IsSameForm(condition.left_keys[i]->type(), condition.right_keys[i]->type()), "type of keys");
  }
  for (size_t i = 0; i < condition.left_keys.size(); ++i) condition.null_safe.push_back(in.GetBool());
  condition.left_order = in.GetExpr(left_types);
  condition.right_order = in.GetExpr(right_types);
  PlanReader::Need(IsSameForm(condition.left_order->type(), condition.right_order->type()), "type of an order");
  condition.nearest = in.GetEnum(AsofNearest::kAfter);
  std::vector<size_t> left_output = in.GetPositions(left_types.size());
  std::vector<size_t> right_output = in.GetPositions(right_types.size());
  PlanReader::NeedTypes(schema, Concatenated(Picked(left_types, left_output), Picked(right_types, right_output)));
  return std::make_shared<PhysicalAsofJoin>(kind, left, right, std::move(condition), std::move(left_output),
                                            std::move(right_output), std::move(schema));
}

}  // namespace weir
