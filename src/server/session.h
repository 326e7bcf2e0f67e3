#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/sql_function.h"
#include "catalog/temporary_schema.h"
#include "exec/query.h"
#include "runtime/cancellation.h"
#include "server/column_origin.h"
#include "server/engine.h"
#include "server/settings.h"
#include "server/statement/cursor.h"
#include "sql/binder/binder.h"
#include "sql/parser/parser.h"
#include "types/text.h"

namespace weir {

struct SessionOptions {
  std::string user = "weir";
  std::string database{kDefaultDatabase};
  std::string client_address;
  Dialect dialect = Dialect::kPostgres;
  std::vector<std::pair<std::string, std::string>> settings;  // from the client's start-up message
};

enum class TransactionStatus : char { kIdle = 'I', kOpen = 'T', kFailed = 'E' };

// A parsed and bound statement with a name or without.
struct PreparedStatement {
  ast::StatementPtr statement;  // null: an empty query
  std::string text;
  std::vector<Type> parameter_types;          // unknown ones became varchar
  std::vector<uint32_t> declared_parameters;  // object ids of types as the client gave them; 0: the server says
  std::vector<ColumnOrigin> origins;          // of the columns, in their order, where the statement is a query
  std::optional<Schema> columns;              // of the result; nullopt: no rows come back
  Version catalog_version;                    // of the definitions that it was bound with
};
using PreparedPtr = std::shared_ptr<const PreparedStatement>;

struct Notice {
  std::string severity;  // "NOTICE", "WARNING"
  std::string sqlstate;
  std::string message;
  std::string hint;
  std::string detail;
};

// Options of COPY ... TO and FROM, parsed and checked.
struct CopyOptions {
  enum class Format : uint8_t { kText, kCsv, kBinary, kJson, kParquet } format = Format::kText;
  char delimiter = '\t';
  std::string null_text = "\\N";
  bool header = false;
  bool header_match = false;
  char quote = '"';
  char escape = '"';
  bool force_quote_all = false;
  std::vector<std::string> force_quote;
  std::vector<std::string> force_not_null;
  std::vector<std::string> force_null;
  bool json_array = false;    // one array instead of a line per row
  std::string compression;    // of files: "gzip", "zstd", "snappy" ...; empty: by the name, or the format's own
  size_t row_group_rows = 0;  // parquet; 0: its default
};

// A statement that runs. Results come chunk by chunk; take all of them, or Close.
class StatementExecution {
 public:
  virtual ~StatementExecution() = default;
  // nullopt: the statement gives no rows (DDL, INSERT).
  virtual const std::optional<Schema>& columns() const = 0;
  // Next chunk; nothing at the end, when the statement has taken effect. Throws the statement's error. Next blocks.
  virtual std::optional<Chunk> Next() = 0;
  virtual Task<std::optional<Chunk>> NextAsync() = 0;
  // "SELECT 5", "INSERT 0 3"; after the end. `rows` is how many rows went to the client.
  virtual std::string CommandTag(uint64_t rows) const = 0;
  // Set for COPY ... TO STDOUT: rows are to be sent in this format.
  virtual const CopyOptions* copy_out() const { return nullptr; }
  // Stops early, waiting for the drivers. Blocks.
  virtual void Close() = 0;
  virtual const QueryExecution* query() const { return nullptr; }
  // The rows were there already, so that there is no query.
  virtual bool from_cache() const { return false; }
};

// A value in the binary format of the protocol at hand; throws 22P03.
using BinaryValueReader = Value (*)(std::string_view bytes, const Type& type, const TextOptions& text);

// What a session's end by KILL or shutdown is to its statement and its client.
Error TerminatedError();

// COPY ... FROM STDIN: takes bytes, commits all rows at the end, or nothing.
class CopyIn {
 public:
  virtual ~CopyIn() = default;
  virtual const CopyOptions& options() const = 0;
  virtual size_t column_count() const = 0;
  // Any split of the input. Throws 22P04 and the like with the line's number. Blocks.
  virtual void Write(std::string_view bytes) = 0;
  // Rows committed.
  virtual uint64_t Finish() = 0;
};

// One client's conversation with the engine: settings, transaction, prepared statements. One statement at a time;
// Cancel and info() from any thread. All methods that run statements block (on files, commits) and belong on a thread
// that may: the servers call them on the I/O pool.
class Session {
 public:
  Session(Engine& engine, SessionOptions options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::vector<ast::StatementPtr> Parse(std::string_view sql);
  // Binds; throws user errors. In a failed transaction only COMMIT and ROLLBACK are taken (25P02).
  PreparedPtr Prepare(ast::StatementPtr statement, std::vector<Type> parameter_types,
                      std::vector<uint32_t> declared_parameters = {});
  // Runs with these parameters (one per parameter_types). Definitions may have changed since Prepare: it is bound
  // again then.
  std::unique_ptr<StatementExecution> Execute(const PreparedPtr& prepared, std::vector<Value> parameters);
  std::unique_ptr<StatementExecution> Execute(ast::StatementPtr statement);
  // Only for COPY ... FROM STDIN.
  static bool IsCopyIn(const ast::Statement& statement);
  std::unique_ptr<CopyIn> StartCopyIn(const ast::StatementPtr& statement, BinaryValueReader read_binary = nullptr);

  // The servers call this when a statement has failed, at whatever stage: it is noted as finished, and an open
  // transaction goes into the failed state.
  void StatementFailed(const Error& error);
  // Statements that come together (one text, one pipeline) are one transaction without BEGIN: Begin before each, End
  // after the last, which commits. BEGIN among them makes it an explicit one, an error rolls it back. Where a
  // transaction could not do what comes next (rows before definitions, labels), what came before is committed.
  void BeginImplicit();
  void EndImplicit();
  bool in_implicit_transaction() const { return implicit_; }
  TransactionStatus transaction_status() const { return transaction_; }

  std::vector<Notice> TakeNotices();
  void AddNotice(Notice notice);
  Settings& settings() { return settings_; }
  const Settings& settings() const { return settings_; }
  TextStyle text_style() const;  // as the settings have it
  const std::string& user() const { return options_.user; }
  const std::string& database() const { return database_; }
  int32_t id() const { return id_; }
  // The secret half of PostgreSQL's cancel key.
  int32_t secret() const { return secret_; }
  Engine& engine() { return engine_; }
  SessionInfo info() const;
  // As the running statement, or the last one, has them. Any thread.
  std::shared_ptr<const Settings> shown_settings() const;
  // The definitions that the running statement sees, its transaction's own among them; null before the first. Any
  // thread.
  CatalogPtr shown_catalog() const;
  // For functions, which run beside the session: checks now, and sets when the statement has ended. Any thread.
  void RequestSetting(const std::string& name, std::string value, bool local);

  // Stops the running statement, if any. Any thread.
  void Cancel(const Error& reason);
  // Of the running statement; one that is never canceled when there is none.
  CancellationToken statement_token() const;
  // Set by the server: ends the connection (KILL, shutdown). Terminate stops what runs, lets nothing more begin and
  // calls it. Any thread.
  void set_on_terminate(std::function<void()> on_terminate);
  void Terminate();

  // ---- for the statement implementations in this folder
  BindContext MakeBindContext();
  StatementContext MakeStatementContext() const;
  // The snapshot that the next statement reads: the newest, or the open transaction's with its own changes.
  SnapshotPtr ReadSnapshot();
  CatalogPtr ReadCatalog();
  // Whether it has changes that are not committed: parts that nobody else will know by their ids.
  bool has_own_changes() const { return transaction_ == TransactionStatus::kOpen && transaction_changed_; }
  // Where names are looked up; temporary tables come first.
  NameScope name_scope() const;
  // Where what has no schema of its own is made.
  NameScope creation_scope() const;
  // Temporary tables are ordinary ones in a schema of the session, which goes with it; this is its name.
  std::string temporary_schema() const { return fmt::format("{}{}", kTemporarySchemaPrefix, id_); }
  // A table, or with an empty name another object; `database()` has the schema by then.
  void NoteTemporary(const std::string& table, bool drop_on_commit);
  // Of a name with a schema: pg_temp is the session's own.
  bool IsTemporary(std::string_view schema) const {
    return schema == kTemporarySchemaAlias || schema == temporary_schema();
  }
  void DropTemporary();
  QueryOptions MakeQueryOptions();
  // Commits, or adds to the open transaction.
  void ApplyDdl(std::vector<CatalogChange> changes);
  void ApplyDelta(CommitKind kind, TableDelta delta, std::string label);
  void RequireWritable() const;
  // Throws 42501 where there are passwords and the user may not read (write) files of the server.
  void RequireServerFiles(bool write) const;
  Storage& storage() const;  // throws when the engine has no data folder
  CancellationToken BeginStatement(std::string_view text);
  void EndStatement(FinishedQuery finished);
  void Begin();
  void Commit();
  void Rollback();
  void UseDatabase(const std::string& name);
  // All three throw 25P01 outside a transaction block, the last two 3B001 for a name that there is not.
  void SetSavepoint(std::string name);
  void ReleaseSavepoint(std::string_view name);
  void RollbackToSavepoint(std::string_view name);
  std::map<std::string, PreparedPtr>& named_statements() { return named_; }
  CursorMap& cursors() { return cursors_; }
  // @x and SET VARIABLE; no transaction takes them back.
  std::map<std::string, Value, std::less<>>& variables() { return variables_; }

 private:
  Engine& engine_;
  const SessionOptions options_;
  std::string database_;
  Settings settings_;
  int32_t id_ = 0;
  int32_t secret_ = 0;
  TransactionStatus transaction_ = TransactionStatus::kIdle;
  std::set<std::string, std::less<>> temporary_in_;  // databases that have the session's temporary schema
  std::vector<std::string> drop_on_commit_;          // temporary tables of the open transaction
  std::vector<Notice> notices_;
  // What ROLLBACK TO goes back to.
  struct Savepoint {
    std::string name;
    CommitRequest changes;
    bool changed = false;
    Settings settings;
    std::vector<std::string> cursors;  // that were open
  };
  std::vector<Savepoint>::iterator FindSavepoint(std::string_view name, std::string_view verb);
  // Keeps what WITH HOLD asks for, closes the other cursors of the transaction.
  void EndCursors(bool commit);

  std::map<std::string, PreparedPtr> named_;  // of SQL's PREPARE
  CursorMap cursors_;
  std::map<std::string, Value, std::less<>> variables_;
  // Of the catalog that was read last.
  CatalogPtr functions_catalog_;
  SqlFunctionsPtr functions_;
  // The open transaction: what it read and what it has changed so far.
  SnapshotPtr transaction_snapshot_;
  CommitRequest transaction_changes_;
  bool transaction_changed_ = false;
  bool implicit_ = false;  // it is open, and ends by itself
  std::vector<Savepoint> savepoints_;

  mutable std::mutex mutex_;  // guards the below
  std::unique_ptr<CancellationSource> running_;
  std::string running_text_;
  UnixNanos running_since_ = 0;
  UnixNanos connected_ = 0;
  // The statement at hand, for those that fail before they run.
  void NoteText(std::string_view text);
  std::string text_;
  UnixNanos text_since_ = 0;
  bool text_ended_ = true;  // EndStatement has told of it
  std::function<void()> on_terminate_;
  bool terminated_ = false;
  mutable std::shared_ptr<const Settings> shown_settings_;
  CatalogPtr shown_catalog_;
  struct SettingRequest {
    std::string name;
    std::string value;
    bool local = false;
  };
  std::vector<SettingRequest> requested_settings_;
};

}  // namespace weir
