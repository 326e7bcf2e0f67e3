#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "sql/parser/ast_ddl.h"

// StarRocks' statements for loads, tasks and administration.
namespace weir::ast {

// What a load says about the rows of one table; shared by broker load and routine load.
struct LoadColumn {
  Name name;
  const Expr* expr = nullptr;  // of SET (a = expr) and COLUMNS (..., a = expr); null for a plain column

  auto Fields() const { return std::tie(name, expr); }
};

// DATA INFILE ("path", ...) [NEGATIVE] INTO TABLE t [PARTITION (p)] [COLUMNS TERMINATED BY ...] [FORMAT AS f]
// [(columns)] [COLUMNS FROM PATH AS (...)] [SET (...)] [WHERE e].
struct LoadData {
  uint32_t offset = 0;
  List<Name> paths;
  Name from_table;  // DATA FROM TABLE t, of spark load
  bool negative = false;
  Name table;
  List<Name> partitions;
  std::optional<Name> column_separator;
  std::optional<Name> row_delimiter;
  Name format;
  List<Option> format_options;
  List<Name> columns;
  List<Name> path_columns;
  List<LoadColumn> set;
  const Expr* where = nullptr;

  auto Fields() const {
    return std::tie(paths, from_table, negative, table, partitions, column_separator, row_delimiter, format,
                    format_options, columns, path_columns, set, where);
  }
};

// LOAD LABEL [db.]label (data, ...) WITH BROKER [b] (...) | WITH RESOURCE r (...) [PROPERTIES (...)].
struct BrokerLoad : StatementNode<StatementKind::kBrokerLoad> {
  QualifiedName label;
  List<LoadData> data;
  Name broker;
  bool has_broker = false;
  Name resource;  // spark load
  List<Option> source_options;
  List<Option> options;

  auto Fields() const { return std::tie(label, data, broker, has_broker, resource, source_options, options); }
};

struct CreateRoutineLoad : StatementNode<StatementKind::kCreateRoutineLoad> {
  QualifiedName name;
  Name table;
  std::optional<Name> column_separator;
  std::optional<Name> row_delimiter;
  List<LoadColumn> columns;
  const Expr* where = nullptr;
  List<Name> partitions;
  List<Option> options;
  Name source;  // "kafka", "pulsar"
  List<Option> source_options;

  auto Fields() const {
    return std::tie(name, table, column_separator, row_delimiter, columns, where, partitions, options, source,
                    source_options);
  }
};

// ALTER ROUTINE LOAD FOR name [load properties] [PROPERTIES (...)] [FROM kafka (...)]; ALTER LOAD FOR label (is_load).
struct AlterRoutineLoad : StatementNode<StatementKind::kAlterRoutineLoad> {
  bool is_load = false;
  QualifiedName name;
  std::optional<Name> column_separator;
  std::optional<Name> row_delimiter;
  List<LoadColumn> columns;
  const Expr* where = nullptr;
  List<Name> partitions;
  List<Option> options;
  Name source;
  List<Option> source_options;

  auto Fields() const {
    return std::tie(is_load, name, column_separator, row_delimiter, columns, where, partitions, options, source,
                    source_options);
  }
};

enum class JobAction : uint8_t { kPause, kResume, kStop, kCancel };

// PAUSE|RESUME|STOP ROUTINE LOAD FOR name; CANCEL LOAD | EXPORT | BACKUP | RESTORE | ALTER TABLE COLUMN |
// ALTER TABLE ROLLUP | ALTER MATERIALIZED VIEW | REFRESH MATERIALIZED VIEW | DECOMMISSION BACKEND ...
struct ControlJob : StatementNode<StatementKind::kControlJob> {
  JobAction action = JobAction::kCancel;
  Name what;           // "routine load", "load", "export", "backup", "alter table column", "decommission backend" ...
  QualifiedName name;  // FOR name, FROM name, or the view
  List<const Expr*> ids;  // job ids, hosts
  bool force = false;
  const Expr* where = nullptr;

  auto Fields() const { return std::tie(action, what, name, ids, force, where); }
};

struct Export : StatementNode<StatementKind::kExport> {
  QualifiedName table;
  List<Name> partitions;
  List<Name> columns;
  Name path;
  List<Option> options;
  Name broker;
  bool has_broker = false;
  List<Option> broker_options;

  auto Fields() const {
    return std::tie(table, partitions, columns, path, options, broker, has_broker, broker_options);
  }
};

// SUBMIT TASK [name] [SCHEDULE [START (t)] EVERY (INTERVAL ...)] [PROPERTIES (...)] AS statement.
struct SubmitTask : StatementNode<StatementKind::kSubmitTask> {
  QualifiedName name;
  const Expr* start = nullptr;
  const Expr* every = nullptr;
  List<Option> options;
  const Statement* statement = nullptr;

  auto Fields() const { return std::tie(name, start, every, options, statement); }
};

struct BackupTable {
  QualifiedName table;
  List<Name> partitions;
  Name alias;  // of RESTORE

  auto Fields() const { return std::tie(table, partitions, alias); }
};

// BACKUP SNAPSHOT s TO r ON (...), RESTORE SNAPSHOT s FROM r ON (...).
struct Backup : StatementNode<StatementKind::kBackup> {
  bool is_restore = false;
  QualifiedName snapshot;
  Name repository;
  List<BackupTable> tables;
  List<Option> options;

  auto Fields() const { return std::tie(is_restore, snapshot, repository, tables, options); }
};

// RECOVER DATABASE d, RECOVER TABLE t, RECOVER PARTITION p FROM t.
struct Recover : StatementNode<StatementKind::kRecover> {
  ObjectKind object = ObjectKind::kTable;
  QualifiedName name;
  Name partition;

  auto Fields() const { return std::tie(object, name, partition); }
};

// The rest of the administration statements. `command` is the words in lower case with single spaces:
// "add sqlblacklist", "delete sqlblacklist", "admin cancel repair table", "admin check tablet", "admin repair table",
// "admin set config", "admin set replica status", "admin show config", "admin show replica distribution",
// "admin show replica status", "alter system add backend", "alter system drop backend",
// "alter system decommission backend", ..., "install plugin", "uninstall plugin".
struct AdminCommand : StatementNode<StatementKind::kAdminCommand> {
  Name command;
  QualifiedName name;
  List<Name> partitions;
  List<const Expr*> values;  // ids, hosts, patterns, the plugin's source
  List<Option> options;
  const Expr* like = nullptr;
  const Expr* where = nullptr;

  auto Fields() const { return std::tie(command, name, partitions, values, options, like, where); }
};

template <typename Visitor>
decltype(auto) Visit(const Statement& statement, Visitor&& visitor) {
  switch (statement.kind) {
#define X(node)                \
  case StatementKind::k##node: \
    return visitor(static_cast<const node&>(statement));
    WEIR_AST_STATEMENTS(X)
#undef X
  }
  __builtin_unreachable();
}

}  // namespace weir::ast
