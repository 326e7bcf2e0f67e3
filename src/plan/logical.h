#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/statistics.h"
#include "expr/expr.h"
#include "plan/asof.h"
#include "plan/change.h"
#include "plan/scan_source.h"
#include "plan/window.h"

namespace weir {

// A column that a node puts out. Ids are unique in a statement, so a column can be followed through the plan.
struct PlanColumn {
  ColumnId id;
  Type type;
  std::string name;
};

enum class LogicalKind : uint8_t {
  kScan,
  kValues,
  kFilter,
  kProject,
  kAggregate,
  kJoin,
  kApply,
  kSort,
  kLimit,
  kSetOperation,
  kCte,
  kCteScan,
  kRecursion,
  kUnnest,
  kWindow,
  kChange,
  kAsofJoin,
};

class LogicalNode;
using LogicalPtr = std::shared_ptr<const LogicalNode>;

// A node of the logical plan: immutable, shared, made by the binder and rewritten by the optimizer. Expressions refer
// to columns of the node's children by ColumnId.
class LogicalNode {
 public:
  virtual ~LogicalNode() = default;
  LogicalKind kind() const { return kind_; }
  const std::vector<LogicalPtr>& children() const { return children_; }
  const LogicalPtr& child(size_t i = 0) const { return children_[i]; }
  const std::vector<PlanColumn>& columns() const { return columns_; }
  template <typename T>
  const T& as() const {
    return static_cast<const T&>(*this);
  }

  // The same node over other children that put out the same columns (or a superset).
  LogicalPtr WithChildren(std::vector<LogicalPtr> children) const;
  // One line: "Filter: (a > 1)".
  std::string ToString() const;

 protected:
  LogicalNode(LogicalKind kind, std::vector<LogicalPtr> children, std::vector<PlanColumn> columns)
      : kind_(kind), children_(std::move(children)), columns_(std::move(columns)) {}

 private:
  LogicalKind kind_;
  std::vector<LogicalPtr> children_;
  std::vector<PlanColumn> columns_;
};

// An entry of a map column that the table also has as a column (catalog/shredding.h).
struct ShreddedEntry {
  ColumnId map;
  std::string key;
  ColumnId column;
};

// Rows of a table, files or a virtual table. `filters` are conjuncts over its columns that the optimizer pushed in;
// they are exact: the scan puts out only rows that pass.
struct LogicalScan : LogicalNode {
  LogicalScan(ScanSource source, std::vector<PlanColumn> columns, std::vector<ExprPtr> filters = {},
              std::optional<double> table_rows = std::nullopt);
  ScanSource source;
  std::vector<ExprPtr> filters;
  std::optional<double> table_rows;  // from the catalog or footers, when known
  // By position in the source (not in columns()), empty when nothing is known. Set before the node is shared.
  std::vector<ColumnStatistics> column_statistics;
  std::vector<ShreddedEntry> shredded;  // set before the node is shared

  // The same scan with other filters.
  std::shared_ptr<const LogicalScan> WithFilters(std::vector<ExprPtr> new_filters) const;
  const std::vector<size_t>& column_ordinals() const;
};

struct LogicalValues : LogicalNode {
  LogicalValues(std::vector<std::vector<ExprPtr>> rows, std::vector<PlanColumn> columns);
  std::vector<std::vector<ExprPtr>> rows;  // without column references; no rows: an empty relation
};

struct LogicalFilter : LogicalNode {
  LogicalFilter(LogicalPtr child, ExprPtr predicate);
  ExprPtr predicate;
};

// One expression per output column; passing a column through keeps its id.
struct LogicalProject : LogicalNode {
  LogicalProject(LogicalPtr child, std::vector<ExprPtr> exprs, std::vector<PlanColumn> columns);
  std::vector<ExprPtr> exprs;
};

// Output: group expressions, then aggregates. DISTINCT is an aggregate without calls. No groups and no grouping
// sets: always one row.
struct LogicalAggregate : LogicalNode {
  LogicalAggregate(LogicalPtr child, std::vector<ExprPtr> groups, std::vector<AggregateCall> aggregates,
                   std::vector<PlanColumn> columns);
  std::vector<ExprPtr> groups;
  std::vector<AggregateCall> aggregates;
};

enum class JoinKind : uint8_t {  // serialised: append only
  kInner,
  kLeft,
  kRight,
  kFull,
  kSemi,    // left rows that have a match; puts out left columns
  kAnti,    // left rows that have none
  kMark,    // left columns and a boolean: is there a match (NULL when unknown, for IN)
  kSingle,  // left join that fails with kCardinalityViolation when a left row has two matches
};
std::string_view JoinKindName(JoinKind kind);

// `condition` is a conjunction over both sides (literal true: cross join). With `null_aware`, an equality that is
// NULL for some right row makes a non-matching mark NULL (x IN (subquery)), and an anti join drop the row (NOT IN).
struct LogicalJoin : LogicalNode {
  LogicalJoin(JoinKind kind, LogicalPtr left, LogicalPtr right, ExprPtr condition, bool null_aware = false,
              std::optional<PlanColumn> mark = std::nullopt);
  JoinKind join_kind;
  ExprPtr condition;
  bool null_aware;
  std::optional<PlanColumn> mark;
};

// Each left row with the one right row that is nearest, if there is any (plan/asof.h). Left joins keep left rows
// without one, right joins right rows that are nearest to none, full joins both.
struct LogicalAsofJoin : LogicalNode {
  LogicalAsofJoin(JoinKind kind, LogicalPtr left, LogicalPtr right, AsofCondition condition);
  JoinKind join_kind;
  AsofCondition condition;
};

// A join whose right side refers to columns of the left: what subqueries and LATERAL bind to. The optimizer's
// unnesting turns every one into joins (Neumann and Kemper, "Unnesting Arbitrary Queries", BTW 2015); none reaches
// execution.
struct LogicalApply : LogicalNode {
  LogicalApply(JoinKind kind, LogicalPtr left, LogicalPtr right, std::vector<ColumnId> correlated, ExprPtr condition,
               bool null_aware = false, std::optional<PlanColumn> mark = std::nullopt);
  JoinKind join_kind;                // inner, left (LATERAL), single (scalar), mark (EXISTS, IN, ANY), semi, anti
  std::vector<ColumnId> correlated;  // left columns that the right side uses
  ExprPtr condition;
  bool null_aware;
  std::optional<PlanColumn> mark;
};

struct SortKey {
  ExprPtr expr;
  bool descending = false;
  bool nulls_first = false;
};

struct LogicalSort : LogicalNode {
  LogicalSort(LogicalPtr child, std::vector<SortKey> keys);
  std::vector<SortKey> keys;
};

// Over a sort it becomes a TopN.
struct LogicalLimit : LogicalNode {
  LogicalLimit(LogicalPtr child, std::optional<uint64_t> limit, uint64_t offset);
  std::optional<uint64_t> limit;
  uint64_t offset;
};

enum class SetOperationKind : uint8_t { kUnionAll, kIntersect, kIntersectAll, kExcept, kExceptAll };
std::string_view SetOperationName(SetOperationKind kind);

// Children put out the same types in the same order; the result has columns of its own. Union all takes any number
// of children, the others two. UNION is an aggregate over union all.
struct LogicalSetOperation : LogicalNode {
  LogicalSetOperation(SetOperationKind kind, std::vector<LogicalPtr> children, std::vector<PlanColumn> columns);
  SetOperationKind operation;
};

using CteId = StrongId<struct CteIdTag, uint32_t>;

// Computes child 0 once for all CteScan nodes of `id` in child 1; puts out child 1.
struct LogicalCte : LogicalNode {
  LogicalCte(CteId id, std::string name, LogicalPtr definition, LogicalPtr body);
  CteId id;
  std::string name;
};
// `definition_columns` are the ids in the definition that columns() stand for, one each.
struct LogicalCteScan : LogicalNode {
  LogicalCteScan(CteId id, std::string name, std::vector<PlanColumn> columns, std::vector<ColumnId> definition_columns);
  CteId id;
  std::string name;
  std::vector<ColumnId> definition_columns;
};

// WITH RECURSIVE: the rows of child 0, then again and again those that child 1 makes of the rows before, which it reads
// through the CteScan of `id`, until there are none. The children's first columns have the types of columns(). With
// `distinct`, rows that came before are left out.
struct LogicalRecursion : LogicalNode {
  LogicalRecursion(CteId id, std::string name, LogicalPtr base, LogicalPtr step, bool distinct,
                   std::vector<PlanColumn> columns);
  CteId id;
  std::string name;
  bool distinct;
};

// Puts out the child's columns once per element of the longest list; then one column per list (struct-typed element
// columns stay structs), then the 1-based ordinality when asked for. A row without elements yields none.
struct LogicalUnnest : LogicalNode {
  LogicalUnnest(LogicalPtr child, std::vector<ExprPtr> lists, std::vector<PlanColumn> columns, bool with_ordinality);
  std::vector<ExprPtr> lists;
  bool with_ordinality;
};

// Puts out the child's columns, then one per call, for every row of the child: each call sees the rows of its row's
// partition, in order. With a limit the rows beyond it need not come out.
struct LogicalWindow : LogicalNode {
  LogicalWindow(LogicalPtr child, std::vector<ExprPtr> partition_by, std::vector<SortKey> order_by,
                std::vector<WindowCall> calls, const std::vector<PlanColumn>& call_columns,
                std::optional<WindowLimit> limit = std::nullopt);
  std::vector<ExprPtr> partition_by;
  std::vector<SortKey> order_by;
  std::vector<WindowCall> calls;
  std::optional<WindowLimit> limit;

  // Of the calls alone.
  std::vector<PlanColumn> call_columns() const;
};

// Changes a table by the child's rows (plan/change.h). Puts out the child's columns of RETURNING, or the count.
struct LogicalChange : LogicalNode {
  LogicalChange(LogicalPtr child, RowChange change, std::vector<PlanColumn> columns);
  RowChange change;
};
// Whether the plan changes rows: such parts are computed though nobody reads what they put out, and once.
bool HasChange(const LogicalNode& plan);

// The plan as an indented tree.
std::string ExplainLogical(const LogicalPtr& plan);

// Hands out ids; one per statement.
class ColumnIdSource {
 public:
  ColumnId Next() { return next_ = next_.next(); }
  CteId NextCte() { return next_cte_ = next_cte_.next(); }

 private:
  ColumnId next_;
  CteId next_cte_;
};

}  // namespace weir
