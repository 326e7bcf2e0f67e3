#include <algorithm>

#include "plan/plan_codec_parts.h"

namespace weir {

namespace {

void PutLimit(std::optional<uint64_t> limit, PlanWriter& out) {
  out.PutBool(limit.has_value());
  if (limit.has_value()) out.out().PutVarint(*limit);
}

// Scans of `id` below must find their columns among `types`; another node of the same id hides it.
void CheckCteScans(const PhysicalNode& node, CteId id, const std::vector<Type>& types) {
  if (node.kind() == PhysicalKind::kCteScan) {
    const auto& scan = node.as<PhysicalCteScan>();
    if (scan.id != id) return;
    for (size_t i = 0; i < scan.ordinals.size(); ++i) {
      PlanReader::Need(scan.ordinals[i] < types.size() && IsSameForm(scan.schema()[i].type, types[scan.ordinals[i]]),
                       "column of a CTE");
    }
    return;
  }
  for (const PhysicalPtr& child : node.children()) CheckCteScans(*child, id, types);
}

PhysicalPtr ReadValues(PlanReader& in) {
  Schema schema = in.GetSchema();
  std::vector<std::vector<ExprPtr>> rows = in.GetList([&] {
    std::vector<ExprPtr> row = in.GetExprs({});
    PlanReader::Need(row.size() == schema.size(), "number of values in a row");
    for (size_t i = 0; i < row.size(); ++i) {
      // A bare NULL may have kept its unknown type.
      const bool is_null = row[i]->is(ExprKind::kLiteral) && row[i]->literal().is_null();
      PlanReader::Need(is_null || IsSameForm(row[i]->type(), schema[i].type), "type of a value");
    }
    return row;
  });
  return std::make_shared<PhysicalValues>(std::move(rows), std::move(schema));
}

PhysicalPtr ReadUnnest(PlanReader& in, const PhysicalPtr& child) {
  Schema schema = in.GetSchema();
  std::vector<ExprPtr> lists = in.GetExprs(child->types());
  const bool with_ordinality = in.GetBool();
  std::vector<Type> types = child->types();
  for (const ExprPtr& list : lists) {
    PlanReader::Need(list->type().physical() == PhysicalType::kList, "type of a list");
    types.push_back(list->type().element());
  }
  if (with_ordinality) types.emplace_back(TypeKind::kInt64);
  PlanReader::NeedTypes(schema, types);
  return std::make_shared<PhysicalUnnest>(child, std::move(lists), with_ordinality, std::move(schema));
}

CteId ReadCteId(PlanReader& in) {
  return CteId(static_cast<uint32_t>(in.GetPosition(size_t{1} << 32)));
}

PhysicalPtr ReadCteScan(PlanReader& in) {
  const CteId id = ReadCteId(in);
  Schema schema = in.GetSchema();
  std::vector<size_t> ordinals = in.GetPositions(SIZE_MAX);
  PlanReader::Need(ordinals.size() == schema.size(), "number of columns");
  return std::make_shared<PhysicalCteScan>(id, std::move(ordinals), std::move(schema));
}

PhysicalPtr ReadRecursion(PlanReader& in, const PhysicalPtr& base, const PhysicalPtr& step) {
  const CteId id = ReadCteId(in);
  Schema schema = in.GetSchema();
  const bool distinct = in.GetBool();
  std::vector<Type> types;
  types.reserve(schema.size());
  for (const Field& field : schema) types.push_back(field.type);
  for (const PhysicalPtr& child : {base, step}) {
    std::vector<Type> first = child->types();
    PlanReader::Need(first.size() >= types.size(), "number of columns");
    first.resize(types.size());
    PlanReader::NeedTypes(schema, first);
  }
  CheckCteScans(*step, id, types);
  return std::make_shared<PhysicalRecursion>(id, base, step, distinct, std::move(schema));
}

size_t ChildCount(PhysicalKind kind, size_t given) {
  switch (kind) {
    case PhysicalKind::kScan:
    case PhysicalKind::kValues:
    case PhysicalKind::kCteScan:
      return 0;
    case PhysicalKind::kHashJoin:
    case PhysicalKind::kNestedLoopJoin:
    case PhysicalKind::kAsofJoin:
    case PhysicalKind::kSetOperation:
    case PhysicalKind::kCte:
    case PhysicalKind::kRecursion:
      return 2;
    case PhysicalKind::kUnionAll:
      return std::max<size_t>(given, 1);
    case PhysicalKind::kFilter:
    case PhysicalKind::kProject:
    case PhysicalKind::kHashAggregate:
    case PhysicalKind::kSort:
    case PhysicalKind::kTopN:
    case PhysicalKind::kLimit:
    case PhysicalKind::kUnnest:
    case PhysicalKind::kChange:
    case PhysicalKind::kWindow:
      return 1;
  }
  PlanReader::ThrowDamaged("unknown kind of a node");
}

}  // namespace

void WriteNode(const PhysicalNode& node, PlanWriter& out) {
  switch (node.kind()) {
    case PhysicalKind::kScan:
      return WriteScan(node.as<PhysicalScan>(), out);
    case PhysicalKind::kValues:
      out.Put(node.schema());
      return out.PutList(node.as<PhysicalValues>().rows, [&](const std::vector<ExprPtr>& row) { out.Put(row); });
    case PhysicalKind::kFilter:
      return out.Put(node.as<PhysicalFilter>().predicate);
    case PhysicalKind::kProject:
      out.Put(node.schema());
      return out.Put(node.as<PhysicalProject>().exprs);
    case PhysicalKind::kHashAggregate:
      return WriteAggregate(node.as<PhysicalHashAggregate>(), out);
    case PhysicalKind::kHashJoin:
      return WriteHashJoin(node.as<PhysicalHashJoin>(), out);
    case PhysicalKind::kNestedLoopJoin:
      return WriteNestedLoopJoin(node.as<PhysicalNestedLoopJoin>(), out);
    case PhysicalKind::kAsofJoin:
      return WriteAsofJoin(node.as<PhysicalAsofJoin>(), out);
    case PhysicalKind::kSort:
      return out.Put(node.as<PhysicalSort>().keys);
    case PhysicalKind::kTopN:
      out.Put(node.as<PhysicalTopN>().keys);
      out.out().PutVarint(node.as<PhysicalTopN>().limit);
      return out.out().PutVarint(node.as<PhysicalTopN>().offset);
    case PhysicalKind::kLimit:
      PutLimit(node.as<PhysicalLimit>().limit, out);
      return out.out().PutVarint(node.as<PhysicalLimit>().offset);
    case PhysicalKind::kUnionAll:
      return out.Put(node.schema());
    case PhysicalKind::kSetOperation:
      out.PutEnum(node.as<PhysicalSetOperation>().operation);
      return out.Put(node.schema());
    case PhysicalKind::kCte:
      return out.out().PutVarint(node.as<PhysicalCte>().id.value());
    case PhysicalKind::kCteScan:
      out.out().PutVarint(node.as<PhysicalCteScan>().id.value());
      out.Put(node.schema());
      return out.Put(node.as<PhysicalCteScan>().ordinals);
    case PhysicalKind::kUnnest:
      out.Put(node.schema());
      out.Put(node.as<PhysicalUnnest>().lists);
      return out.PutBool(node.as<PhysicalUnnest>().with_ordinality);
    case PhysicalKind::kChange:
      return WriteChange(node.as<PhysicalChange>(), out);
    case PhysicalKind::kWindow:
      return WriteWindow(node.as<PhysicalWindow>(), out);
    case PhysicalKind::kRecursion:
      out.out().PutVarint(node.as<PhysicalRecursion>().id.value());
      out.Put(node.schema());
      return out.PutBool(node.as<PhysicalRecursion>().distinct);
  }
}

PhysicalPtr ReadNode(PhysicalKind kind, PlanReader& in, const std::vector<PhysicalPtr>& children) {
  PlanReader::Need(children.size() == ChildCount(kind, children.size()), "number of children");
  switch (kind) {
    case PhysicalKind::kScan:
      return ReadScan(in);
    case PhysicalKind::kValues:
      return ReadValues(in);
    case PhysicalKind::kFilter:
      return std::make_shared<PhysicalFilter>(children[0], in.GetCondition(children[0]->types()));
    case PhysicalKind::kProject: {
      Schema schema = in.GetSchema();
      std::vector<ExprPtr> exprs = in.GetExprs(children[0]->types());
      PlanReader::NeedTypes(schema, TypesOf(exprs));
      return std::make_shared<PhysicalProject>(children[0], std::move(exprs), std::move(schema));
    }
    case PhysicalKind::kHashAggregate:
      return ReadAggregate(in, children[0]);
    case PhysicalKind::kHashJoin:
      return ReadHashJoin(in, children[0], children[1]);
    case PhysicalKind::kNestedLoopJoin:
      return ReadNestedLoopJoin(in, children[0], children[1]);
    case PhysicalKind::kAsofJoin:
      return ReadAsofJoin(in, children[0], children[1]);
    case PhysicalKind::kSort:
      return std::make_shared<PhysicalSort>(children[0], in.GetSortKeys(children[0]->types()));
    case PhysicalKind::kTopN: {
      std::vector<SortKey> keys = in.GetSortKeys(children[0]->types());
      const uint64_t limit = in.in().GetVarint();
      const uint64_t offset = in.in().GetVarint();
      return std::make_shared<PhysicalTopN>(children[0], std::move(keys), limit, offset);
    }
    case PhysicalKind::kLimit: {
      std::optional<uint64_t> limit;
      if (in.GetBool()) limit = in.in().GetVarint();
      return std::make_shared<PhysicalLimit>(children[0], limit, in.in().GetVarint());
    }
    case PhysicalKind::kUnionAll: {
      Schema schema = in.GetSchema();
      for (const PhysicalPtr& child : children) PlanReader::NeedTypes(schema, child->types());
      return std::make_shared<PhysicalUnionAll>(children, std::move(schema));
    }
    case PhysicalKind::kSetOperation: {
      const auto operation = in.GetEnum(SetOperationKind::kExceptAll);
      PlanReader::Need(operation != SetOperationKind::kUnionAll, "kind of a set operation");
      Schema schema = in.GetSchema();
      for (const PhysicalPtr& child : children) PlanReader::NeedTypes(schema, child->types());
      return std::make_shared<PhysicalSetOperation>(operation, children[0], children[1], std::move(schema));
    }
    case PhysicalKind::kCte: {
      const CteId id = ReadCteId(in);
      CheckCteScans(*children[1], id, children[0]->types());
      return std::make_shared<PhysicalCte>(id, children[0], children[1]);
    }
    case PhysicalKind::kCteScan:
      return ReadCteScan(in);
    case PhysicalKind::kUnnest:
      return ReadUnnest(in, children[0]);
    case PhysicalKind::kChange:
      return ReadChange(in, children[0]);
    case PhysicalKind::kWindow:
      return ReadWindow(in, children[0]);
    case PhysicalKind::kRecursion:
      return ReadRecursion(in, children[0], children[1]);
  }
  PlanReader::ThrowDamaged("unknown kind of a node");
}

}  // namespace weir
