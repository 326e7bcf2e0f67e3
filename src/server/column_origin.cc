#include "server/column_origin.h"

#include <unordered_map>

#include "server/system/system_table.h"

namespace weir {

namespace {

using Origins = std::unordered_map<uint32_t, ColumnOrigin>;

// Goes through the plan from below: ids of columns are unique in it, so a column that is passed on keeps its origin.
void Collect(const LogicalNode& node, Origins& out) {
  for (const LogicalPtr& child : node.children()) Collect(*child, out);
  const auto& columns = node.columns();
  if (node.kind() == LogicalKind::kScan) {
    const auto* table = std::get_if<TableSource>(&node.as<LogicalScan>().source);
    if (table == nullptr) return;
    const auto oid = static_cast<uint32_t>(RelationOid(table->table_id));
    for (size_t i = 0; i < columns.size() && i < table->column_ordinals.size(); ++i) {
      out[columns[i].id.value()] = {oid, static_cast<int16_t>(table->column_ordinals[i] + 1)};
    }
    return;
  }
  const auto pass = [&](const std::vector<ExprPtr>& exprs) {
    for (size_t i = 0; i < exprs.size() && i < columns.size(); ++i) {
      if (!exprs[i]->is(ExprKind::kColumn)) continue;
      const auto found = out.find(exprs[i]->column_id().value());
      if (found != out.end()) out[columns[i].id.value()] = found->second;
    }
  };
  if (node.kind() == LogicalKind::kProject) pass(node.as<LogicalProject>().exprs);
  if (node.kind() == LogicalKind::kAggregate) pass(node.as<LogicalAggregate>().groups);
}

}  // namespace

std::vector<ColumnOrigin> OriginsOf(const LogicalNode& plan, size_t count) {
  Origins origins;
  Collect(plan, origins);
  std::vector<ColumnOrigin> out(count);
  for (size_t i = 0; i < count && i < plan.columns().size(); ++i) {
    const auto found = origins.find(plan.columns()[i].id.value());
    if (found != origins.end()) out[i] = found->second;
  }
  return out;
}

}  // namespace weir
