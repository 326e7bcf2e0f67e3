#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "sql/parser/ast_statement.h"

namespace weir::ast {

// What CREATE, ALTER, DROP, COMMENT, GRANT and SHOW CREATE name.
enum class ObjectKind : uint8_t {
  kTable,
  kView,
  kMaterializedView,
  kIndex,
  kSchema,
  kDatabase,
  kCatalog,
  kSequence,
  kFunction,
  kAggregate,
  kProcedure,
  kType,
  kDomain,
  kColumn,
  kSource,
  kSink,
  kFlow,
  kConnection,
  kSubscription,
  kSecret,
  kRole,
  kUser,
  kExtension,
  kConstraint,
  kTrigger,
  kRule,
  kPolicy,
  kForeignTable,
  kResource,
  kResourceGroup,
  kRepository,
  kFile,
  kTask,
  kStorageVolume,
  kStatistics,
  kTablespace,
  kCollation,
};

// ---- tables

enum class Nullability : uint8_t { kDefault, kNull, kNotNull };
enum class IdentityKind : uint8_t { kNone, kAlways, kByDefault };
enum class ConstraintKind : uint8_t { kPrimaryKey, kUnique, kCheck, kForeignKey };

struct Constraint {
  uint32_t offset = 0;
  ConstraintKind kind = ConstraintKind::kPrimaryKey;
  Name name;           // CONSTRAINT name, or empty
  List<Name> columns;  // empty in a column's own CHECK and REFERENCES
  const Expr* check = nullptr;
  QualifiedName references;
  List<Name> referenced_columns;
  Name on_delete;  // "cascade", "set null", ...
  Name on_update;
  bool nulls_not_distinct = false;
  bool not_enforced = false;

  auto Fields() const {
    return std::tie(kind, name, columns, check, references, referenced_columns, on_delete, on_update,
                    nulls_not_distinct, not_enforced);
  }
};

struct ColumnDefinition {
  uint32_t offset = 0;
  Name name;
  const TypeName* type = nullptr;  // null in the column list of CREATE TABLE (a, b) AS, and of some generated columns
  Nullability nullability = Nullability::kDefault;
  const Expr* default_value = nullptr;
  const Expr* generated_as = nullptr;
  bool generated_stored = false;
  IdentityKind identity = IdentityKind::kNone;
  bool auto_increment = false;
  bool primary_key = false;
  bool unique = false;
  bool is_key = false;  // StarRocks: c INT KEY
  Name aggregate;  // StarRocks: "sum", "min", "max", "replace", "replace_if_not_null", "hll_union", "bitmap_union"...
  QualifiedName collation;
  std::optional<Name> comment;
  const Expr* on_update = nullptr;      // MySQL: ON UPDATE CURRENT_TIMESTAMP
  List<const Constraint*> constraints;  // CHECK and REFERENCES

  auto Fields() const {
    return std::tie(name, type, nullability, default_value, generated_as, generated_stored, identity, auto_increment,
                    primary_key, unique, is_key, aggregate, collation, comment, on_update, constraints);
  }
};

// INDEX name (columns) [USING method] [COMMENT ''] inside CREATE TABLE.
struct TableIndex {
  uint32_t offset = 0;
  Name name;
  List<Name> columns;
  Name method;
  List<Option> options;
  std::optional<Name> comment;

  auto Fields() const { return std::tie(name, columns, method, options, comment); }
};

enum class KeyModel : uint8_t { kNone, kDuplicate, kPrimary, kUnique, kAggregate };
enum class PartitionMethod : uint8_t { kExpression, kRange, kList, kHash };

enum class PartitionBoundKind : uint8_t {
  kLessThan,    // VALUES LESS THAN (upper) or MAXVALUE (a MaxValueExpr)
  kFixedRange,  // VALUES [(lower), (upper))
  kIn,          // VALUES IN (...)
  kStep,        // START (lower) END (upper) EVERY (step)
};

struct PartitionDefinition {
  uint32_t offset = 0;
  Name name;  // empty with kStep
  bool if_not_exists = false;
  bool temporary = false;
  PartitionBoundKind bound = PartitionBoundKind::kLessThan;
  List<const Expr*> lower;
  List<const Expr*> upper;
  List<const Expr*> values;  // of kIn; RowExprs with several columns
  const Expr* step = nullptr;
  List<Option> options;

  auto Fields() const { return std::tie(name, if_not_exists, temporary, bound, lower, upper, values, step, options); }
};

struct PartitionBy {
  uint32_t offset = 0;
  PartitionMethod method = PartitionMethod::kExpression;
  List<const Expr*> exprs;  // columns or expressions such as date_trunc('day', ts)
  List<PartitionDefinition> partitions;

  auto Fields() const { return std::tie(method, exprs, partitions); }
};

struct Distribution {
  uint32_t offset = 0;
  bool random = false;
  List<Name> columns;    // of HASH
  int64_t buckets = -1;  // -1: automatic

  auto Fields() const { return std::tie(random, columns, buckets); }
};

// WATERMARK FOR column AS expression.
struct Watermark {
  uint32_t offset = 0;
  Name column;
  const Expr* expr = nullptr;

  auto Fields() const { return std::tie(column, expr); }
};

// INCLUDE <what> [field] [type] [AS name], of sources: "key", "timestamp", "partition", "offset", "header", "payload".
struct IncludedColumn {
  uint32_t offset = 0;
  Name what;
  std::optional<Name> field;
  const TypeName* type = nullptr;
  Name alias;

  auto Fields() const { return std::tie(what, field, type, alias); }
};

// FORMAT PLAIN ENCODE JSON (...).
struct StreamFormat {
  uint32_t offset = 0;
  Name format;
  Name encode;
  List<Option> options;
  Name key_encode;

  auto Fields() const { return std::tie(format, encode, options, key_encode); }
};

struct CreateTable : StatementNode<StatementKind::kCreateTable> {
  QualifiedName name;
  bool if_not_exists = false;
  bool or_replace = false;
  bool temporary = false;
  bool external = false;
  List<ColumnDefinition> columns;
  bool has_wildcard = false;  // RisingWave: CREATE TABLE t (*)
  List<const Constraint*> constraints;
  List<TableIndex> indexes;
  List<Watermark> watermarks;
  QualifiedName like;         // CREATE TABLE t LIKE other; (LIKE other [INCLUDING ...])
  List<Name> like_including;  // "all", "defaults", ...
  Name engine;
  KeyModel key_model = KeyModel::kNone;
  List<Name> key_columns;
  std::optional<Name> comment;
  const PartitionBy* partition_by = nullptr;
  const Distribution* distribution = nullptr;
  List<Name> sort_key;       // ORDER BY (a, b)
  List<Option> properties;   // PROPERTIES ("k" = "v")
  List<Option> options;      // WITH (k = v)
  bool append_only = false;  // RisingWave: APPEND ONLY
  Name on_conflict;          // RisingWave: ON CONFLICT "overwrite", "ignore", "do update if not null"
  List<IncludedColumn> include;
  const StreamFormat* format = nullptr;
  Name on_commit;                // of temporary tables: "preserve rows", "delete rows", "drop"
  const Query* query = nullptr;  // AS query
  bool with_no_data = false;

  auto Fields() const {
    return std::tie(name, if_not_exists, or_replace, temporary, external, columns, has_wildcard, constraints, indexes,
                    watermarks, like, like_including, engine, key_model, key_columns, comment, partition_by,
                    distribution, sort_key, properties, options, append_only, on_conflict, include, format, on_commit,
                    query, with_no_data);
  }
};

// ---- views, sources, sinks, flows

struct ViewColumn {
  uint32_t offset = 0;
  Name name;
  std::optional<Name> comment;

  auto Fields() const { return std::tie(name, comment); }
};

struct CreateView : StatementNode<StatementKind::kCreateView> {
  QualifiedName name;
  bool or_replace = false;
  bool if_not_exists = false;
  bool temporary = false;
  bool recursive = false;
  List<ViewColumn> columns;
  std::optional<Name> comment;
  List<Option> options;  // WITH (security_barrier), SECURITY ...
  const Query* query = nullptr;
  Name check_option;  // "local", "cascaded"

  auto Fields() const {
    return std::tie(name, or_replace, if_not_exists, temporary, recursive, columns, comment, options, query,
                    check_option);
  }
};

enum class RefreshMoment : uint8_t { kDefault, kImmediate, kDeferred };
enum class RefreshScheme : uint8_t { kDefault, kAsync, kManual, kIncremental, kSync };

// StarRocks: REFRESH [IMMEDIATE|DEFERRED] [ASYNC [START (t)] [EVERY (INTERVAL n unit)] | MANUAL | INCREMENTAL].
struct RefreshClause {
  uint32_t offset = 0;
  RefreshMoment moment = RefreshMoment::kDefault;
  RefreshScheme scheme = RefreshScheme::kDefault;
  const Expr* start = nullptr;
  const Expr* every = nullptr;

  auto Fields() const { return std::tie(moment, scheme, start, every); }
};

struct CreateMaterializedView : StatementNode<StatementKind::kCreateMaterializedView> {
  QualifiedName name;
  bool or_replace = false;
  bool if_not_exists = false;
  List<ViewColumn> columns;
  std::optional<Name> comment;
  const PartitionBy* partition_by = nullptr;
  const Distribution* distribution = nullptr;
  List<Name> sort_key;
  const RefreshClause* refresh = nullptr;
  List<Option> properties;
  List<Option> options;
  const Query* query = nullptr;
  bool emit_on_window_close = false;
  bool with_no_data = false;

  auto Fields() const {
    return std::tie(name, or_replace, if_not_exists, columns, comment, partition_by, distribution, sort_key, refresh,
                    properties, options, query, emit_on_window_close, with_no_data);
  }
};

struct CreateSource : StatementNode<StatementKind::kCreateSource> {
  QualifiedName name;
  bool or_replace = false;
  bool if_not_exists = false;
  bool temporary = false;
  List<ColumnDefinition> columns;
  bool has_wildcard = false;
  List<const Constraint*> constraints;
  List<Watermark> watermarks;
  List<IncludedColumn> include;
  List<Option> options;
  const StreamFormat* format = nullptr;

  auto Fields() const {
    return std::tie(name, or_replace, if_not_exists, temporary, columns, has_wildcard, constraints, watermarks, include,
                    options, format);
  }
};

struct CreateSink : StatementNode<StatementKind::kCreateSink> {
  QualifiedName name;  // may be empty with INTO
  bool if_not_exists = false;
  QualifiedName into;  // INTO table [(columns)]
  List<Name> columns;
  QualifiedName from;  // exactly one of from and query
  const Query* query = nullptr;
  List<Option> options;
  const StreamFormat* format = nullptr;
  bool emit_on_window_close = false;

  auto Fields() const {
    return std::tie(name, if_not_exists, into, columns, from, query, options, format, emit_on_window_close);
  }
};

struct CreateFlow : StatementNode<StatementKind::kCreateFlow> {
  QualifiedName name;
  bool or_replace = false;
  bool if_not_exists = false;
  QualifiedName sink;                  // SINK TO table
  const Expr* expire_after = nullptr;  // an interval or a string, or null
  const Expr* eval_interval = nullptr;
  std::optional<Name> comment;
  List<Option> options;
  const Query* query = nullptr;

  auto Fields() const {
    return std::tie(name, or_replace, if_not_exists, sink, expire_after, eval_interval, comment, options, query);
  }
};

// ---- functions, types, indexes

enum class ParameterMode : uint8_t { kIn, kOut, kInOut, kVariadic };

struct FunctionParameter {
  uint32_t offset = 0;
  ParameterMode mode = ParameterMode::kIn;
  Name name;                       // or empty
  const TypeName* type = nullptr;  // null for macro parameters
  const Expr* default_value = nullptr;

  auto Fields() const { return std::tie(mode, name, type, default_value); }
};

enum class Volatility : uint8_t { kDefault, kImmutable, kStable, kVolatile };

// CREATE FUNCTION f(a int) RETURNS int [LANGUAGE l] AS 'text' | AS expr | RETURN expr; StarRocks' with PROPERTIES;
// CREATE MACRO f(a) AS expr | AS TABLE query.
struct CreateFunction : StatementNode<StatementKind::kCreateFunction> {
  QualifiedName name;
  bool or_replace = false;
  bool if_not_exists = false;
  bool temporary = false;
  bool is_macro = false;
  bool is_aggregate = false;
  bool is_table = false;  // TABLE FUNCTION
  bool global = false;
  List<FunctionParameter> parameters;
  const TypeName* returns = nullptr;
  List<FunctionParameter> returns_table;
  Name language;
  Volatility volatility = Volatility::kDefault;
  bool strict = false;
  std::optional<Name> body;         // AS 'text'
  std::optional<Name> link_symbol;  // AS 'library', 'symbol'
  const Expr* expr = nullptr;       // AS expr, RETURN expr
  const Query* query = nullptr;     // AS TABLE query of macros, BEGIN ATOMIC query; END of functions
  List<Option> options;

  auto Fields() const {
    return std::tie(name, or_replace, if_not_exists, temporary, is_macro, is_aggregate, is_table, global, parameters,
                    returns, returns_table, language, volatility, strict, body, link_symbol, expr, query, options);
  }
};

enum class TypeDefinitionKind : uint8_t { kEnum, kComposite, kAlias };

struct CreateType : StatementNode<StatementKind::kCreateType> {
  QualifiedName name;
  bool if_not_exists = false;
  TypeDefinitionKind definition = TypeDefinitionKind::kEnum;
  List<Name> labels;                // of kEnum
  List<TypeArgument> fields;        // of kComposite
  const TypeName* alias = nullptr;  // of kAlias

  auto Fields() const { return std::tie(name, if_not_exists, definition, labels, fields, alias); }
};

struct CreateDomain : StatementNode<StatementKind::kCreateDomain> {
  QualifiedName name;
  const TypeName* type = nullptr;
  QualifiedName collation;
  const Expr* default_value = nullptr;
  Nullability nullability = Nullability::kDefault;
  List<const Constraint*> checks;  // the value is the column `value`

  auto Fields() const { return std::tie(name, type, collation, default_value, nullability, checks); }
};

struct IndexItem {
  const Expr* expr = nullptr;
  QualifiedName collation;
  QualifiedName operator_class;
  SortDirection direction = SortDirection::kDefault;
  NullsOrder nulls = NullsOrder::kDefault;

  auto Fields() const { return std::tie(expr, collation, operator_class, direction, nulls); }
};

struct CreateIndex : StatementNode<StatementKind::kCreateIndex> {
  bool unique = false;
  bool concurrently = false;
  bool if_not_exists = false;
  QualifiedName name;  // may be empty
  QualifiedName table;
  Name method;
  List<IndexItem> items;
  List<Name> include;
  List<Name> distributed_by;  // RisingWave
  List<Option> options;
  const Expr* where = nullptr;
  std::optional<Name> comment;

  auto Fields() const {
    return std::tie(unique, concurrently, if_not_exists, name, table, method, items, include, distributed_by, options,
                    where, comment);
  }
};

struct CreateSequence : StatementNode<StatementKind::kCreateSequence> {
  QualifiedName name;
  bool if_not_exists = false;
  bool temporary = false;
  List<Option> options;  // "start", "increment", "minvalue", "maxvalue", "cache", "cycle"

  auto Fields() const { return std::tie(name, if_not_exists, temporary, options); }
};

// ---- databases, schemas, catalogs and other named things

struct CreateDatabase : StatementNode<StatementKind::kCreateDatabase> {
  QualifiedName name;
  bool if_not_exists = false;
  std::optional<Name> comment;
  List<Option> options;  // OWNER, ENCODING, TEMPLATE ..., CHARSET, PROPERTIES

  auto Fields() const { return std::tie(name, if_not_exists, comment, options); }
};

struct CreateSchema : StatementNode<StatementKind::kCreateSchema> {
  QualifiedName name;  // may be empty with AUTHORIZATION
  bool if_not_exists = false;
  bool or_replace = false;
  Name authorization;

  auto Fields() const { return std::tie(name, if_not_exists, or_replace, authorization); }
};

struct CreateCatalog : StatementNode<StatementKind::kCreateCatalog> {
  Name name;
  bool external = false;
  bool if_not_exists = false;
  std::optional<Name> comment;
  List<Option> options;

  auto Fields() const { return std::tie(name, external, if_not_exists, comment, options); }
};

// CREATE RESOURCE | RESOURCE GROUP | REPOSITORY | FILE | CONNECTION | SECRET | SUBSCRIPTION | EXTENSION |
// STORAGE VOLUME | COLLATION name ...
struct CreateNamed : StatementNode<StatementKind::kCreateNamed> {
  ObjectKind object = ObjectKind::kResource;
  QualifiedName name;
  bool or_replace = false;
  bool if_not_exists = false;
  bool external = false;
  bool read_only = false;               // CREATE READ ONLY REPOSITORY
  QualifiedName from;                   // SUBSCRIPTION s FROM t; FILE "f" IN db
  Name broker;                          // REPOSITORY ... WITH BROKER b
  Name location;                        // REPOSITORY ... ON LOCATION "path"
  const Expr* value = nullptr;          // SECRET ... AS 'value'
  List<List<const Expr*>> classifiers;  // RESOURCE GROUP ... TO (user='u'), (...)
  std::optional<Name> comment;
  List<Option> options;

  auto Fields() const {
    return std::tie(object, name, or_replace, if_not_exists, external, read_only, from, broker, location, value,
                    classifiers, comment, options);
  }
};

// ---- users and privileges

struct RoleName {
  uint32_t offset = 0;
  Name name;
  std::optional<Name> host;  // 'user'@'host'

  auto Fields() const { return std::tie(name, host); }
};

// CREATE USER | ROLE | GROUP u [WITH] options; MySQL's IDENTIFIED BY 'p' is the option "password",
// IDENTIFIED WITH plugin [BY|AS 'p'] adds "auth_plugin".
struct CreateRole : StatementNode<StatementKind::kCreateRole> {
  bool is_user = false;  // can log in unless the options say otherwise
  bool if_not_exists = false;
  List<RoleName> names;
  List<Option> options;  // "password", "superuser", "createdb", "login", ... : BoolLiterals, or their value

  auto Fields() const { return std::tie(is_user, if_not_exists, names, options); }
};

struct AlterRole : StatementNode<StatementKind::kAlterRole> {
  bool is_user = false;
  bool if_exists = false;
  RoleName role;
  List<Option> options;
  Name rename_to;
  const SetItem* set = nullptr;  // ALTER ROLE r SET x = v
  Name reset;                    // ALTER ROLE r RESET x

  auto Fields() const { return std::tie(is_user, if_exists, role, options, rename_to, set, reset); }
};

struct Privilege {
  Name name;  // "select", "all", ... lower case; a role's name in GRANT role TO user
  List<Name> columns;

  auto Fields() const { return std::tie(name, columns); }
};

// GRANT and REVOKE, of privileges on objects or of roles (no objects then).
struct GrantPrivileges : StatementNode<StatementKind::kGrantPrivileges> {
  bool is_revoke = false;
  List<Privilege> privileges;
  bool has_object = false;
  ObjectKind object = ObjectKind::kTable;
  bool all_in_schema = false;  // ALL TABLES IN SCHEMA / DATABASE names
  List<QualifiedName> names;   // a part may be "*"
  List<RoleName> grantees;     // the name "public" for PUBLIC
  bool with_grant_option = false;
  bool cascade = false;

  auto Fields() const {
    return std::tie(is_revoke, privileges, has_object, object, all_in_schema, names, grantees, with_grant_option,
                    cascade);
  }
};

// ---- dropping and altering

enum class DropBehavior : uint8_t { kDefault, kCascade, kRestrict };

struct Drop : StatementNode<StatementKind::kDrop> {
  ObjectKind object = ObjectKind::kTable;
  bool if_exists = false;
  bool concurrently = false;
  bool temporary = false;
  bool force = false;
  List<QualifiedName> names;
  QualifiedName on;                      // DROP INDEX i ON t, DROP TRIGGER g ON t; DROP FILE f FROM db
  List<const TypeName*> argument_types;  // DROP FUNCTION f(int)
  bool has_arguments = false;
  List<RoleName> roles;  // DROP USER, with no names
  List<Option> options;
  DropBehavior behavior = DropBehavior::kDefault;

  auto Fields() const {
    return std::tie(object, if_exists, concurrently, temporary, force, names, on, argument_types, has_arguments, roles,
                    options, behavior);
  }
};

enum class AlterActionKind : uint8_t {
  kAddColumn,        // columns (one or several), position
  kDropColumn,       // name
  kModifyColumn,     // column, position: MySQL's and StarRocks' MODIFY and CHANGE
  kAlterColumnType,  // name, type, expr of USING
  kSetDefault,       // name, expr
  kDropDefault,      // name
  kSetNotNull,       // name
  kDropNotNull,      // name
  kRenameColumn,     // name, new_name
  kRenameTo,         // target
  kRenameConstraint,
  kRenamePartition,
  kRenameRollup,
  kSetSchema,      // new_name
  kOwnerTo,        // new_name
  kAddConstraint,  // constraint
  kDropConstraint,
  kValidateConstraint,
  kSetProperties,    // options: SET (...), SET ("k"="v")
  kResetProperties,  // options without values
  kAddPartition,     // partitions
  kDropPartition,    // names
  kTruncatePartition,
  kReplacePartition,  // names WITH new_names
  kModifyPartition,   // names, or all; options
  kAddRollup,         // name, columns of index
  kDropRollup,        // names
  kAddIndex,          // index
  kDropIndex,         // name
  kSwapWith,          // target
  kSetComment,        // comment, of the column `name` or of the whole
  kOrderBy,           // names
  kDistribution,      // distribution
  kSetRefresh,        // refresh, of materialized views
  kSetActive,
  kSetInactive,
  kSetQuery,        // query: ALTER VIEW v AS
  kSetParallelism,  // expr
  kAddWatermark,
  kAddEnumLabel,     // name, position (new_name before or after): ALTER TYPE ... ADD VALUE
  kRenameEnumLabel,  // name, new_name
  kSetQuota,         // name ("data", "replica"), expr: ALTER DATABASE ... SET DATA QUOTA
  kCompact,          // StarRocks: COMPACT
  kOption,           // options: ALTER SEQUENCE, RESOURCE GROUP ..., DATABASE options
};

enum class ColumnPosition : uint8_t { kDefault, kFirst, kAfter, kBefore };

// One action; which members it uses stands at its kind.
struct AlterAction {
  uint32_t offset = 0;
  AlterActionKind kind = AlterActionKind::kAddColumn;
  bool if_exists = false;
  bool if_not_exists = false;
  bool temporary = false;  // of partitions
  bool force = false;
  bool all = false;
  DropBehavior behavior = DropBehavior::kDefault;
  Name name;
  Name new_name;
  ColumnPosition position = ColumnPosition::kDefault;
  Name position_name;  // of kAfter and kBefore
  List<ColumnDefinition> columns;
  List<Name> names;
  List<Name> new_names;
  QualifiedName target;
  const TypeName* type = nullptr;
  const Expr* expr = nullptr;
  const Constraint* constraint = nullptr;
  const TableIndex* index = nullptr;
  List<PartitionDefinition> partitions;
  const Distribution* distribution = nullptr;
  const RefreshClause* refresh = nullptr;
  const Query* query = nullptr;
  const Watermark* watermark = nullptr;
  List<Option> options;
  std::optional<Name> comment;
  Name rollup_of;  // ADD ROLLUP r (cols) FROM base

  auto Fields() const {
    return std::tie(kind, if_exists, if_not_exists, temporary, force, all, behavior, name, new_name, position,
                    position_name, columns, names, new_names, target, type, expr, constraint, index, partitions,
                    distribution, refresh, query, watermark, options, comment, rollup_of);
  }
};

// ALTER TABLE | VIEW | MATERIALIZED VIEW | DATABASE | SCHEMA | SOURCE | SINK | INDEX | TYPE | SEQUENCE | ... name
// actions.
struct AlterObject : StatementNode<StatementKind::kAlterObject> {
  ObjectKind object = ObjectKind::kTable;
  bool if_exists = false;
  bool only = false;
  QualifiedName name;
  List<const TypeName*> argument_types;  // ALTER FUNCTION f(int)
  bool has_arguments = false;
  List<AlterAction> actions;

  auto Fields() const { return std::tie(object, if_exists, only, name, argument_types, has_arguments, actions); }
};

// COMMENT ON TABLE t IS 'text'; of a column the name's last part is the column's.
struct CommentOn : StatementNode<StatementKind::kCommentOn> {
  ObjectKind object = ObjectKind::kTable;
  QualifiedName name;
  QualifiedName on;                      // COMMENT ON CONSTRAINT c ON t
  List<const TypeName*> argument_types;  // of a function
  bool has_arguments = false;
  std::optional<Name> comment;  // IS NULL removes it

  auto Fields() const { return std::tie(object, name, on, argument_types, has_arguments, comment); }
};

// REFRESH MATERIALIZED VIEW v [PARTITION START (a) END (b)] [FORCE] [WITH SYNC MODE], REFRESH EXTERNAL TABLE t,
// REFRESH SCHEMA ... and PostgreSQL's [CONCURRENTLY] [WITH [NO] DATA].
struct RefreshView : StatementNode<StatementKind::kRefreshView> {
  QualifiedName name;
  bool is_external_table = false;
  bool concurrently = false;
  bool force = false;
  bool with_no_data = false;
  std::optional<bool> sync;
  const Expr* start = nullptr;
  const Expr* end = nullptr;
  List<Name> partitions;

  auto Fields() const {
    return std::tie(name, is_external_table, concurrently, force, with_no_data, sync, start, end, partitions);
  }
};

}  // namespace weir::ast
