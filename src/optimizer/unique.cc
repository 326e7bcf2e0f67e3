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

// Joins may ask for both of their sides with several sets of columns each, so a proof is given up after so many nodes.
constexpr int kNodesMax = 1000;

class UniqueProof {
 public:
  bool IsUnique(const LogicalNode& plan, const ColumnSet& columns);

 private:
  bool IsUniqueJoin(const LogicalJoin& join, const ColumnSet& columns);

  int nodes_ = 0;
};

bool UniqueProof::IsUniqueJoin(const LogicalJoin& join, const ColumnSet& columns) {
  const auto own = [&](size_t side) {
    ColumnSet out;
    for (const PlanColumn& column : join.child(side)->columns()) {
      if (columns.contains(column.id)) out.insert(column.id);
    }
    return IsUnique(*join.child(side), out);
  };
  // A row of the other side finds at most one of this one.
  const auto found_once = [&](size_t side) { return IsUnique(*join.child(side), JoinKeys(join, side)); };
  switch (join.join_kind) {
    case JoinKind::kSemi:
    case JoinKind::kAnti:
    case JoinKind::kMark:
    case JoinKind::kSingle:
      return own(0);
    case JoinKind::kInner: {
      // The second side is asked first: in chains of joins the first one is long.
      const bool second = own(1);
      if (!second && !found_once(1)) return false;
      return own(0) || (second && found_once(0));
    }
    case JoinKind::kLeft:
      return found_once(1) && own(0);
    case JoinKind::kRight:
      return own(1) && found_once(0);
    case JoinKind::kFull:
      return false;
  }
  return false;
}

bool UniqueProof::IsUnique(const LogicalNode& plan, const ColumnSet& columns) {
  if (++nodes_ > kNodesMax) return false;
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
    case LogicalKind::kAsofJoin: {
      // A left row comes once at most.
      const JoinKind kind = plan.as<LogicalAsofJoin>().join_kind;
      return (kind == JoinKind::kInner || kind == JoinKind::kLeft) && IsUnique(*plan.child(0), columns);
    }
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

}  // namespace

bool IsUnique(const LogicalNode& plan, const ColumnSet& columns) {
  return UniqueProof().IsUnique(plan, columns);
}

}  // namespace weir
