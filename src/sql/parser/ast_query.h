#pragma once

#include <cstdint>
#include <tuple>

#include "sql/parser/ast_expr.h"

namespace weir::ast {

// ---- FROM

#define WEIR_AST_TABLE_REFS(X) \
  X(NamedTable) X(DerivedTable) X(TableFunction) X(JoinedTable) X(PivotTable) X(UnpivotTable)

enum class TableRefKind : uint8_t {
#define X(node) k##node,
  WEIR_AST_TABLE_REFS(X)
#undef X
};

// `AS name (a, b)`, or for functions `AS name (a int, b text)`.
struct TableAlias {
  Name name;                    // empty without an alias
  List<Name> columns;           // may be fewer than the table has
  List<const TypeName*> types;  // as many as columns when given

  bool empty() const { return name.empty() && columns.empty(); }
  auto Fields() const { return std::tie(name, columns, types); }
};

struct TableSample {
  uint32_t offset = 0;
  Name method;  // "system", "bernoulli", "reservoir"; empty when not said
  const Expr* amount = nullptr;
  bool is_percent = true;      // otherwise rows
  const Expr* seed = nullptr;  // REPEATABLE (seed), or null

  auto Fields() const { return std::tie(method, amount, is_percent, seed); }
};

struct TableRef {
  const TableRefKind kind;
  uint32_t offset = 0;
  TableAlias alias;
  const TableSample* sample = nullptr;  // or null

  template <typename T>
  const T& As() const {
    WEIR_DCHECK(kind == T::kKind);
    return static_cast<const T&>(*this);
  }
  template <typename T>
  const T* TryAs() const {
    return kind == T::kKind ? static_cast<const T*>(this) : nullptr;
  }

 protected:
  explicit TableRef(TableRefKind node_kind) : kind(node_kind) {}
};

template <TableRefKind K>
struct TableRefNode : TableRef {
  static constexpr TableRefKind kKind = K;
  TableRefNode() : TableRef(K) {}
};

enum class AsOfKind : uint8_t { kNone, kVersion, kTimestamp, kSystemTime };

// t, s.t, 'file.parquet'; a reference to a CTE looks the same.
struct NamedTable : TableRefNode<TableRefKind::kNamedTable> {
  QualifiedName name;
  bool is_path = false;                   // a quoted string: the one part of the name is a file's path
  bool only = false;                      // ONLY t
  List<Name> partitions;                  // PARTITION (p1, p2)
  AsOfKind as_of_kind = AsOfKind::kNone;  // FOR VERSION AS OF, FOR TIMESTAMP AS OF, FOR SYSTEM_TIME AS OF
  const Expr* as_of = nullptr;

  auto Fields() const { return std::tie(alias, sample, name, is_path, only, partitions, as_of_kind, as_of); }
};

// (SELECT ...), (VALUES ...).
struct DerivedTable : TableRefNode<TableRefKind::kDerivedTable> {
  const Query* query = nullptr;
  bool lateral = false;

  auto Fields() const { return std::tie(alias, sample, query, lateral); }
};

// f(...), TABLE(f(...)), ROWS FROM (f(...), g(...)). Arguments `name = v` and `'name' = v` are NamedArguments.
struct TableFunction : TableRefNode<TableRefKind::kTableFunction> {
  List<const Expr*> calls;  // FunctionCalls; more than one only with ROWS FROM
  bool rows_from = false;
  bool with_ordinality = false;
  bool lateral = false;

  auto Fields() const { return std::tie(alias, sample, calls, rows_from, with_ordinality, lateral); }
};

enum class JoinType : uint8_t {
  kInner,
  kLeft,
  kRight,
  kFull,
  kCross,
  kLeftSemi,
  kRightSemi,
  kLeftAnti,
  kRightAnti,
  kPositional,
};

// Chains of joins lean to the left: walk `left` in a loop. A comma in FROM is not a join here but the next item of
// Select::from.
struct JoinedTable : TableRefNode<TableRefKind::kJoinedTable> {
  JoinType type = JoinType::kInner;
  bool natural = false;
  bool asof = false;
  const TableRef* left = nullptr;
  const TableRef* right = nullptr;
  const Expr* on = nullptr;  // or null
  List<Name> using_columns;  // or empty
  Name using_alias;          // USING (...) AS name
  Name hint;                 // JOIN [BROADCAST]: "broadcast"; empty otherwise

  auto Fields() const {
    return std::tie(alias, sample, type, natural, asof, left, right, on, using_columns, using_alias, hint);
  }
};

struct SelectItem {
  uint32_t offset = 0;
  const Expr* expr = nullptr;
  Name alias;  // empty without one

  auto Fields() const { return std::tie(expr, alias); }
};

struct PivotColumn {
  List<const Expr*> columns;     // one, or the row of FOR (a, b) IN ...
  List<SelectItem> values;       // IN (v [AS name], ...); empty with a query or ANY
  const Query* query = nullptr;  // IN (SELECT ...), or null

  auto Fields() const { return std::tie(columns, values, query); }
};

// t PIVOT (sum(x) [AS s], ... FOR c IN (1, 2) ... [GROUP BY g, ...]).
struct PivotTable : TableRefNode<TableRefKind::kPivotTable> {
  const TableRef* source = nullptr;
  List<SelectItem> aggregates;
  List<PivotColumn> columns;
  List<const Expr*> group_by;

  auto Fields() const { return std::tie(alias, sample, source, aggregates, columns, group_by); }
};

struct UnpivotGroup {
  List<const Expr*> columns;  // as many as UnpivotTable::value_names
  Name alias;

  auto Fields() const { return std::tie(columns, alias); }
};

// t UNPIVOT [INCLUDE NULLS] (v FOR n IN (a, b AS x, ...)).
struct UnpivotTable : TableRefNode<TableRefKind::kUnpivotTable> {
  const TableRef* source = nullptr;
  bool include_nulls = false;
  List<Name> value_names;
  Name name_column;
  List<UnpivotGroup> groups;

  auto Fields() const { return std::tie(alias, sample, source, include_nulls, value_names, name_column, groups); }
};

template <typename Visitor>
decltype(auto) Visit(const TableRef& table, Visitor&& visitor) {
  switch (table.kind) {
#define X(node)               \
  case TableRefKind::k##node: \
    return visitor(static_cast<const node&>(table));
    WEIR_AST_TABLE_REFS(X)
#undef X
  }
  __builtin_unreachable();
}

// ---- query bodies

#define WEIR_AST_QUERY_BODIES(X) X(Select) X(SetOperation) X(Values) X(NestedQuery)

enum class QueryBodyKind : uint8_t {
#define X(node) k##node,
  WEIR_AST_QUERY_BODIES(X)
#undef X
};

struct QueryBody {
  const QueryBodyKind kind;
  uint32_t offset = 0;

  template <typename T>
  const T& As() const {
    WEIR_DCHECK(kind == T::kKind);
    return static_cast<const T&>(*this);
  }
  template <typename T>
  const T* TryAs() const {
    return kind == T::kKind ? static_cast<const T*>(this) : nullptr;
  }

 protected:
  explicit QueryBody(QueryBodyKind node_kind) : kind(node_kind) {}
};

template <QueryBodyKind K>
struct QueryBodyNode : QueryBody {
  static constexpr QueryBodyKind kKind = K;
  QueryBodyNode() : QueryBody(K) {}
};

enum class GroupItemKind : uint8_t {
  kExpr,  // one expression
  kSet,   // (a, b) or ()
  kRollup,
  kCube,
  kGroupingSets,
};

struct GroupItem {
  uint32_t offset = 0;
  GroupItemKind kind = GroupItemKind::kExpr;
  List<const Expr*> exprs;       // of kExpr (exactly one) and kSet
  List<const GroupItem*> items;  // of kRollup and kCube (kExpr and kSet only) and kGroupingSets (any)

  auto Fields() const { return std::tie(kind, exprs, items); }
};

struct NamedWindow {
  uint32_t offset = 0;
  Name name;
  const WindowSpec* spec = nullptr;

  auto Fields() const { return std::tie(name, spec); }
};

// `FROM t` without a SELECT is one of `*`, and so is `TABLE t`.
struct Select : QueryBodyNode<QueryBodyKind::kSelect> {
  bool distinct = false;
  List<const Expr*> distinct_on;  // with distinct
  List<SelectItem> items;         // may be empty, as in PostgreSQL
  List<const TableRef*> from;     // comma-separated
  const Expr* where = nullptr;    // or null
  bool group_by_all = false;
  bool group_by_distinct = false;
  List<const GroupItem*> group_by;
  const Expr* having = nullptr;  // or null
  List<NamedWindow> windows;
  const Expr* qualify = nullptr;        // or null
  const TableSample* sample = nullptr;  // USING SAMPLE, or null

  auto Fields() const {
    return std::tie(distinct, distinct_on, items, from, where, group_by_all, group_by_distinct, group_by, having,
                    windows, qualify, sample);
  }
};

enum class SetOperator : uint8_t { kUnion, kIntersect, kExcept };

// Chains lean to the left: walk `left` in a loop.
struct SetOperation : QueryBodyNode<QueryBodyKind::kSetOperation> {
  SetOperator op = SetOperator::kUnion;
  bool all = false;
  bool by_name = false;  // UNION BY NAME
  const QueryBody* left = nullptr;
  const QueryBody* right = nullptr;

  auto Fields() const { return std::tie(op, all, by_name, left, right); }
};

struct Values : QueryBodyNode<QueryBodyKind::kValues> {
  List<List<const Expr*>> rows;  // of the same width each

  auto Fields() const { return std::tie(rows); }
};

// A parenthesised query with clauses of its own: (SELECT ... ORDER BY ... LIMIT 1) UNION ...
struct NestedQuery : QueryBodyNode<QueryBodyKind::kNestedQuery> {
  const Query* query = nullptr;

  auto Fields() const { return std::tie(query); }
};

template <typename Visitor>
decltype(auto) Visit(const QueryBody& body, Visitor&& visitor) {
  switch (body.kind) {
#define X(node)                \
  case QueryBodyKind::k##node: \
    return visitor(static_cast<const node&>(body));
    WEIR_AST_QUERY_BODIES(X)
#undef X
  }
  __builtin_unreachable();
}

// ---- the whole query

enum class Materialization : uint8_t { kDefault, kMaterialized, kNotMaterialized };

// SEARCH DEPTH FIRST BY a, b SET sequence.
struct SearchClause {
  uint32_t offset = 0;
  bool breadth_first = false;
  List<Name> columns;
  Name sequence;

  auto Fields() const { return std::tie(breadth_first, columns, sequence); }
};

// CYCLE a, b SET mark [TO value DEFAULT otherwise] USING path.
struct CycleClause {
  uint32_t offset = 0;
  List<Name> columns;
  Name mark;
  const Expr* value = nullptr;  // null with `otherwise`: true and false
  const Expr* otherwise = nullptr;
  Name path;

  auto Fields() const { return std::tie(columns, mark, value, otherwise, path); }
};

struct CommonTableExpr {
  uint32_t offset = 0;
  Name name;
  List<Name> columns;
  Materialization materialization = Materialization::kDefault;
  const Query* query = nullptr;          // exactly one of query and statement
  const Statement* statement = nullptr;  // INSERT, UPDATE or DELETE with RETURNING
  const SearchClause* search = nullptr;  // or null
  const CycleClause* cycle = nullptr;    // or null

  auto Fields() const { return std::tie(name, columns, materialization, query, statement, search, cycle); }
};

struct With {
  uint32_t offset = 0;
  bool recursive = false;
  List<CommonTableExpr> ctes;

  auto Fields() const { return std::tie(recursive, ctes); }
};

struct Query {
  uint32_t offset = 0;
  const With* with = nullptr;  // or null
  const QueryBody* body = nullptr;
  List<SortItem> order_by;
  bool order_by_all = false;          // ORDER BY ALL [direction of the one item of order_by, whose expr is null]
  const Expr* limit = nullptr;        // null: none, also for LIMIT ALL
  bool limit_percent = false;         // LIMIT 10%
  bool limit_with_ties = false;       // FETCH FIRST n ROWS WITH TIES
  const Expr* offset_rows = nullptr;  // or null

  auto Fields() const {
    return std::tie(with, body, order_by, order_by_all, limit, limit_percent, limit_with_ties, offset_rows);
  }
};

}  // namespace weir::ast
