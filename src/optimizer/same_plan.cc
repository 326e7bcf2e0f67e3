#include "optimizer/same_plan.h"

#include <algorithm>

namespace weir {

namespace {

bool SameExpr(const ExprPtr& a, const ExprPtr& b, const ColumnMap& map) {
  if (a == nullptr || b == nullptr) return a == b;
  // Copies of a plan share their expressions, and each rolls its own dice.
  return a->volatility() != Volatility::kVolatile && a->Equals(*Substitute(b, map));
}

bool SameExprs(const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b, const ColumnMap& map) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [&](const ExprPtr& x, const ExprPtr& y) { return SameExpr(x, y, map); });
}

}  // namespace

bool SameCall(const AggregateCall& a, const AggregateCall& b, const ColumnMap& map) {
  return a.name == b.name && a.distinct == b.distinct && a.type == b.type && a.order_by.empty() && b.order_by.empty() &&
         SameExprs(a.args, b.args, map) && SameExpr(a.filter, b.filter, map);
}

bool SameRows(const ScanSource& a, const ScanSource& b) {
  if (a.index() != b.index()) return false;
  if (const auto* table = std::get_if<TableSource>(&a)) {
    const auto& other = std::get<TableSource>(b);
    return table->table_id == other.table_id;
  }
  if (const auto* files = std::get_if<FileSource>(&a)) {
    const auto& other = std::get<FileSource>(b);
    return files->format == other.format && files->paths == other.paths && files->options == other.options &&
           files->filename_column == other.filename_column;
  }
  return false;  // virtual tables may differ from one read to the next
}

bool SamePlan(const LogicalNode& a, const LogicalNode& b, ColumnMap& map) {
  if (a.kind() != b.kind() || a.children().size() != b.children().size() || a.columns().size() != b.columns().size()) {
    return false;
  }
  for (size_t i = 0; i < a.columns().size(); ++i) {
    if (!(a.columns()[i].type == b.columns()[i].type)) return false;
  }
  for (size_t i = 0; i < a.children().size(); ++i) {
    if (!SamePlan(*a.child(i), *b.child(i), map)) return false;
  }
  const auto rename = [&] {
    for (size_t i = 0; i < a.columns().size(); ++i) map[b.columns()[i].id] = ToExpr(a.columns()[i]);
  };
  switch (a.kind()) {
    case LogicalKind::kScan: {
      rename();
      return SameRows(a.as<LogicalScan>().source, b.as<LogicalScan>().source) &&
             a.as<LogicalScan>().column_ordinals() == b.as<LogicalScan>().column_ordinals() &&
             SameExprs(a.as<LogicalScan>().filters, b.as<LogicalScan>().filters, map);
    }
    case LogicalKind::kFilter:
      return SameExpr(a.as<LogicalFilter>().predicate, b.as<LogicalFilter>().predicate, map);
    case LogicalKind::kProject: {
      const bool same = SameExprs(a.as<LogicalProject>().exprs, b.as<LogicalProject>().exprs, map);
      rename();
      return same;
    }
    case LogicalKind::kAggregate: {
      const auto& x = a.as<LogicalAggregate>();
      const auto& y = b.as<LogicalAggregate>();
      const bool same =
          SameExprs(x.groups, y.groups, map) && x.aggregates.size() == y.aggregates.size() &&
          std::equal(x.aggregates.begin(), x.aggregates.end(), y.aggregates.begin(),
                     [&](const AggregateCall& one, const AggregateCall& other) { return SameCall(one, other, map); });
      rename();
      return same;
    }
    case LogicalKind::kJoin: {
      const auto& x = a.as<LogicalJoin>();
      const auto& y = b.as<LogicalJoin>();
      const bool same = x.join_kind == y.join_kind && x.null_aware == y.null_aware && !x.mark.has_value() &&
                        !y.mark.has_value() && SameExpr(x.condition, y.condition, map);
      rename();
      return same;
    }
    default:
      return false;
  }
}

}  // namespace weir
