#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "sql/parser/ast_query.h"

namespace weir::ast {

// clang-format off: its layout of this list has no fixed point.
#define WEIR_AST_STATEMENTS(X)                                                                                        \
  /* this file: queries, changes of rows, sessions */                                                                 \
  X(QueryStatement)                                                                                                   \
  X(Insert)                                                                                                           \
  X(Update)                                                                                                           \
  X(Delete)                                                                                                           \
  X(Merge)                                                                                                            \
  X(Copy)                                                                                                             \
  X(Truncate)                                                                                                         \
  X(Explain)                                                                                                          \
  X(Prepare)                                                                                                          \
  X(Execute) X(Deallocate) X(DeclareCursor) X(FetchCursor) X(CloseCursor) X(Transaction) X(SetVariable)               \
      X(ShowVariable) X(ResetVariable) X(ShowCommand) X(Use) X(Describe) X(Summarize) X(Analyze) X(Vacuum) X(Discard) \
          X(Flush) X(Kill) X(Checkpoint) X(Call) /* ast_ddl.h: definitions */                                         \
      X(CreateDatabase) X(CreateSchema) X(CreateCatalog) X(CreateTable) X(CreateView) X(CreateMaterializedView)       \
          X(CreateSource) X(CreateSink) X(CreateFlow) X(CreateFunction) X(CreateType) X(CreateDomain) X(CreateIndex)  \
              X(CreateSequence) X(CreateNamed) X(CreateRole) X(AlterRole) X(GrantPrivileges) X(Drop) X(AlterObject)   \
                  X(CommentOn) X(RefreshView) /* ast_admin.h: loads, tasks and administration */                      \
      X(BrokerLoad) X(CreateRoutineLoad) X(AlterRoutineLoad) X(ControlJob) X(Export) X(SubmitTask) X(Backup)          \
          X(Recover) X(AdminCommand)
// clang-format on

enum class StatementKind : uint8_t {
#define X(node) k##node,
  WEIR_AST_STATEMENTS(X)
#undef X
};

struct Statement {
  const StatementKind kind;
  uint32_t offset = 0;
  std::string_view text;  // the statement as it was written, without the semicolon; owned by the arena

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
  explicit Statement(StatementKind node_kind) : kind(node_kind) {}
};

template <StatementKind K>
struct StatementNode : Statement {
  static constexpr StatementKind kKind = K;
  StatementNode() : Statement(K) {}
};

// SELECT, VALUES, TABLE, WITH ... SELECT, FROM ...
struct QueryStatement : StatementNode<StatementKind::kQueryStatement> {
  const Query* query = nullptr;

  auto Fields() const { return std::tie(query); }
};

// ---- changes of rows

// a = v, (a, b) = (v, w), (a, b) = (SELECT ...), a.b = v, a[1] = v.
struct Assignment {
  uint32_t offset = 0;
  List<const Expr*> targets;    // ColumnRefs, perhaps under SubscriptExprs
  const Expr* value = nullptr;  // with several targets: a RowExpr or a SubqueryExpr

  auto Fields() const { return std::tie(targets, value); }
};

enum class ConflictAction : uint8_t { kNone, kDoNothing, kDoUpdate };

// ON CONFLICT; and MySQL's INSERT IGNORE (kDoNothing) and ON DUPLICATE KEY UPDATE (kDoUpdate), without a target.
struct OnConflict {
  uint32_t offset = 0;
  List<const Expr*> target;  // columns; empty for any
  const Expr* target_where = nullptr;
  Name constraint;  // ON CONSTRAINT name
  ConflictAction action = ConflictAction::kDoNothing;
  List<Assignment> assignments;
  const Expr* where = nullptr;

  auto Fields() const { return std::tie(target, target_where, constraint, action, assignments, where); }
};

struct Insert : StatementNode<StatementKind::kInsert> {
  const With* with = nullptr;  // of WITH ... INSERT; a WITH after INSERT INTO t is the query's
  QualifiedName table;
  Name alias;
  const Expr* table_function = nullptr;  // INSERT INTO FILES(...): a FunctionCall, and no table
  bool overwrite = false;                // INSERT OVERWRITE
  bool replace = false;                  // INSERT OR REPLACE, REPLACE INTO
  bool by_name = false;                  // INSERT INTO t BY NAME
  List<Name> partitions;
  Name label;                      // WITH LABEL l
  List<QualifiedName> columns;     // of one part unless a struct's field is meant
  bool overriding_system = false;  // OVERRIDING SYSTEM VALUE
  bool default_values = false;     // then no query
  const Query* query = nullptr;
  const OnConflict* on_conflict = nullptr;  // or null
  List<SelectItem> returning;

  auto Fields() const {
    return std::tie(with, table, alias, table_function, overwrite, replace, by_name, partitions, label, columns,
                    overriding_system, default_values, query, on_conflict, returning);
  }
};

struct Update : StatementNode<StatementKind::kUpdate> {
  const With* with = nullptr;
  QualifiedName table;
  Name alias;
  List<Assignment> assignments;
  List<const TableRef*> from;
  const Expr* where = nullptr;
  List<SelectItem> returning;

  auto Fields() const { return std::tie(with, table, alias, assignments, from, where, returning); }
};

struct Delete : StatementNode<StatementKind::kDelete> {
  const With* with = nullptr;
  QualifiedName table;
  Name alias;
  List<Name> partitions;
  List<const TableRef*> using_tables;
  const Expr* where = nullptr;
  List<SelectItem> returning;

  auto Fields() const { return std::tie(with, table, alias, partitions, using_tables, where, returning); }
};

enum class MergeMatch : uint8_t { kMatched, kNotMatchedByTarget, kNotMatchedBySource };
enum class MergeActionKind : uint8_t { kDoNothing, kUpdate, kDelete, kInsert };

struct MergeClause {
  uint32_t offset = 0;
  MergeMatch match = MergeMatch::kMatched;
  const Expr* condition = nullptr;  // or null
  MergeActionKind action = MergeActionKind::kDoNothing;
  List<Assignment> assignments;  // of kUpdate
  List<Name> columns;            // of kInsert
  bool default_values = false;
  List<const Expr*> values;

  auto Fields() const { return std::tie(match, condition, action, assignments, columns, default_values, values); }
};

struct Merge : StatementNode<StatementKind::kMerge> {
  const With* with = nullptr;
  QualifiedName table;
  Name alias;
  const TableRef* source = nullptr;
  const Expr* on = nullptr;
  List<MergeClause> clauses;
  List<SelectItem> returning;

  auto Fields() const { return std::tie(with, table, alias, source, on, clauses, returning); }
};

enum class CopyPeer : uint8_t { kStdio, kFile, kProgram };

// COPY t [(cols)] FROM ..., COPY t | (query) TO ...
struct Copy : StatementNode<StatementKind::kCopy> {
  QualifiedName table;  // or query
  List<Name> columns;
  const Query* query = nullptr;
  bool is_from = false;
  CopyPeer peer = CopyPeer::kStdio;
  Name path;  // of kFile, the command of kProgram
  // By the names of the parenthesised syntax ("format", "delimiter", "null", "header", "quote", "escape",
  // "force_quote", "force_not_null", "force_null", "encoding", "freeze"), however they were written.
  List<Option> options;
  const Expr* where = nullptr;

  auto Fields() const { return std::tie(table, columns, query, is_from, peer, path, options, where); }
};

struct Truncate : StatementNode<StatementKind::kTruncate> {
  List<QualifiedName> tables;
  List<Name> partitions;
  bool restart_identity = false;
  bool cascade = false;

  auto Fields() const { return std::tie(tables, partitions, restart_identity, cascade); }
};

// ---- plans and prepared statements

struct Explain : StatementNode<StatementKind::kExplain> {
  bool analyze = false;
  bool verbose = false;
  Name level;            // StarRocks: EXPLAIN LOGICAL | COSTS ...; lower case
  List<Option> options;  // EXPLAIN (FORMAT json, ...); analyze and verbose are in the flags as well
  const Statement* statement = nullptr;

  auto Fields() const { return std::tie(analyze, verbose, level, options, statement); }
};

struct Prepare : StatementNode<StatementKind::kPrepare> {
  Name name;
  List<const TypeName*> types;
  const Statement* statement = nullptr;
  // MySQL's PREPARE s FROM 'text' or @variable, and then no statement.
  const Expr* source = nullptr;

  auto Fields() const { return std::tie(name, types, statement, source); }
};

struct Execute : StatementNode<StatementKind::kExecute> {
  Name name;
  List<const Expr*> args;  // EXECUTE s (1, 2), EXECUTE s USING @a, @b

  auto Fields() const { return std::tie(name, args); }
};

struct Deallocate : StatementNode<StatementKind::kDeallocate> {
  Name name;  // empty: all

  auto Fields() const { return std::tie(name); }
};

// ---- cursors

struct DeclareCursor : StatementNode<StatementKind::kDeclareCursor> {
  Name name;
  bool binary = false;
  std::optional<bool> scroll;       // SCROLL, NO SCROLL, or neither
  std::optional<bool> insensitive;  // INSENSITIVE, ASENSITIVE, or neither
  bool with_hold = false;
  const Query* query = nullptr;
  Name subscription;  // RisingWave: DECLARE c SUBSCRIPTION CURSOR FOR s

  auto Fields() const { return std::tie(name, binary, scroll, insensitive, with_hold, query, subscription); }
};

enum class FetchDirection : uint8_t { kForward, kBackward, kAbsolute, kRelative };

struct FetchCursor : StatementNode<StatementKind::kFetchCursor> {
  static constexpr int64_t kAll = INT64_MAX;

  Name name;
  bool is_move = false;
  FetchDirection direction = FetchDirection::kForward;
  int64_t count = 1;  // FIRST is absolute 1, LAST absolute -1, PRIOR backward 1

  auto Fields() const { return std::tie(name, is_move, direction, count); }
};

struct CloseCursor : StatementNode<StatementKind::kCloseCursor> {
  Name name;  // empty: all

  auto Fields() const { return std::tie(name); }
};

// ---- sessions

enum class TransactionAction : uint8_t {
  kBegin,
  kCommit,
  kRollback,
  kSavepoint,
  kReleaseSavepoint,
  kRollbackToSavepoint,
  kPrepareTransaction,
  kCommitPrepared,
  kRollbackPrepared,
};

enum class IsolationLevel : uint8_t { kDefault, kReadUncommitted, kReadCommitted, kRepeatableRead, kSerializable };

struct Transaction : StatementNode<StatementKind::kTransaction> {
  TransactionAction action = TransactionAction::kBegin;
  Name name;  // of the savepoint or of the prepared transaction
  IsolationLevel isolation = IsolationLevel::kDefault;
  std::optional<bool> read_only;
  std::optional<bool> deferrable;
  bool chain = false;     // AND CHAIN
  bool is_start = false;  // START TRANSACTION, whose command tag differs
  Name label;             // BEGIN WITH LABEL l

  auto Fields() const { return std::tie(action, name, isolation, read_only, deferrable, chain, is_start, label); }
};

enum class SetScope : uint8_t { kDefault, kSession, kLocal, kGlobal };

// SET x = v, SET x TO a, b, SET TIME ZONE z ("timezone"), SET NAMES n ("names"), SET TRANSACTION ... ("transaction"),
// SET @user = v, SET CATALOG c ("catalog"), SET SCHEMA s ("search_path"), SET ROLE r ("role").
struct SetItem {
  uint32_t offset = 0;
  SetScope scope = SetScope::kDefault;
  bool is_user_variable = false;
  Name name;                 // dotted when it was: "my.setting"; lower case
  List<const Expr*> values;  // bare words are StringLiterals; empty: TO DEFAULT

  auto Fields() const { return std::tie(scope, is_user_variable, name, values); }
};

// One item in PostgreSQL's dialect; several with MySQL's commas.
struct SetVariable : StatementNode<StatementKind::kSetVariable> {
  List<SetItem> items;
  // SET [SESSION CHARACTERISTICS AS] TRANSACTION: the modes, with the item name "transaction".
  IsolationLevel isolation = IsolationLevel::kDefault;
  std::optional<bool> read_only;
  std::optional<bool> deferrable;

  auto Fields() const { return std::tie(items, isolation, read_only, deferrable); }
};

// SHOW x, SHOW ALL ("all"), SHOW TIME ZONE ("timezone"), SHOW TRANSACTION ISOLATION LEVEL ("transaction_isolation").
struct ShowVariable : StatementNode<StatementKind::kShowVariable> {
  Name name;

  auto Fields() const { return std::tie(name); }
};

struct ResetVariable : StatementNode<StatementKind::kResetVariable> {
  Name name;  // "all" for RESET ALL

  auto Fields() const { return std::tie(name); }
};

// MySQL's and StarRocks' SHOW family: SHOW [GLOBAL|SESSION] [FULL] <what> [name] [FROM t [FROM db]] [LIKE p | WHERE e]
// [ORDER BY] [LIMIT]. `what` is the words in lower case with single spaces: "tables", "databases", "columns",
// "create table", "materialized views", "partitions", "routine load", "processlist", "variables", "status",
// "warnings", "grants", "functions", "proc" ...
struct ShowCommand : StatementNode<StatementKind::kShowCommand> {
  Name what;
  bool full = false;
  bool global = false;
  bool all = false;
  QualifiedName name;           // SHOW CREATE TABLE name, SHOW ROUTINE LOAD FOR name
  QualifiedName from;           // FROM or IN, innermost first as written: {"t"}, {"db", "t"} of FROM t FROM db
  Name path;                    // SHOW PROC 'path'
  const Expr* like = nullptr;   // or null
  const Expr* where = nullptr;  // or null
  List<SortItem> order_by;
  const Expr* limit = nullptr;
  const Expr* offset_rows = nullptr;

  auto Fields() const {
    return std::tie(what, full, global, all, name, from, path, like, where, order_by, limit, offset_rows);
  }
};

// USE db, USE catalog.db.
struct Use : StatementNode<StatementKind::kUse> {
  QualifiedName name;

  auto Fields() const { return std::tie(name); }
};

// DESCRIBE t, DESC t [column], DESCRIBE SELECT ..., DESC FILES(...).
struct Describe : StatementNode<StatementKind::kDescribe> {
  QualifiedName name;  // exactly one of name, table_function and query
  Name what;           // "table", "database", "function", ...; empty when not said
  bool extended = false;
  Name column;
  const Expr* table_function = nullptr;
  const Query* query = nullptr;

  auto Fields() const { return std::tie(name, what, extended, column, table_function, query); }
};

struct Summarize : StatementNode<StatementKind::kSummarize> {
  QualifiedName name;  // or query
  const Query* query = nullptr;

  auto Fields() const { return std::tie(name, query); }
};

// ANALYZE [VERBOSE] [t [(cols)], ...]; StarRocks: ANALYZE [FULL|SAMPLE] TABLE t [(cols)] [WITH SYNC|ASYNC MODE]
// [PROPERTIES], and its CREATE ANALYZE, DROP ANALYZE, KILL ANALYZE, DROP STATS.
enum class AnalyzeAction : uint8_t { kRun, kCreateJob, kDropJob, kKillJob, kDropStatistics };

struct AnalyzeTarget {
  QualifiedName table;
  List<Name> columns;

  auto Fields() const { return std::tie(table, columns); }
};

struct Analyze : StatementNode<StatementKind::kAnalyze> {
  AnalyzeAction action = AnalyzeAction::kRun;
  bool verbose = false;
  bool full = false;
  bool sample = false;
  std::optional<bool> sync;
  Name scope;  // CREATE ANALYZE: "all", "database", or empty for a table; UPDATE HISTOGRAM: "histogram"
  List<AnalyzeTarget> targets;
  int64_t buckets = -1;  // of a histogram
  int64_t job_id = -1;
  List<Option> options;

  auto Fields() const {
    return std::tie(action, verbose, full, sample, sync, scope, targets, buckets, job_id, options);
  }
};

struct Vacuum : StatementNode<StatementKind::kVacuum> {
  List<Option> options;
  List<AnalyzeTarget> targets;

  auto Fields() const { return std::tie(options, targets); }
};

struct Discard : StatementNode<StatementKind::kDiscard> {
  Name what;  // "all", "plans", "sequences", "temp"

  auto Fields() const { return std::tie(what); }
};

// FLUSH: waits for the views; FLUSH FLOW f, FLUSH TABLE t.
struct Flush : StatementNode<StatementKind::kFlush> {
  Name what;  // empty, "flow", "table", or MySQL's "tables", "privileges", ...
  QualifiedName name;

  auto Fields() const { return std::tie(what, name); }
};

struct Kill : StatementNode<StatementKind::kKill> {
  bool query_only = false;  // KILL QUERY n, otherwise the connection
  const Expr* id = nullptr;

  auto Fields() const { return std::tie(query_only, id); }
};

struct Checkpoint : StatementNode<StatementKind::kCheckpoint> {
  auto Fields() const { return std::tie(); }
};

struct Call : StatementNode<StatementKind::kCall> {
  const Expr* call = nullptr;  // a FunctionCall

  auto Fields() const { return std::tie(call); }
};

}  // namespace weir::ast
