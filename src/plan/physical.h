#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "expr/expr.h"
#include "plan/change.h"
#include "plan/logical.h"
#include "plan/scan_source.h"
#include "plan/window.h"

namespace weir {

// Physical nodes: what the engine runs. Expressions refer to the child's output chunk by position (Expr::Input).
// Immutable and shared; parallelism is the engine's: every node here may run on any number of drivers.
enum class PhysicalKind : uint8_t {  // serialised: append only
  kScan,
  kValues,
  kFilter,
  kProject,
  kHashAggregate,
  kHashJoin,
  kNestedLoopJoin,
  kSort,
  kTopN,
  kLimit,
  kUnionAll,
  kSetOperation,
  kCte,
  kCteScan,
  kUnnest,
  kChange,
  kWindow,
  kRecursion,
  kAsofJoin,
};

class PhysicalNode;
using PhysicalPtr = std::shared_ptr<const PhysicalNode>;

class PhysicalNode {
 public:
  virtual ~PhysicalNode() = default;
  PhysicalKind kind() const { return kind_; }
  const std::vector<PhysicalPtr>& children() const { return children_; }
  const PhysicalPtr& child(size_t i = 0) const { return children_[i]; }
  // Output columns: names are for EXPLAIN and results.
  const Schema& schema() const { return schema_; }
  std::vector<Type> types() const;
  double estimated_rows() const { return estimated_rows_; }
  template <typename T>
  const T& as() const {
    return static_cast<const T&>(*this);
  }
  // One line: "HashJoin inner on (#1 = #4)", and the facts below it as "key: value" pairs for EXPLAIN.
  std::string ToString() const;

  double estimated_rows_ = -1;  // set by the planner before the node is shared; < 0 unknown

 protected:
  PhysicalNode(PhysicalKind kind, std::vector<PhysicalPtr> children, Schema schema)
      : kind_(kind), children_(std::move(children)), schema_(std::move(schema)) {}

 private:
  PhysicalKind kind_;
  std::vector<PhysicalPtr> children_;
  Schema schema_;
};

// A filter that a join's build side makes for a scan on its probe side: min/max and a bloom filter (or the value
// list when small) over one key.
using RuntimeFilterId = StrongId<struct RuntimeFilterIdTag, uint32_t>;

struct RuntimeFilterTarget {
  RuntimeFilterId id;
  size_t column = 0;  // position among the scan's columns
};

// `filters` are conjuncts over the scan's columns, cheapest and most selective first; `predicates` are those of them
// that storage can prune by (all of them stay in `filters`). The scan puts out `output`: positions of the columns
// wanted above, so that columns only filtered on are not handed up.
struct PhysicalScan : PhysicalNode {
  PhysicalScan(ScanSource source, Schema columns, std::vector<ExprPtr> filters, std::vector<ColumnPredicate> predicates,
               std::vector<size_t> output, std::vector<RuntimeFilterTarget> runtime_filters);
  ScanSource source;
  Schema columns;  // of the scan itself; schema() is `output` of these
  std::vector<ExprPtr> filters;
  std::vector<ColumnPredicate> predicates;
  std::vector<size_t> output;
  std::vector<RuntimeFilterTarget> runtime_filters;
};

struct PhysicalValues : PhysicalNode {
  PhysicalValues(std::vector<std::vector<ExprPtr>> rows, Schema schema);
  std::vector<std::vector<ExprPtr>> rows;
};

struct PhysicalFilter : PhysicalNode {
  PhysicalFilter(PhysicalPtr child, ExprPtr predicate);
  ExprPtr predicate;
};

struct PhysicalProject : PhysicalNode {
  PhysicalProject(PhysicalPtr child, std::vector<ExprPtr> exprs, Schema schema);
  std::vector<ExprPtr> exprs;
};

// Groups, then aggregates; arguments, filters and orders of the calls are over the child. The engine runs it in two
// phases: per-driver pre-aggregation, then a parallel merge by radix partition.
struct PhysicalHashAggregate : PhysicalNode {
  PhysicalHashAggregate(PhysicalPtr child, std::vector<ExprPtr> groups, std::vector<AggregateCall> aggregates,
                        Schema schema);
  std::vector<ExprPtr> groups;
  std::vector<AggregateCall> aggregates;
};

// Child 0 is the probe side (left), child 1 the build side (right). Output: probe columns `probe_output`, then build
// columns `build_output` (none for semi and anti), then the mark for kMark.
// `kind` is as in the logical plan with left = probe; kRightSemi and kRightAnti put out build rows, for when the build
// side is the one that SQL calls left.
enum class HashJoinKind : uint8_t {
  kInner,
  kLeft,
  kRight,
  kFull,
  kSemi,
  kAnti,
  kMark,
  kSingle,
  kRightSemi,
  kRightAnti
};

struct PhysicalHashJoin : PhysicalNode {
  PhysicalHashJoin(HashJoinKind kind, PhysicalPtr probe, PhysicalPtr build, std::vector<ExprPtr> probe_keys,
                   std::vector<ExprPtr> build_keys, std::vector<bool> null_safe, ExprPtr residual, bool null_aware,
                   std::vector<size_t> probe_output, std::vector<size_t> build_output,
                   std::vector<std::pair<RuntimeFilterId, size_t>> runtime_filters, Schema schema);
  HashJoinKind join_kind;
  std::vector<ExprPtr> probe_keys;  // over the probe chunk; same types as build_keys, pair by pair
  std::vector<ExprPtr> build_keys;
  std::vector<bool> null_safe;  // per key: NULL matches NULL (IS NOT DISTINCT FROM)
  ExprPtr residual;             // over all probe columns followed by all build columns; null: none
  bool null_aware;
  std::vector<size_t> probe_output;
  std::vector<size_t> build_output;
  std::vector<std::pair<RuntimeFilterId, size_t>> runtime_filters;  // made from build key number .second
};

// The right side is materialised. Output: left columns then right columns (left only for semi and anti; the mark
// last for kMark); the condition is over both.
struct PhysicalNestedLoopJoin : PhysicalNode {
  PhysicalNestedLoopJoin(JoinKind kind, PhysicalPtr left, PhysicalPtr right, ExprPtr condition, bool null_aware,
                         Schema schema);
  JoinKind join_kind;
  ExprPtr condition;
  bool null_aware;
};

// The right side is held in memory, or both go to disk. The condition's expressions are over their side's chunks.
// Output: left columns `left_output`, then right columns `right_output`. Inner, left, right or full.
struct PhysicalAsofJoin : PhysicalNode {
  PhysicalAsofJoin(JoinKind kind, PhysicalPtr left, PhysicalPtr right, AsofCondition condition,
                   std::vector<size_t> left_output, std::vector<size_t> right_output, Schema schema);
  JoinKind join_kind;
  AsofCondition condition;
  std::vector<size_t> left_output;
  std::vector<size_t> right_output;
};

struct PhysicalSort : PhysicalNode {
  PhysicalSort(PhysicalPtr child, std::vector<SortKey> keys);
  std::vector<SortKey> keys;
};

struct PhysicalTopN : PhysicalNode {
  PhysicalTopN(PhysicalPtr child, std::vector<SortKey> keys, uint64_t limit, uint64_t offset);
  std::vector<SortKey> keys;
  uint64_t limit;
  uint64_t offset;
};

struct PhysicalLimit : PhysicalNode {
  PhysicalLimit(PhysicalPtr child, std::optional<uint64_t> limit, uint64_t offset);
  std::optional<uint64_t> limit;
  uint64_t offset;
};

struct PhysicalUnionAll : PhysicalNode {
  explicit PhysicalUnionAll(std::vector<PhysicalPtr> children, Schema schema);
};

// Intersect and except, with and without ALL, by one hash table with a count per side.
struct PhysicalSetOperation : PhysicalNode {
  PhysicalSetOperation(SetOperationKind kind, PhysicalPtr left, PhysicalPtr right, Schema schema);
  SetOperationKind operation;
};

// Child 0 is materialised for the CteScans below child 1.
struct PhysicalCte : PhysicalNode {
  PhysicalCte(CteId id, PhysicalPtr definition, PhysicalPtr body);
  CteId id;
};
struct PhysicalCteScan : PhysicalNode {
  PhysicalCteScan(CteId id, std::vector<size_t> ordinals, Schema schema);
  CteId id;
  std::vector<size_t> ordinals;  // columns of the definition
};

// The rows of child 0, then those that child 1 makes of the rows before (its CteScan of `id`), until there are none;
// with `distinct` without those that came before. Child 1 is run anew for every round.
struct PhysicalRecursion : PhysicalNode {
  PhysicalRecursion(CteId id, PhysicalPtr base, PhysicalPtr step, bool distinct, Schema schema);
  CteId id;
  bool distinct;
};

struct PhysicalUnnest : PhysicalNode {
  PhysicalUnnest(PhysicalPtr child, std::vector<ExprPtr> lists, bool with_ordinality, Schema schema);
  std::vector<ExprPtr> lists;
  bool with_ordinality;
};

// Window functions that one sort serves. Rows are split by the first `hash_keys` sort keys and sorted by all; a call's
// partitions are the rows equal in its first `partition_keys` keys, its peers those equal in its first `order_keys`.
// Expressions of calls are input columns or literals. Output: child columns `output`, then the calls' results.
struct PhysicalWindow : PhysicalNode {
  struct Key {
    size_t column;  // of the child
    bool descending = false;
    bool nulls_first = false;
  };
  struct Call {
    WindowCall window;
    size_t partition_keys = 0;
    size_t order_keys = 0;  // partition keys included
  };
  PhysicalWindow(PhysicalPtr child, std::vector<Key> keys, size_t hash_keys, std::vector<Call> calls,
                 std::vector<size_t> output, std::optional<WindowLimit> limit, Schema schema);
  std::vector<Key> keys;
  size_t hash_keys;
  std::vector<Call> calls;
  std::vector<size_t> output;
  std::optional<WindowLimit> limit;
};

// Changes a table by the child's rows: plan/change.h says what their columns are.
struct PhysicalChange : PhysicalNode {
  PhysicalChange(PhysicalPtr child, RowChange change, Schema schema);
  RowChange change;
};

std::string ExplainPhysical(const PhysicalPtr& plan);

}  // namespace weir
