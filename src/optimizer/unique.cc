#include "optimizer/unique.h"

#include <algorithm>

namespace weir {

ColumnSet JoinKeys(const LogicalJoin& join, size_t side) {
  const ColumnSet ours = ColumnsOf(*join.child(side));
  const ColumnSet theirs = ColumnsOf(*join.child(1 - side));
  ColumnSet out;
  for (const ExprPtr& conjunct : SplitConjunction(join.condition)) {
    if (!conjunct->is(ExprKind::kCall) || (conjunct->name() != "=" && conjunct->name() != "is_not_distinct_from")) {
      continue;
    }
    for (size_t i = 0; i < 2; ++i) {
      const ExprPtr& key = conjunct->child(i);
      if (key->is(ExprKind::kColumn) && ours.contains(key->column_id()) &&
          RefersOnlyTo(*conjunct->child(1 - i), theirs)) {
        out.insert(key->column_id());
      }
    }
  }
  return out;
}

namespace {

bool IsUniqueJoin(const LogicalJoin& join, const ColumnSet& columns) {
  const auto own = [&](size_t side) {
    ColumnSet out;
    for (const PlanColumn& column : join.child(side)->columns()) {
      if (columns.contains(column.id)) out.insert(column.id);
    }
    return out;
  };
  // One row of `kept` finds at most one of the other side.
  const auto keeps = [&](size_t kept) {
    return IsUnique(*join.child(kept), own(kept)) && IsUnique(*join.child(1 - kept), JoinKeys(join, 1 - kept));
  };
  switch (join.join_kind) {
    case JoinKind::kSemi:
    case JoinKind::kAnti:
    case JoinKind::kMark:
    case JoinKind::kSingle:
      return IsUnique(*join.child(0), own(0));
    case JoinKind::kInner:
      if (keeps(0) || keeps(1)) return true;
      [[fallthrough]];
    case JoinKind::kLeft:
    case JoinKind::kRight:
      if (join.join_kind == JoinKind::kLeft && keeps(0)) return true;
      if (join.join_kind == JoinKind::kRight && keeps(1)) return true;
      return IsUnique(*join.child(0), own(0)) && IsUnique(*join.child(1), own(1)) && join.join_kind == JoinKind::kInner;
    case JoinKind::kFull:
      return false;
  }
  return false;
}

}  // namespace

bool IsUnique(const LogicalNode& plan, const ColumnSet& columns) {
  switch (plan.kind()) {
    case LogicalKind::kValues:
      return plan.as<LogicalValues>().rows.size() <= 1;
    case LogicalKind::kAggregate: {
      const auto& aggregate = plan.as<LogicalAggregate>();
      for (size_t i = 0; i < aggregate.groups.size(); ++i) {
        if (!columns.contains(plan.columns()[i].id)) return false;
      }
      return true;
    }
    case LogicalKind::kFilter:
    case LogicalKind::kSort:
      return IsUnique(*plan.child(), columns);
    case LogicalKind::kLimit:
      return plan.as<LogicalLimit>().limit.value_or(2) <= 1 || IsUnique(*plan.child(), columns);
    case LogicalKind::kProject: {
      const auto& project = plan.as<LogicalProject>();
      ColumnSet below;
      for (size_t i = 0; i < project.exprs.size(); ++i) {
        if (columns.contains(plan.columns()[i].id) && project.exprs[i]->is(ExprKind::kColumn)) {
          below.insert(project.exprs[i]->column_id());
        }
      }
      return IsUnique(*plan.child(), below);
    }
    case LogicalKind::kWindow:
      return IsUnique(*plan.child(), columns);
    case LogicalKind::kJoin:
      return IsUniqueJoin(plan.as<LogicalJoin>(), columns);
    case LogicalKind::kSetOperation: {
      const auto operation = plan.as<LogicalSetOperation>().operation;
      if (operation != SetOperationKind::kIntersect && operation != SetOperationKind::kExcept) return false;
      return std::all_of(plan.columns().begin(), plan.columns().end(),
                         [&](const PlanColumn& column) { return columns.contains(column.id); });
    }
    case LogicalKind::kCte:
      return IsUnique(*plan.child(1), columns);
    default:
      return false;
  }
}

}  // namespace weir
