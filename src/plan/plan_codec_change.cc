#include "plan/plan_codec_parts.h"

namespace weir {

void WriteChange(const PhysicalChange& node, PlanWriter& out) {
  const RowChange& change = node.change;
  out.Put(node.schema());
  out.PutEnum(change.kind);
  out.out().PutVarint(change.table_id);
  out.out().PutString(change.table_name);
  out.out().PutString(change.label);
  out.out().PutVarint(change.table_columns);
  out.PutBool(change.returning);
  out.PutBool(change.commits);
}

PhysicalPtr ReadChange(PlanReader& in, const PhysicalPtr& child) {
  Schema schema = in.GetSchema();
  RowChange change;
  change.kind = in.GetEnum(ChangeKind::kMerge);
  change.table_id = in.in().GetVarint();
  change.table_name = in.in().GetString();
  change.label = in.in().GetString();
  const std::vector<Type> types = child->types();
  change.table_columns = in.GetPosition(types.size() + 1);
  change.returning = in.GetBool();
  change.commits = in.GetBool();

  // The child's columns are those that the kind asks for.
  std::vector<Type> wanted;
  if (change.kind == ChangeKind::kMerge) wanted.emplace_back(TypeKind::kInt32);
  if (change.has_row_ids()) wanted.insert(wanted.end(), 2, TypeKind::kInt64);
  const bool writes = change.kind != ChangeKind::kQuery && change.kind != ChangeKind::kDelete;
  if (writes) {
    const Schema table = in.resolver().TableColumns(change.table_id);
    PlanReader::Need(change.table_columns == table.size(), "number of written columns");
    for (const Field& column : table) wanted.push_back(column.type);
  }
  PlanReader::Need(writes || change.table_columns == 0, "number of written columns");
  PlanReader::Need(types.size() >= wanted.size() && (change.returning || types.size() == wanted.size()),
                   "number of columns of a change");
  for (size_t i = 0; i < wanted.size(); ++i) PlanReader::Need(IsSameForm(types[i], wanted[i]), "column of a change");
  std::vector<Type> returned(types.begin() + static_cast<ptrdiff_t>(wanted.size()), types.end());
  if (!change.returning) returned = {TypeKind::kInt64};
  PlanReader::NeedTypes(schema, returned);
  return std::make_shared<PhysicalChange>(child, std::move(change), std::move(schema));
}

}  // namespace weir
